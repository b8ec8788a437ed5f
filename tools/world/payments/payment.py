"""What a payment is and may become. Pure rules, in cents; time is an argument."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AnyHttpUrl, BaseModel, Field, TypeAdapter, field_validator

Status = Literal["open", "paid", "failed", "canceled", "expired"]
Outcome = Literal["paid", "failed", "canceled", "expired"]
RefundStatus = Literal["pending", "refunded", "failed", "canceled"]
Method = Literal["bancontact", "creditcard", "maestro", "mastercard", "visa"]

LIFE = timedelta(minutes=15)
ENDED_AT: dict[Outcome, str] = {
    "paid": "paidAt",
    "failed": "failedAt",
    "canceled": "canceledAt",
    "expired": "expiredAt",
}
VOID = ("failed", "canceled")
_web_address: TypeAdapter[AnyHttpUrl] = TypeAdapter(AnyHttpUrl)


class NotPossible(Exception):
    """The payment's state does not allow what was asked. field: the one at fault, if any."""

    def __init__(self, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field


class Amount(BaseModel):
    currency: Literal["EUR"]
    value: str = Field(pattern=r"^\d{1,7}\.\d{2}$")

    @property
    def cents(self) -> int:
        return int(self.value.replace(".", ""))


class Wanted(BaseModel):
    """A request to create a payment, in Mollie's names."""

    amount: Amount
    description: str = Field(min_length=1, max_length=255)
    redirect_url: str = Field(alias="redirectUrl")
    webhook_url: str | None = Field(None, alias="webhookUrl")
    metadata: Any = None
    method: Method | None = None
    locale: str | None = None

    @field_validator("redirect_url", "webhook_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is not None:
            _web_address.validate_python(value)
        return value


class Refund(BaseModel):
    """metadata: what the shop wrote there; None for one made at the provider's own dashboard."""

    refund_id: str
    cents: int
    description: str
    metadata: Any = None
    status: RefundStatus = "pending"
    created_at: datetime


class Chargeback(BaseModel):
    chargeback_id: str
    cents: int
    created_at: datetime
    reversed_at: datetime | None = None


class Payment(BaseModel):
    """reported_cents: what the provider says was paid; differs from what was asked only when told to behave badly."""

    payment_id: str
    cents: int = Field(gt=0)
    reported_cents: int
    description: str
    redirect_url: str
    webhook_url: str | None
    metadata: Any
    method: Method | None
    locale: str | None
    status: Status = "open"
    is_cancelable: bool = True
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    refunds: list[Refund] = []
    chargebacks: list[Chargeback] = []

    @property
    def refunded_cents(self) -> int:
        return sum(refund.cents for refund in self.refunds if refund.status not in VOID)

    @property
    def charged_back_cents(self) -> int:
        return sum(chargeback.cents for chargeback in self.chargebacks if chargeback.reversed_at is None)

    @property
    def left_cents(self) -> int:
        return self.reported_cents - self.refunded_cents - self.charged_back_cents


def opened(wanted: Wanted, payment_id: str, *, is_cancelable: bool, now: datetime) -> Payment:
    if wanted.amount.cents == 0:
        raise NotPossible("The amount is lower than the minimum", "amount")
    return Payment(
        payment_id=payment_id,
        cents=wanted.amount.cents,
        reported_cents=wanted.amount.cents,
        description=wanted.description,
        redirect_url=wanted.redirect_url,
        webhook_url=wanted.webhook_url,
        metadata=wanted.metadata,
        method=wanted.method,
        locale=wanted.locale,
        is_cancelable=is_cancelable,
        created_at=now,
        expires_at=now + LIFE,
    )


def ended(payment: Payment, outcome: Outcome, method: Method | None, *, now: datetime) -> Payment:
    """Return the payment with its final status; only an open one can get one."""
    if payment.status != "open":
        raise NotPossible(f"The payment is {payment.status} already")
    return payment.model_copy(update={"status": outcome, "method": method or payment.method, "ended_at": now})


def paid_late(payment: Payment, *, now: datetime) -> Payment:
    """The money came after all, for a payment that had failed or expired."""
    if payment.status not in ("failed", "expired"):
        raise NotPossible("Only a payment that failed or expired can be paid late")
    return payment.model_copy(update={"status": "paid", "ended_at": now})


def canceled(payment: Payment, *, now: datetime) -> Payment:
    """The shop cancels it."""
    if not payment.is_cancelable:
        raise NotPossible("The payment can't be canceled")
    return ended(payment, "canceled", None, now=now)


def refunded(payment: Payment, refund: Refund) -> Payment:
    if payment.status != "paid" or not 0 < refund.cents <= payment.left_cents:
        raise NotPossible("The amount is higher than what is left of the payment", "amount")
    return payment.model_copy(update={"refunds": [*payment.refunds, refund]})


def refund_ended(payment: Payment, refund_id: str, status: RefundStatus) -> Payment:
    """The refund went through, or did not: then its money is the payment's again."""
    refunds = [
        refund.model_copy(update={"status": status}) if refund.refund_id == refund_id else refund
        for refund in payment.refunds
    ]
    if refunds == payment.refunds:
        raise NotPossible("There is no such refund, or it is so already")
    return payment.model_copy(update={"refunds": refunds})


def charged_back(payment: Payment, chargeback_id: str, cents: int | None, *, now: datetime) -> Payment:
    """The payer's bank takes back all that was not refunded, or so many cents of it, as late as it likes."""
    taken = payment.left_cents if cents is None else cents
    if payment.status != "paid" or not 0 < taken <= payment.left_cents:
        raise NotPossible("Only a payment of which so much is left can be charged back")
    chargeback = Chargeback(chargeback_id=chargeback_id, cents=taken, created_at=now)
    return payment.model_copy(update={"chargebacks": [*payment.chargebacks, chargeback]})


def chargebacks_reversed(payment: Payment, *, now: datetime) -> Payment:
    """The payer's bank gives back all that it took."""
    if payment.charged_back_cents == 0:
        raise NotPossible("Nothing is charged back")
    chargebacks = [one.model_copy(update={"reversed_at": one.reversed_at or now}) for one in payment.chargebacks]
    return payment.model_copy(update={"chargebacks": chargebacks})
