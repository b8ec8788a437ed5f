"""What Mollie answers, as far as we read it: whatever else stands there, or lacks, must not keep money from being credited."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.wallet.payments.port import Chargeback, Payment, PaymentStatus, Refund, RefundStatus

PAYMENT_ID = r"^tr_[A-Za-z0-9]{1,40}$"
_BRANDS = frozenset(("maestro", "mastercard", "visa"))


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Dated(Part):
    created_at: AwareDatetime = Field(alias="createdAt")


class Amount(Part):
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    value: str = Field(pattern=r"^\d{1,9}\.\d{2}$")

    @property
    def cents(self) -> int:
        return int(self.value.replace(".", ""))


class Link(Part):
    href: str = Field(pattern=r"^https?://", max_length=2_000)


class Links(Part):
    checkout: Link | None = None


class Details(Part):
    card_label: str | None = Field(default=None, alias="cardLabel")


class RefundShape(Dated):
    id: str = Field(pattern=r"^re_[A-Za-z0-9]{1,40}$")
    payment_id: str = Field(alias="paymentId", pattern=PAYMENT_ID)
    amount: Amount
    status: RefundStatus
    metadata: Any = None

    def read(self) -> Refund:
        return Refund(
            reference=self.id,
            payment=self.payment_id,
            amount_cents=self.amount.cents,
            currency=self.amount.currency,
            status=self.status,
            refund_id=_uuid_in(self.metadata, "refund_id"),
            created_at=self.created_at,
        )


class ChargebackShape(Dated):
    id: str = Field(pattern=r"^chb_[A-Za-z0-9]{1,40}$")
    payment_id: str = Field(alias="paymentId", pattern=PAYMENT_ID)
    amount: Amount
    reversed_at: AwareDatetime | None = Field(default=None, alias="reversedAt")

    def read(self) -> Chargeback:
        return Chargeback(
            reference=self.id,
            payment=self.payment_id,
            amount_cents=self.amount.cents,
            currency=self.amount.currency,
            is_reversed=self.reversed_at is not None,
            created_at=self.created_at,
        )


class Embedded(Part):
    refunds: Sequence[RefundShape] = ()
    chargebacks: Sequence[ChargebackShape] = ()


class PaymentShape(Dated):
    id: str = Field(pattern=PAYMENT_ID)
    status: PaymentStatus
    amount: Amount
    amount_refunded: Amount | None = Field(default=None, alias="amountRefunded")
    amount_charged_back: Amount | None = Field(default=None, alias="amountChargedBack")
    method: str | None = None
    details: Details | None = None
    expires_at: AwareDatetime | None = Field(default=None, alias="expiresAt")
    is_cancelable: bool = Field(default=False, alias="isCancelable")
    metadata: Any = None
    links: Links = Field(alias="_links")
    embedded: Embedded | None = Field(default=None, alias="_embedded")

    @property
    def hides_what_went_back(self) -> bool:
        """Whether money went back of which the answer does not say more than the sum."""
        sums = [amount.cents for amount in (self.amount_refunded, self.amount_charged_back) if amount]
        return any(sums) and self.embedded is None

    @property
    def paid_with(self) -> str | None:
        """Cards are one method there; the brand is a label on it."""
        label = (self.details.card_label or "").lower() if self.details else ""
        return label if self.method == "creditcard" and label in _BRANDS else self.method

    def read(self) -> Payment:
        embedded = self.embedded or Embedded()
        return Payment(
            reference=self.id,
            status=self.status,
            amount_cents=self.amount.cents,
            currency=self.amount.currency,
            method=self.paid_with,
            top_up_id=_uuid_in(self.metadata, "top_up_id"),
            is_cancelable=self.is_cancelable,
            checkout_url=self.links.checkout.href if self.links.checkout else None,
            expires_at=self.expires_at,
            refunds=tuple(sorted((one.read() for one in embedded.refunds), key=lambda one: one.created_at)),
            chargebacks=tuple(sorted((one.read() for one in embedded.chargebacks), key=lambda one: one.created_at)),
        )


class PageLinks(Part):
    next: Link | None = None


class Page(Part):
    """One page of a list. The items are read one by one: an odd one must not hide the others."""

    embedded: dict[Literal["payments", "refunds", "chargebacks"], list[dict[str, Any]]] = Field(alias="_embedded")
    links: PageLinks = Field(alias="_links")


def _uuid_in(metadata: Any, name: str) -> UUID | None:
    """What we wrote into the metadata; others who use the same account write what they like."""
    try:
        return UUID(metadata[name])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
