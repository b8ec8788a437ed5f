"""An organisation's invoices, and what it wants to have on them."""

import re
from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.views import organisation
from services.gateway.wallet.frame import api_of, here_of, wallet_page
from services.gateway.wallet.transactions import file_name
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.csv_files import MEDIA_TYPE as CSV_TYPE

MEDIA_TYPES = {"pdf": "application/pdf", "xml": "application/xml"}
_NUMBER = re.compile(r"[0-9]{4}-[0-9]{6,12}")
_YEAR = re.compile(r"[0-9]{4}")
FIELDS = ("reference", "purchase_order", "peppol_id", "language")

router = APIRouter(prefix="/organisations/{organisation_id}/wallet", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/invoices")
async def list_invoices(visit: Member, organisation_id: UUID) -> Response:
    return await _page(visit, organisation_id)


@router.get("/invoices.csv")
async def csv_file(visit: Member, organisation_id: UUID) -> Response:
    head = await organisation(visit, organisation_id)
    query = _year(visit)
    name = "-".join(("invoices", file_name(head.name), *query.values()))
    path = api_of(organisation_id, "/invoices.csv")
    return visit.jar.send(await visit.download("wallet", path, query, name=f"{name}.csv", kind=CSV_TYPE))


@router.post("/invoices/billing")
async def save_details(visit: Member, organisation_id: UUID) -> Response:
    """What is to stand on the next invoices."""
    fields = visit.fields
    body = {name: fields.get(name, "") for name in FIELDS}
    try:
        await visit.put("wallet", api_of(organisation_id, "/billing"), body)
    except REFUSALS as refusal:
        return await _page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    return visit.redirect(here_of(organisation_id, "/invoices?saved=1#billing"))


@router.get("/invoices/{invoice_id}.{kind}")
async def download(visit: Member, organisation_id: UUID, invoice_id: UUID, kind: Literal["pdf", "xml"]) -> Response:
    """The file is called as its number, which the page knows and gives."""
    number = visit.request.query_params.get("number", "")
    name = number if _NUMBER.fullmatch(number) else str(invoice_id)
    path = api_of(organisation_id, f"/invoices/{invoice_id}.{kind}")
    sent = await visit.download("wallet", path, {}, name=f"{name}.{kind}", kind=MEDIA_TYPES[kind])
    return visit.jar.send(sent)


async def _page(visit: Visit, organisation_id: UUID, form: Form | None = None, *, status: int = 200) -> Response:
    found: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/invoices"), _year(visit))
    billing: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/billing"))
    return await wallet_page(
        visit,
        "wallet/invoices.html",
        organisation_id,
        "invoices",
        status=status,
        invoices=[row_of(one) for one in found["invoices"]],
        years=found["years"],
        year=found["year"],
        billing=SimpleNamespace(**billing),
        form=form or Form.of({name: billing[name] for name in FIELDS}),
        saved="saved" in visit.request.query_params,
    )


def _year(visit: Visit) -> dict[str, str]:
    year = visit.request.query_params.get("year", "")
    return {"year": year} if _YEAR.fullmatch(year) else {}


def row_of(invoice: dict[str, Any]) -> SimpleNamespace:
    """As the API gives it; dates as dates. sign: a credit note gives back."""
    dates = {name: date.fromisoformat(invoice[name]) for name in ("period", "issued_on")}
    sign = -1 if invoice["kind"] == "credit-note" else 1
    amounts = {"sign": sign, "total_cents": invoice["net_cents"] + invoice["vat_cents"]}
    return SimpleNamespace(**{**invoice, **dates, **amounts})
