"""How much of a charge can be given back, and which part of that is VAT."""

from dataclasses import dataclass
from uuid import UUID

from shared.errors import Invalid
from shared.markers import N_


class RefundTooLarge(Invalid):
    """Params: left_cents, what can still be given back."""

    code = "refund-too-large"
    message = N_("No more than what is left of the charge can be given back.")


class NothingToRefund(Invalid):
    code = "nothing-asked"
    message = N_("The amount must be more than nothing.")


@dataclass(frozen=True)
class RefundRequest:
    """amount_incl_cents: 0 for a charge that a plan paid: its use is given back."""

    wallet_id: UUID
    tool_id: str
    idempotency_key: str
    charge_id: UUID
    amount_incl_cents: int
    description: str


@dataclass(frozen=True)
class Refundable:
    """A charge with the sums of its refunds."""

    excl_cents: int
    incl_cents: int
    by_plan: bool
    refunds: int
    refunded_excl_cents: int
    refunded_incl_cents: int


def excl_share(charge: Refundable, incl_cents: int) -> int:
    """The part without VAT of a refund of so much.

    VAT is rounded on the sum of all refunds so far, half up: whatever the parts, together they give back the charge's VAT to the cent.
    Raises RefundTooLarge, NothingToRefund.
    """
    if charge.by_plan:
        if incl_cents or charge.refunds:
            raise RefundTooLarge(field="amount_incl_cents", left_cents=0)
        return 0
    if incl_cents <= 0:
        raise NothingToRefund(field="amount_incl_cents")
    left_cents = charge.incl_cents - charge.refunded_incl_cents
    if incl_cents > left_cents:
        raise RefundTooLarge(field="amount_incl_cents", left_cents=left_cents)
    vat_cents = charge.incl_cents - charge.excl_cents
    refunded_cents = charge.refunded_incl_cents + incl_cents
    vat_refunded = (2 * vat_cents * refunded_cents + charge.incl_cents) // (2 * charge.incl_cents)
    vat_before = charge.refunded_incl_cents - charge.refunded_excl_cents
    return incl_cents - (vat_refunded - vat_before)
