"""What the wallet asks of a payment provider. Calls are made outside transactions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from shared.errors import Invalid, Unavailable
from shared.markers import N_

PaymentStatus = Literal["open", "pending", "authorized", "paid", "failed", "canceled", "expired"]
Method = Literal["bancontact", "maestro", "mastercard", "visa"]


class PaymentsUnavailable(Unavailable):
    code = "payments-unavailable"
    message = N_("The payment page cannot be reached at the moment. Nothing was charged. Try again in a few minutes.")


class PaymentRefused(Invalid):
    """The provider understood and says no, for example to the amount or the method."""

    code = "payment-refused"
    message = N_("The payment provider does not accept this amount or way of paying.")


class PaymentUnknown(Exception):
    """The provider has no payment with this reference."""


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


@dataclass(frozen=True)
class Payment:
    """A payment as the provider knows it now. amount_cents: what was asked or paid; top_up_id: what we said when we opened it."""

    reference: str
    status: PaymentStatus
    amount_cents: int
    currency: str
    method: str | None
    refunded_cents: int
    charged_back_cents: int
    top_up_id: UUID | None


class PaymentProvider(Protocol):
    name: str

    async def create(self, order: Order) -> Checkout:
        """Raises PaymentsUnavailable, PaymentRefused."""
        ...

    async def fetch(self, reference: str) -> Payment:
        """Raises PaymentsUnavailable, PaymentUnknown."""
        ...

    def references_in(self, notice: bytes) -> list[str]:
        """The payments that a webhook's body names; none when it makes no sense. Nothing else in it is to be believed."""
        ...

    async def close(self) -> None: ...
