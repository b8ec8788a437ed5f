"""What the wallet asks of a payment provider. Calls are made outside transactions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from shared.errors import Conflict, Invalid, Unavailable
from shared.markers import N_

PaymentStatus = Literal["open", "pending", "authorized", "paid", "failed", "canceled", "expired"]
RefundStatus = Literal["queued", "pending", "processing", "refunded", "failed", "canceled"]
Method = Literal["bancontact", "maestro", "mastercard", "visa"]


class PaymentsUnavailable(Unavailable):
    code = "payments-unavailable"
    message = N_("The payment page cannot be reached at the moment. Nothing was charged. Try again in a few minutes.")


class PaymentsBusy(PaymentsUnavailable):
    """The provider wants to be left alone for so long."""

    def __init__(self, after_s: float) -> None:
        super().__init__()
        self.after_s = after_s


class PaymentRefused(Invalid):
    """The provider understood and says no, for example to the amount or the method."""

    code = "payment-refused"
    message = N_("The payment provider does not accept this amount or way of paying.")


class PaymentNotCancelable(Conflict):
    code = "payment-not-cancelable"
    message = N_("This payment can no longer be cancelled. If it is not completed, it expires by itself.")


class PaymentUnknown(Exception):
    """The provider has no payment with this reference."""


class RefundRefused(Exception):
    """The provider understood and does not give this money back: too much, too old, or not possible for the method."""


@dataclass(frozen=True)
class Order:
    """What to ask money for. key: the provider opens one payment for it, however often it is asked."""

    top_up_id: UUID
    amount_cents: int
    currency: str
    method: Method
    description: str
    language: str
    return_url: str
    webhook_url: str

    @property
    def key(self) -> str:
        return f"top-up-{self.top_up_id}"


@dataclass(frozen=True)
class Checkout:
    """An open payment. expires_at: None where the provider does not say."""

    reference: str
    checkout_url: str
    expires_at: datetime | None
    is_cancelable: bool = False


@dataclass(frozen=True)
class RefundOrder:
    """What to give back of a payment. key: the provider refunds once for it, as long as it remembers keys."""

    refund_id: UUID
    payment: str
    amount_cents: int
    currency: str
    description: str

    @property
    def key(self) -> str:
        return f"refund-{self.refund_id}"


@dataclass(frozen=True)
class Refund:
    """Money of a payment on its way back. refund_id: what we said when we asked for it; None for one that others made."""

    reference: str
    payment: str
    amount_cents: int
    currency: str
    status: RefundStatus
    refund_id: UUID | None
    created_at: datetime

    @property
    def is_void(self) -> bool:
        """Whether the money did not go, or came back."""
        return self.status in ("failed", "canceled")


@dataclass(frozen=True)
class Chargeback:
    """Money of a payment that the payer's bank took back. is_reversed: it was given back to us afterwards."""

    reference: str
    payment: str
    amount_cents: int
    currency: str
    is_reversed: bool
    created_at: datetime


@dataclass(frozen=True)
class Payment:
    """A payment as the provider knows it now.

    amount_cents: what was asked or paid. top_up_id: what we said when we opened it. refunds, chargebacks: all there are, oldest first;
    in a list of payments they are left out.
    """

    reference: str
    status: PaymentStatus
    amount_cents: int
    currency: str
    method: str | None
    top_up_id: UUID | None
    is_cancelable: bool = False
    checkout_url: str | None = None
    expires_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    chargebacks: tuple[Chargeback, ...] = ()

    @property
    def refunded_cents(self) -> int:
        return sum(refund.amount_cents for refund in self.refunds if not refund.is_void)

    @property
    def charged_back_cents(self) -> int:
        return sum(chargeback.amount_cents for chargeback in self.chargebacks if not chargeback.is_reversed)


@dataclass(frozen=True)
class Recent:
    """What happened at the provider since some moment: payments that were opened, and money that went back, of whatever payment."""

    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    chargebacks: tuple[Chargeback, ...] = ()


class PaymentProvider(Protocol):
    """Each call that asks the provider raises PaymentsUnavailable, of which PaymentsBusy says how long."""

    name: str

    async def create(self, order: Order) -> Checkout:
        """Raises PaymentRefused."""
        ...

    async def fetch(self, reference: str) -> Payment:
        """Raises PaymentUnknown."""
        ...

    async def cancel(self, reference: str) -> None:
        """Raises PaymentNotCancelable, PaymentUnknown."""
        ...

    async def refund(self, order: RefundOrder) -> Refund:
        """Raises RefundRefused, PaymentUnknown."""
        ...

    async def list_since(self, moment: datetime) -> Recent: ...

    def references_in(self, notice: bytes) -> list[str]:
        """The payments that a webhook's body names; none when it makes no sense. Nothing else in it is to be believed."""
        ...

    async def close(self) -> None: ...
