"""The list of a year as a file for who keeps the books."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.wallet.access.viewers import Viewer
from services.wallet.at import FOLDER, At
from services.wallet.invoices import store
from services.wallet.invoices.api import Caller, Year
from services.wallet.invoices.store import Summary
from services.wallet.ledger.rules import CURRENCY
from shared.csv_files import Row, download
from shared.formats import BRUSSELS
from shared.http import Language
from shared.i18n import Translator, translator
from shared.markers import N_

HEADER = (
    N_("Number"),
    N_("Type"),
    N_("Date"),
    N_("Month"),
    N_("Credits invoice"),
    N_("Total excl. VAT"),
    N_("VAT"),
    N_("Total incl. VAT"),
    N_("Currency"),
)
KINDS = {"invoice": N_("Invoice"), "credit-note": N_("Credit note")}

router = APIRouter(prefix="/api/wallets/{organisation_id}")


@router.get("/invoices.csv")
async def csv_of_invoices(
    organisation_id: UUID, caller: Caller, at: At, language: Language, year: Year = None
) -> Response:
    """In the order of numbers, so that a gap shows; amounts of credit notes are negative."""
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        wanted = year or datetime.now(BRUSSELS).year
        found = await store.invoices_of(db, viewer.organisation_id, wanted)
    words = translator(FOLDER, language)
    rows = [_row(one, words) for one in reversed(found)]
    return download(f"invoices-{wanted}.csv", [words.gettext(name) for name in HEADER], _whole(rows))


async def _whole(rows: Sequence[Row]) -> AsyncIterator[Sequence[Row]]:
    yield rows


def _row(one: Summary, words: Translator) -> Row:
    sign = -1 if one.kind == "credit-note" else 1
    amounts = (one.net_cents, one.vat_cents, one.net_cents + one.vat_cents)
    return [
        one.number,
        words.gettext(KINDS[one.kind]),
        f"{one.issued_on:%Y-%m-%d}",
        f"{one.period:%Y-%m}",
        one.credits_number,
        *(Decimal(sign * cents).scaleb(-2) for cents in amounts),
        CURRENCY,
    ]
