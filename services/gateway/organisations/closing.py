"""Closing an organisation: what will happen is said first."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.organisations.views import organisation
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

FRESH_S = 900

router = APIRouter(prefix="/organisations/{organisation_id}/close", include_in_schema=False, route_class=PageRoute)
Fresh = Annotated[Visit, signed_in(fresh_s=FRESH_S)]


@router.get("")
async def form(visit: Fresh, organisation_id: UUID) -> Response:
    return await _page(visit, organisation_id, Form())


@router.post("")
async def close(visit: Fresh, organisation_id: UUID) -> Response:
    """Who means it ticks a box: this page is a click away from others."""
    if not visit.fields.get("sure"):
        form = Form.of(visit.fields)
        form.errors["sure"] = visit.words.gettext(N_("Tick this box if you are sure."))
        return await _page(visit, organisation_id, form, status=422)
    head = await organisation(visit, organisation_id)
    try:
        await visit.post("organisation", f"/api/organisations/{organisation_id}/close")
    except REFUSALS as refusal:
        return await _page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("{organisation} is closed."), organisation=head.name)
    return visit.redirect("/organisations")


async def _page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    outlook = await visit.get("organisation", f"/api/organisations/{organisation_id}/closing")
    async with visit.at.database.acquire() as db:
        balance_cents = await store.balance(db, organisation_id)
    return visit.page(
        "organisations/close.html",
        status=status,
        section="organisations",
        tab="data",
        organisation=await organisation(visit, organisation_id),
        outlook=outlook,
        balance_cents=balance_cents,
        form=form,
    )
