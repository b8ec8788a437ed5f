"""What a charge is, and why one is refused."""

from dataclasses import dataclass
from uuid import UUID

from services.wallet.keys.rules import fingerprint
from services.wallet.ledger.rules import EUR, MAX_AMOUNT_CENTS, credits_of
from shared.errors import Forbidden, Invalid, NotFound
from shared.markers import N_

_BASIS_POINTS = 10_000
_ROUNDING_CENTS = 1


class OrganisationNotRegistered(Forbidden):
    code = "organisation-not-registered"
    message = N_("This tool is not registered, or not active, for this organisation.")


class AmountTooLarge(Invalid):
    code = "amount-too-large"
    message = N_("This amount is too large.")


class VatMismatch(Invalid):
    code = "vat-mismatch"
    message = N_("The amounts without and with VAT do not fit the VAT rate.")


class UnitForeign(Invalid):
    code = "unit-foreign"
    message = N_("A tool charges euros or its own credits.")


class CreditsHaveNoVat(Invalid):
    code = "credits-have-no-vat"
    message = N_("An amount in credits is the same without and with VAT, and a plan does not pay for it.")


class NotPrintable(Invalid):
    code = "not-printable"
    message = N_("This text holds characters that cannot be shown.")


class ChargeNotFound(NotFound):
    code = "charge-not-found"
    message = N_("This charge does not exist.")


@dataclass  # one that is frozen takes five times as long to make, at each charge
class ChargeRequest:
    """What a tool asks. wallet_id: the organisation's. vat_rate_bp: in hundredths of a percent, 2100 for 21%.

    account_id: for whom the tool works. unit: euros, or the tool's own credits. plan_use: it is one use, for which a plan may pay.
    """

    wallet_id: UUID
    tool_id: str
    idempotency_key: str
    amount_excl_cents: int
    amount_incl_cents: int
    vat_rate_bp: int
    description: str
    account_id: UUID | None = None
    unit: str = EUR
    plan_use: bool = False

    def fingerprint(self) -> bytes:
        return fingerprint("charge", self)


def check_request(request: ChargeRequest) -> None:
    """Raises NotPrintable, AmountTooLarge, UnitForeign, CreditsHaveNoVat, VatMismatch."""
    check_printable(request)
    if request.amount_incl_cents > MAX_AMOUNT_CENTS:
        raise AmountTooLarge(field="amount_incl_cents")
    if request.unit == EUR:
        check_vat(request.amount_excl_cents, request.amount_incl_cents, request.vat_rate_bp)
    elif request.unit != credits_of(request.tool_id):
        raise UnitForeign(field="unit")
    elif request.amount_excl_cents != request.amount_incl_cents or request.vat_rate_bp or request.plan_use:
        raise CreditsHaveNoVat(field="unit")


def check_printable(request: object) -> None:
    """Raises NotPrintable for a text that the book cannot hold."""
    for field in ("tool_id", "idempotency_key", "description"):
        if not str(getattr(request, field, "")).isprintable():
            raise NotPrintable(field=field)


def check_vat(excl_cents: int, incl_cents: int, vat_rate_bp: int) -> None:
    """Raises VatMismatch. A cent of difference is left to the tool: it may round line by line."""
    vat_cents = incl_cents - excl_cents
    if vat_cents < 0 or abs(vat_cents * _BASIS_POINTS - excl_cents * vat_rate_bp) > _ROUNDING_CENTS * _BASIS_POINTS:
        raise VatMismatch(field="amount_incl_cents")
