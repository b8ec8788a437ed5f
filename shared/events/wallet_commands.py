"""What tools ask of the wallet service over Kafka. The answers are events of wallet.py."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event


class WalletCommand(Event):
    """What a tool asks; with the same key it is done once."""

    producer: ClassVar[str] = "wallet"
    topic: ClassVar[str] = "wallet.commands"
    key_field: ClassVar[str] = "wallet_id"

    wallet_id: UUID
    tool_id: str
    idempotency_key: str = Field(min_length=1, max_length=200)


class _PricedCommand(WalletCommand):
    amount_excl_cents: int = Field(ge=0)
    amount_incl_cents: int = Field(ge=0)
    vat_rate_bp: int = Field(ge=0, le=10_000)
    description: str = Field(max_length=200)
    account_id: UUID | None = None
    unit: str = "EUR"


class ChargeWallet(_PricedCommand):
    """The command by which a tool charges a wallet over Kafka; the answer is WalletCharged or ChargeRefused.

    `plan_use`: this is one use of the tool, for which a plan may pay.
    """

    plan_use: bool = False


class ReserveWallet(_PricedCommand):
    """Set money aside: the answer is ChargeReserved or ChargeRefused. `valid_s`: for how long; None for what the platform gives."""

    valid_s: int | None = Field(default=None, gt=0)


class CaptureReservation(WalletCommand):
    """Take what was set aside, whole or in part, and give the rest back: the answer is WalletCharged or ChargeRefused."""

    reservation_id: UUID
    amount_excl_cents: int = Field(ge=0)
    amount_incl_cents: int = Field(ge=0)


class ReleaseReservation(WalletCommand):
    """Give back what was set aside: the answer is ReservationReleased or ChargeRefused."""

    reservation_id: UUID


class RefundCharge(WalletCommand):
    """Give back a charge, whole or in part: the answer is WalletRefunded or ChargeRefused. 0 gives back the use of a plan."""

    charge_id: UUID
    amount_incl_cents: int = Field(ge=0)
    description: str = Field(max_length=200)


EVENTS: tuple[type[Event], ...] = (ChargeWallet, ReserveWallet, CaptureReservation, ReleaseReservation, RefundCharge)
