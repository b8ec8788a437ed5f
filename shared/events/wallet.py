"""What the wallet service publishes; the commands that it accepts are in wallet_commands.py.

Amounts are integers in the smallest part of their unit: cents of "EUR", or whole credits of a tool ("credits/<tool>"). `wallet_id` is the
organisation's id, whatever the unit.
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
    method: str | None = None


class TopUpFailed(WalletEvent):
    top_up_id: UUID
    amount_cents: int = Field(gt=0)
    reason: Annotated[str, Field(examples=["failed", "canceled", "expired", "amount-mismatch"])]
    requested_by: UUID | None = None


class TopUpRefunded(WalletEvent):
    """Money of a top-up goes back the way it came: it is out of the wallet, and on its way."""

    top_up_id: UUID
    amount_cents: int = Field(gt=0)
    balance_cents: int


class TopUpRefundFailed(WalletEvent):
    """The money of a refund did not go, or came back: it is in the wallet again."""

    top_up_id: UUID
    amount_cents: int = Field(gt=0)
    balance_cents: int


class WalletChargedBack(WalletEvent):
    """The payer's bank took money of a top-up back, which can make a balance negative. `is_frozen`: nothing can be taken out now."""

    top_up_id: UUID
    amount_cents: int = Field(gt=0)
    balance_cents: int
    is_frozen: bool = False


class ChargebackReversed(WalletEvent):
    """The payer's bank gave back what it had taken."""

    top_up_id: UUID
    amount_cents: int = Field(gt=0)
    balance_cents: int


class WalletFrozen(WalletEvent):
    """Nothing can be taken from it until WalletUnfrozen; money can come in."""

    reason: Annotated[str, Field(examples=["chargeback", "refund", "support"])]
    balance_cents: int


class WalletUnfrozen(WalletEvent):
    balance_cents: int


class WalletAdjusted(WalletEvent):
    """Staff corrected the balance. `amount_cents` is negative where something was taken."""

    adjustment_id: UUID
    amount_cents: int
    balance_cents: int
    unit: str = "EUR"


class WalletViewerAllowed(WalletEvent):
    """A manager lets an employee see the wallet."""

    account_id: UUID
    allowed_by: UUID


class WalletViewerDismissed(WalletEvent):
    account_id: UUID


class WalletCharged(WalletEvent):
    """`plan_id`: the plan that paid for this use, with amounts of 0. `reservation_id`: what was captured."""

    charge_id: UUID
    tool_id: str
    amount_excl_cents: int = Field(ge=0)
    amount_incl_cents: int = Field(ge=0)
    balance_cents: int
    account_id: UUID | None = None
    unit: str = "EUR"
    plan_id: UUID | None = None
    reservation_id: UUID | None = None


class ChargeRefused(WalletEvent):
    """Nothing was booked. `idempotency_key` is the tool's own; the same key may be tried again, except after `key-reused`.

    `balance_cents` is 0 unless the reason is `balance-short` or `wallet-frozen`.
    """

    tool_id: str
    idempotency_key: str
    amount_incl_cents: int
    balance_cents: int
    reason: Annotated[str, Field(examples=["balance-short", "wallet-frozen"])]
    operation: Annotated[str, Field(examples=["charge", "reserve", "capture", "release", "refund"])] = "charge"


class ChargeReserved(WalletEvent):
    reservation_id: UUID
    tool_id: str
    amount_incl_cents: int
    expires_at: datetime
    account_id: UUID | None = None
    unit: str = "EUR"


class ReservationReleased(WalletEvent):
    reservation_id: UUID
    tool_id: str
    amount_incl_cents: int
    reason: Annotated[str, Field(examples=["released", "captured-in-part", "expired"])]
    unit: str = "EUR"


class WalletRefunded(WalletEvent):
    refund_id: UUID
    charge_id: UUID
    tool_id: str
    amount_incl_cents: int
    balance_cents: int
    unit: str = "EUR"


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


class WalletThresholdChanged(WalletEvent):
    """A manager says below what the wallet is low; 0: never."""

    threshold_cents: int


class PlanBought(WalletEvent):
    """`uses` is None for an unlimited plan. `ends_on`: the last day, in Belgium. `renews`: the plan before it.

    `balance_cents`: of the wallet in euros, after it.
    """

    plan_id: UUID
    tool_id: str
    uses: int | None = None
    ends_on: date
    name: str = ""
    amount_incl_cents: int = 0
    bought_by: UUID | None = None
    renews: UUID | None = None
    balance_cents: int | None = None


class PlanEnding(WalletEvent):
    """Said once, some weeks before the last day or when few uses are left."""

    plan_id: UUID
    tool_id: str
    name: str
    ends_on: date
    uses_left: int | None = None
    is_renewed: bool = False


class PlanEnded(WalletEvent):
    """`is_renewed`: the same plan was bought again, and goes on."""

    plan_id: UUID
    tool_id: str
    reason: Annotated[str, Field(examples=["used-up", "expired"])]
    name: str = ""
    is_renewed: bool = False


class PlanRenewalFailed(WalletEvent):
    """The plan was to be renewed, and the wallet could not pay for it, or it is not offered any more.

    Said at the first try and at the last one, `is_final`.
    """

    plan_id: UUID
    tool_id: str
    name: str
    amount_incl_cents: int
    balance_cents: int
    reason: Annotated[str, Field(examples=["balance-short", "wallet-frozen", "not-offered"])] = "balance-short"
    is_final: bool = False


class CreditsBought(WalletEvent):
    """Credits of a tool, paid from the wallet. `balance_cents`: of the wallet in euros, after it."""

    purchase_id: UUID
    tool_id: str
    credits: int = Field(gt=0)
    amount_incl_cents: int = Field(ge=0)
    bought_by: UUID | None = None
    balance_cents: int | None = None


class InvoiceIssued(WalletEvent):
    """`credits_invoice`: this is a credit note of that invoice, and `total_incl_cents` is what it gives back."""

    invoice_id: UUID
    number: str
    total_incl_cents: int
    credits_invoice: UUID | None = None
    period: Annotated[str | None, Field(examples=["2026-10"])] = None


EVENTS: tuple[type[Event], ...] = (
    WalletOpened,
    TopUpRequested,
    WalletToppedUp,
    TopUpFailed,
    TopUpRefunded,
    TopUpRefundFailed,
    WalletChargedBack,
    ChargebackReversed,
    WalletFrozen,
    WalletUnfrozen,
    WalletAdjusted,
    WalletViewerAllowed,
    WalletViewerDismissed,
    WalletCharged,
    ChargeRefused,
    ChargeReserved,
    ReservationReleased,
    WalletRefunded,
    WalletTransferred,
    BalanceLow,
    WalletThresholdChanged,
    PlanBought,
    PlanEnding,
    PlanEnded,
    PlanRenewalFailed,
    CreditsBought,
    InvoiceIssued,
)
