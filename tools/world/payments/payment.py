"""What a payment is and may become. Pure rules, in cents; time is an argument."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AnyHttpUrl, BaseModel, Field, TypeAdapter, field_validator

Status = Literal["open", "paid", "failed", "canceled", "expired"]
Outcome = Literal["paid", "failed", "canceled", "expired"]
Method = Literal["bancontact", "creditcard", "maestro", "mastercard", "visa"]

LIFE = timedelta(minutes=15)
ENDED_AT: dict[Outcome, str] = {
    "paid": "paidAt",
    "failed": "failedAt",
    "canceled": "canceledAt",
    "expired": "expiredAt",
}
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
    refund_id: str
    cents: int
    description: str
    created_at: datetime


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
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    refunds: list[Refund] = []
    charged_back_cents: int = 0

    @property
    def refunded_cents(self) -> int:
        return sum(refund.cents for refund in self.refunds)

    @property
    def left_cents(self) -> int:
        return self.reported_cents - self.refunded_cents - self.charged_back_cents


def opened(wanted: Wanted, payment_id: str, *, now: datetime) -> Payment:
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
        created_at=now,
        expires_at=now + LIFE,
    )


def ended(payment: Payment, outcome: Outcome, method: Method | None, *, now: datetime) -> Payment:
    """Return the payment with its final status; only an open one can get one."""
    if payment.status != "open":
        raise NotPossible(f"The payment is {payment.status} already")
    return payment.model_copy(update={"status": outcome, "method": method or payment.method, "ended_at": now})


def refunded(payment: Payment, amount: Amount, description: str, refund_id: str, *, now: datetime) -> Payment:
    if payment.status != "paid" or not 0 < amount.cents <= payment.left_cents:
        raise NotPossible("The amount is higher than what is left of the payment", "amount")
    refund = Refund(refund_id=refund_id, cents=amount.cents, description=description, created_at=now)
    return payment.model_copy(update={"refunds": [*payment.refunds, refund]})


def charged_back(payment: Payment) -> Payment:
    """The payer's bank takes back all that was not refunded, as late as it likes."""
    if payment.status != "paid" or payment.left_cents == 0:
        raise NotPossible("Only a payment of which something is left can be charged back")
    return payment.model_copy(update={"charged_back_cents": payment.charged_back_cents + payment.left_cents})


def amount(cents: int) -> dict[str, str]:
    return {"currency": "EUR", "value": f"{cents // 100}.{cents % 100:02d}"}


def as_mollie(payment: Payment, base: str) -> dict[str, Any]:
    """Return Mollie's resource. Its name for a card is `creditcard`, whatever the brand. base: the simulator's address."""
    own = f"{base}/payments/v1/payments/{payment.payment_id}"
    links = {"self": {"href": own, "type": "application/hal+json"}}
    if payment.status == "open":
        checkout = f"{base}/payments/checkout/{payment.payment_id}"
        links["checkout"] = {"href": checkout, "type": "text/html"}
    resource: dict[str, Any] = {
        "resource": "payment",
        "id": payment.payment_id,
        "mode": "test",
        "createdAt": payment.created_at.isoformat(),
        "expiresAt": payment.expires_at.isoformat(),
        "status": payment.status,
        "amount": amount(payment.reported_cents),
        "amountRefunded": amount(payment.refunded_cents),
        "amountChargedBack": amount(payment.charged_back_cents),
        "description": payment.description,
        "method": _mollie_method(payment.method),
        "details": {"cardLabel": payment.method.capitalize()} if _is_card(payment.method) and payment.method else None,
        "metadata": payment.metadata,
        "locale": payment.locale,
        "redirectUrl": payment.redirect_url,
        "webhookUrl": payment.webhook_url,
        "_links": links,
    }
    if payment.status != "open" and payment.ended_at:
        resource[ENDED_AT[payment.status]] = payment.ended_at.isoformat()
    return resource


def refund_as_mollie(payment: Payment, refund: Refund) -> dict[str, Any]:
    return {
        "resource": "refund",
        "id": refund.refund_id,
        "paymentId": payment.payment_id,
        "amount": amount(refund.cents),
        "description": refund.description,
        "status": "refunded",
        "createdAt": refund.created_at.isoformat(),
    }


def _is_card(method: Method | None) -> bool:
    return method in ("maestro", "mastercard", "visa")


def _mollie_method(method: Method | None) -> str | None:
    return "creditcard" if _is_card(method) else method
