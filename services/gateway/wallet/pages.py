"""An organisation's wallet: the balance, topping up, the transactions."""

from datetime import datetime
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.organisations.views import organisation
from services.gateway.wallet.rules import cents_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

ROWS = 25
DEFAULT_AMOUNT = "5000"

router = APIRouter(prefix="/organisations/{organisation_id}/wallet", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
After = Annotated[int | None, Query(ge=1, le=2**62)]


@router.get("")
async def wallet(visit: Member, organisation_id: UUID, after: After = None) -> Response:
    form = Form.of({"amount": DEFAULT_AMOUNT, "method": "bancontact"})
    return await _wallet_page(visit, organisation_id, form, after=after)


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
        return await _wallet_page(visit, organisation_id, form, status=422)
    page = f"{visit.at.settings.public_origin}/organisations/{organisation_id}/wallet/top-ups/{{top_up_id}}"
    body = {"amount_cents": amount_cents, "method": fields.get("method", ""), "return_url": page}
    try:
        answer = await visit.post("wallet", f"/api/wallets/{organisation_id}/top-ups", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"amount_cents": "amount_other"})
        return await _wallet_page(visit, organisation_id, form, status=status_of(refusal))
    return visit.redirect(str(answer["checkout_url"]))


@router.get("/top-ups/{top_up_id}")
async def top_up_page(visit: Member, organisation_id: UUID, top_up_id: UUID) -> Response:
    """Where the payment page leads back to; nobody knows yet how the payment went."""
    head = await organisation(visit, organisation_id)
    found = await _top_up(visit, top_up_id)
    return visit.page("wallet/top_up.html", section="organisations", tab="wallet", organisation=head, top_up=found)


@router.get("/top-ups/{top_up_id}/live")
async def top_up_live(visit: Member, organisation_id: UUID, top_up_id: UUID) -> Response:
    found = await _top_up(visit, top_up_id)
    response = visit.page("wallet/top_up_live.html", organisation=SimpleNamespace(id=organisation_id), top_up=found)
    response.headers["x-live"] = "on" if found.state == "pending" else "done"
    return response


async def _top_up(visit: Visit, top_up_id: UUID) -> SimpleNamespace:
    return SimpleNamespace(**await visit.get("wallet", f"/api/top-ups/{top_up_id}"))


async def _wallet_page(
    visit: Visit, organisation_id: UUID, form: Form, *, after: int | None = None, status: int = 200
) -> Response:
    head = await organisation(visit, organisation_id)
    account: dict[str, Any] = await visit.get("wallet", f"/api/wallets/{organisation_id}")
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found: dict[str, Any] = await visit.get("wallet", f"/api/wallets/{organisation_id}/transactions", query)
    here = f"/organisations/{organisation_id}/wallet"
    return visit.page(
        "wallet/index.html",
        status=status,
        section="organisations",
        tab="wallet",
        organisation=head,
        form=form,
        wallet=SimpleNamespace(**account),
        transactions=[
            SimpleNamespace(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in found["transactions"]
        ],
        next_url=f"{here}?after={found['after']}#transactions" if found["after"] else "",
    )
