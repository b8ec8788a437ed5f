"""Support and organisations: find one by its number, close it, open it again. Each with a reason."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.support.pages import STAFF_FRESH_S
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

PAGE, API = "/support/organisations", "/api/support/organisations"
DONE = {"close": N_("The organisation is closed."), "reopen": N_("The organisation is open again.")}
REOPENED_BY = ("account_id", "type", "email", "phone", "fax", "reason")

router = APIRouter(prefix=PAGE, include_in_schema=False, route_class=PageRoute)
Staff = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support")]
Action = Literal["close", "reopen"]


@router.get("")
async def find(visit: Staff, number: str = "") -> Response:
    if not number.strip():
        return _desk(visit, Form())
    try:
        found = await visit.get("organisation", API, {"number": number[:50]})
    except REFUSALS as refusal:
        visit.fields = {"number": number}
        form = visit.refused(refusal, fields={"enterprise_number": "number"})
        return _desk(visit, form, status=status_of(refusal))
    return _desk(visit, Form.of({"number": number}), found=found)


@router.get("/{organisation_id}/{action}")
async def ask(visit: Staff, organisation_id: UUID, action: Action) -> Response:
    return await _page(visit, organisation_id, action, Form.of({"type": "head"}))


@router.post("/{organisation_id}/{action}")
async def act(visit: Staff, organisation_id: UUID, action: Action) -> Response:
    names = REOPENED_BY if action == "reopen" else ("reason",)
    body = {name: visit.fields.get(name, "").strip() for name in names}
    try:
        await visit.post("organisation", f"{API}/{organisation_id}/{action}", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _page(visit, organisation_id, action, form, status=status_of(refusal))
    visit.say(DONE[action])
    found = await visit.get("organisation", f"{API}/{organisation_id}")
    return visit.redirect(f"{PAGE}?number={found['enterprise_number']}")


def _desk(visit: Visit, form: Form, *, found: dict[str, Any] | None = None, status: int = 200) -> Response:
    return visit.page("support/organisations.html", status=status, form=form, found=found)


async def _page(visit: Visit, organisation_id: UUID, action: Action, form: Form, *, status: int = 200) -> Response:
    found = await visit.get("organisation", f"{API}/{organisation_id}")
    return visit.page("support/organisation.html", status=status, form=form, found=found, action=action)
