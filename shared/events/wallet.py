"""What the wallet service publishes, and the command that it accepts.

Amounts are integer cents; a wallet has the id of its organisation.
"""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Event


class WalletEvent(Event):
    producer: ClassVar[str] = "wallet"
    topic: ClassVar[str] = "wallet.events"
    key_field: ClassVar[str] = "wallet_id"

    wallet_id: UUID


class WalletOpened(WalletEvent):
    currency: Literal["EUR"] = "EUR"


class TopUpRequested(WalletEvent):
    top_up_id: UUID
    amount_cents: int = Field(gt=0)
    method: str
    requested_by: UUID


class WalletToppedUp(WalletEvent):
    """`requested_by` is None for a bank transfer."""

    top_up_id: UUID
    amount_cents: int = Field(gt=0)
    balance_cents: int
    requested_by: UUID | None = None


class TopUpFailed(WalletEvent):
    top_up_id: UUID
    amount_cents: int = Field(gt=0)
    reason: Annotated[str, Field(examples=["failed", "canceled", "expired", "amount-mismatch"])]
    requested_by: UUID | None = None


class WalletCharged(WalletEvent):
    charge_id: UUID
    tool_id: str
    amount_excl_cents: int = Field(ge=0)
    amount_incl_cents: int = Field(ge=0)
    balance_cents: int
    account_id: UUID | None = None


class ChargeRefused(WalletEvent):
    """Nothing was booked. `idempotency_key` is the tool's own; the same key may be tried again, except after `key-reused`."""

    tool_id: str
    idempotency_key: str
    amount_incl_cents: int
    balance_cents: int
    reason: Annotated[str, Field(examples=["balance-short", "wallet-frozen"])]


class ChargeReserved(WalletEvent):
    reservation_id: UUID
    tool_id: str
    amount_incl_cents: int
    expires_at: datetime


class ReservationReleased(WalletEvent):
    reservation_id: UUID
    tool_id: str
    amount_incl_cents: int
    reason: Annotated[str, Field(examples=["released", "captured-in-part", "expired"])]


class WalletRefunded(WalletEvent):
    refund_id: UUID
    charge_id: UUID
    tool_id: str
    amount_incl_cents: int
    balance_cents: int


class WalletTransferred(WalletEvent):
    """One event for each side: `amount_cents` is negative for the wallet that gave."""

    transfer_id: UUID
    other_wallet_id: UUID
    amount_cents: int
    balance_cents: int
    transferred_by: UUID


class BalanceLow(WalletEvent):
    """Said once when the balance falls below the threshold, not again before it has been above."""

    balance_cents: int
    threshold_cents: int


class PlanBought(WalletEvent):
    plan_id: UUID
    tool_id: str
    uses: int | None = None
    ends_on: date


class PlanEnded(WalletEvent):
    plan_id: UUID
    tool_id: str
    reason: Annotated[str, Field(examples=["used-up", "expired"])]


class InvoiceIssued(WalletEvent):
    invoice_id: UUID
    number: str
    total_incl_cents: int


class ChargeWallet(Event):
    """The command by which a tool charges a wallet over Kafka; the answer is WalletCharged or ChargeRefused."""

    producer: ClassVar[str] = "wallet"
    topic: ClassVar[str] = "wallet.commands"
    key_field: ClassVar[str] = "wallet_id"

    wallet_id: UUID
    tool_id: str
    idempotency_key: str = Field(min_length=1, max_length=200)
    amount_excl_cents: int = Field(ge=0)
    amount_incl_cents: int = Field(ge=0)
    vat_rate_bp: int = Field(ge=0, le=10_000)
    description: str = Field(max_length=200)
    account_id: UUID | None = None


EVENTS: tuple[type[Event], ...] = (
    WalletOpened,
    TopUpRequested,
    WalletToppedUp,
    TopUpFailed,
    WalletCharged,
    ChargeRefused,
    ChargeReserved,
    ReservationReleased,
    WalletRefunded,
    WalletTransferred,
    BalanceLow,
    PlanBought,
    PlanEnded,
    InvoiceIssued,
    ChargeWallet,
)
