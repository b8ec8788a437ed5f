"""What a charge is, and why one is refused."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import to_json

from services.wallet.ledger.rules import MAX_AMOUNT_CENTS
from shared.errors import Conflict, Forbidden, Invalid, NotFound, PaymentRequired
from shared.markers import N_

_BASIS_POINTS = 10_000
_ROUNDING_CENTS = 1


class BalanceShort(PaymentRequired):
    code = "balance-short"
    message = N_("The wallet is {short_cents:money} short. Top it up and try again.")


class IdempotencyMismatch(Conflict):
    code = "idempotency-mismatch"
    message = N_("This key was used before for a different charge.")


class OrganisationNotRegistered(Forbidden):
    code = "organisation-not-registered"
    message = N_("This tool is not registered, or not active, for this organisation.")


class AmountTooLarge(Invalid):
    code = "amount-too-large"
    message = N_("This amount is too large.")


class VatMismatch(Invalid):
    code = "vat-mismatch"
    message = N_("The amounts without and with VAT do not fit the VAT rate.")


class NotPrintable(Invalid):
    code = "not-printable"
    message = N_("This text holds characters that cannot be shown.")


class ChargeNotFound(NotFound):
    code = "charge-not-found"
    message = N_("This charge does not exist.")


@dataclass(frozen=True)
class ChargeRequest:
    """What a tool asks. vat_rate_bp: in hundredths of a percent, 2100 for 21%. account_id: for whom the tool works."""

    wallet_id: UUID
    tool_id: str
    idempotency_key: str
    amount_excl_cents: int
    amount_incl_cents: int
    vat_rate_bp: int
    description: str
    account_id: UUID | None = None

    def fingerprint(self) -> bytes:
        """SHA-256 of all but the tool and its key: two requests with one key are the same if this is."""
        said = (
            str(self.wallet_id),
            self.amount_excl_cents,
            self.amount_incl_cents,
            self.vat_rate_bp,
            self.description,
            str(self.account_id),
        )
        return hashlib.sha256(to_json(said)).digest()


def check_request(request: ChargeRequest) -> None:
    """Raises NotPrintable, AmountTooLarge, VatMismatch. A cent of difference is left to the tool: it may round line by line."""
    for field in ("tool_id", "idempotency_key", "description"):
        if not str(getattr(request, field)).isprintable():
            raise NotPrintable(field=field)
    if request.amount_incl_cents > MAX_AMOUNT_CENTS:
        raise AmountTooLarge(field="amount_incl_cents")
    vat_cents = request.amount_incl_cents - request.amount_excl_cents
    exact = request.amount_excl_cents * request.vat_rate_bp
    if vat_cents < 0 or abs(vat_cents * _BASIS_POINTS - exact) > _ROUNDING_CENTS * _BASIS_POINTS:
        raise VatMismatch(field="amount_incl_cents")
