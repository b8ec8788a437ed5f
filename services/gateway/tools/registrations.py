"""Under whose recognition a registration stands, and ending it: both say first what will happen."""

from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.views import organisation
from services.gateway.tools.views import access_url, card, need_name
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.templates import initials
from services.gateway.web.visit import Visit
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
HERE = "/organisations/{organisation_id}/registrations/{registration_id}"


@router.get("/organisations/{organisation_id}/mandates/{account_id}")
async def mandates_of(visit: Member, organisation_id: UUID, account_id: UUID) -> Response:
    """What stands under the recognition of one employee, so that another can be chosen before they go."""
    base = f"/api/organisations/{organisation_id}"
    found: list[dict[str, Any]] = await visit.get("organisation", f"{base}/registrations/mandates/{account_id}")
    person: dict[str, Any] = await visit.get("organisation", f"{base}/employees/{account_id}")
    mandates = [
        SimpleNamespace(
            tool_name=one["tool_name"],
            usage_mode_name=one["usage_mode_name"],
            others=one["others"],
            url=f"/organisations/{organisation_id}/registrations/{one['registration_id']}/mandate",
        )
        for one in found
    ]
    return visit.page(
        "tools/mandates.html",
        section="organisations",
        tab="tools",
        organisation=await organisation(visit, organisation_id),
        person_name=person["name"] or "?",
        account_id=account_id,
        mandates=mandates,
    )


@router.get(HERE + "/mandate")
async def mandate_form(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    return await _mandate_page(visit, organisation_id, registration_id, Form())


@router.post(HERE + "/mandate")
async def choose_mandate(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    account_id = visit.fields.get("account_id", "")
    if not account_id:
        form = Form()
        form.general = visit.words.gettext(N_("Choose whose recognition it shall be."))
        return await _mandate_page(visit, organisation_id, registration_id, form, status=422)
    try:
        await visit.put("organisation", _api(organisation_id, registration_id, "/mandate"), {"account_id": account_id})
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _mandate_page(visit, organisation_id, registration_id, form, status=status_of(refusal))
    visit.say(N_("The registration stands under another recognition now."))
    return visit.redirect(visit.to(access_url(organisation_id, registration_id)))


@router.get(HERE + "/end")
async def end_form(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    return await _end_page(visit, organisation_id, registration_id, Form())


@router.post(HERE + "/end")
async def end(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    try:
        await visit.post("organisation", _api(organisation_id, registration_id, "/end"))
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _end_page(visit, organisation_id, registration_id, form, status=status_of(refusal))
    visit.say(N_("The registration has ended."))
    return visit.redirect(visit.to(f"/organisations/{organisation_id}/tools"))


async def _mandate_page(
    visit: Visit, organisation_id: UUID, registration_id: UUID, form: Form, *, status: int = 200
) -> Response:
    found: dict[str, Any] = await visit.get("organisation", _api(organisation_id, registration_id, "/mandate"))
    known = await visit.own.catalogue.tool(found["tool_id"])
    alternatives = [
        SimpleNamespace(
            account_id=one["account_id"],
            name=one["name"] or "?",
            initials=initials(one["name"] or "?"),
            recognition=need_name(visit, known, one["recognition"]),
            until=date.fromisoformat(one["until"]) if one["until"] else None,
            is_present=one["account_id"] == found["mandated_account_id"],
        )
        for one in found["alternatives"]
    ]
    return await _page(
        visit,
        "tools/mandate.html",
        organisation_id,
        found,
        form,
        status=status,
        needs=found["needs"],
        is_mandated=found["mandated_account_id"] is not None,
        alternatives=alternatives,
        others=sum(not one.is_present for one in alternatives),
    )


async def _end_page(
    visit: Visit, organisation_id: UUID, registration_id: UUID, form: Form, *, status: int = 200
) -> Response:
    found: dict[str, Any] = await visit.get("organisation", _api(organisation_id, registration_id, "/end"))
    counts = {name: found[name] for name in ("people", "tool_managers", "requests")}
    return await _page(visit, "tools/end.html", organisation_id, found, form, status=status, **counts)


async def _page(
    visit: Visit,
    template: str,
    organisation_id: UUID,
    found: dict[str, Any],
    form: Form,
    *,
    status: int,
    **context: Any,
) -> Response:
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{found['tool_id']}")
    names = {mode["id"]: mode["name"] for mode in tool["usage_modes"]}
    return visit.page(
        template,
        status=status,
        section="organisations",
        tab="tools",
        organisation=await organisation(visit, organisation_id),
        tool=card(tool),
        mode_name=names.get(found["usage_mode"], found["usage_mode"]),
        here=f"/organisations/{organisation_id}/registrations/{found['registration_id']}",
        form=form,
        **context,
    )


def _api(organisation_id: UUID, registration_id: UUID, path: str) -> str:
    return f"/api/organisations/{organisation_id}/registrations/{registration_id}{path}"
