"""Topping up a wallet: by a payment page, and where it leads back to."""

from types import SimpleNamespace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.wallet.frame import api_of, here_of, wallet_page
from services.gateway.wallet.rules import cents_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

DEFAULT_AMOUNT = "5000"

router = APIRouter(prefix="/organisations/{organisation_id}/wallet", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/top-up")
async def top_up_form(visit: Member, organisation_id: UUID) -> Response:
    return await _page(visit, organisation_id, Form.of({"amount": DEFAULT_AMOUNT, "method": "bancontact"}))


@router.post("/top-ups")
async def top_up(visit: Member, organisation_id: UUID) -> Response:
    """Leads on to the payment provider's page, whose address the wallet service gives."""
    fields = visit.fields
    chosen = fields.get("amount", "")
    is_other = chosen == "other" or not chosen.isdecimal()
    amount_cents = cents_of(fields.get("amount_other", "")) if is_other else int(chosen)
    if amount_cents is None:
        form = Form.of(fields)
        form.errors["amount_other"] = visit.words.gettext(N_("Enter an amount, for example 75 or 62.50."))
        return await _page(visit, organisation_id, form, status=422)
    page = f"{visit.at.settings.public_origin}{here_of(organisation_id)}/top-ups/{{top_up_id}}"
    body = {"amount_cents": amount_cents, "method": fields.get("method", ""), "return_url": page}
    try:
        answer = await visit.post("wallet", api_of(organisation_id, "/top-ups"), body)
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"amount_cents": "amount_other"})
        return await _page(visit, organisation_id, form, status=status_of(refusal))
    return visit.redirect(str(answer["checkout_url"]))


@router.get("/top-ups/{top_up_id}")
async def top_up_page(visit: Member, organisation_id: UUID, top_up_id: UUID) -> Response:
    """Where the payment page leads back to; nobody knows yet how the payment went."""
    found = await _top_up(visit, top_up_id)
    return await wallet_page(visit, "wallet/top_up.html", organisation_id, "top-up", top_up=found)


@router.get("/top-ups/{top_up_id}/live")
async def top_up_live(visit: Member, organisation_id: UUID, top_up_id: UUID) -> Response:
    found = await _top_up(visit, top_up_id)
    response = visit.page("wallet/top_up_live.html", organisation=SimpleNamespace(id=organisation_id), top_up=found)
    response.headers["x-live"] = "on" if found.state == "pending" else "done"
    return response


async def _top_up(visit: Visit, top_up_id: UUID) -> SimpleNamespace:
    return SimpleNamespace(**await visit.get("wallet", f"/api/top-ups/{top_up_id}"))


async def _page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    await visit.get("wallet", api_of(organisation_id))
    return await wallet_page(visit, "wallet/top_up_form.html", organisation_id, "top-up", status=status, form=form)
