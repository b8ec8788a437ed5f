"""The half of the top-up page that says how to pay by bank transfer."""

from types import SimpleNamespace
from uuid import UUID

from services.gateway.security.authenticator import qr_code
from services.gateway.wallet.frame import api_of
from services.gateway.wallet.rules import cents_of
from services.gateway.web.forms import Form
from services.gateway.web.visit import Visit
from shared.markers import N_

FIELD = "transfer_amount"
_MAX_CHARS = 20
_MAX_CENTS = 100_000_000


async def bank_transfer(visit: Visit, organisation_id: UUID) -> SimpleNamespace:
    """For wallet/parts/bank_transfer.html. The amount in the QR code is in the address of the page; without one the banking app asks."""
    typed = visit.request.query_params.get(FIELD, "").strip()[:_MAX_CHARS]
    amount_cents = cents_of(typed) if typed else None
    form = Form.of({FIELD: typed})
    if typed and not (amount_cents and amount_cents <= _MAX_CENTS):
        amount_cents = None
        form.errors[FIELD] = visit.words.gettext(N_("Enter an amount, for example 75 or 62.50."))
    query = {"amount_cents": amount_cents} if amount_cents else {}
    found = await visit.get("wallet", api_of(organisation_id, "/bank-transfer"), query)
    iban = str(found["iban"])
    return SimpleNamespace(
        **{
            **found,
            "form": form,
            "qr_code": qr_code(str(found["epc"])),
            "iban_spaced": " ".join(iban[at : at + 4] for at in range(0, len(iban), 4)),
        }
    )
