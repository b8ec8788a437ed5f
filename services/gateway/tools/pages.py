"""Who has access to a tool that an organisation has registered."""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.model.catalogue import Tool
from services.gateway.organisations.views import organisation
from services.gateway.tools.views import access_url, card, recognition_names, suspension
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.templates import initials
from services.gateway.web.visit import Visit
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/organisations/{organisation_id}/registrations/{registration_id}/access")
async def access(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    return await _access_page(visit, organisation_id, registration_id, Form())


@router.post("/organisations/{organisation_id}/registrations/{registration_id}/access")
async def save_access(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    """Only what was changed on this page is sent, so that two managers do not undo each other's work."""
    fields = visit.fields
    changes = [
        {"account_id": name.removeprefix("role."), "role": role or None}
        for name, role in fields.items()
        if name.startswith("role.") and role != fields.get(f"was.{name.removeprefix('role.')}", "")
    ]
    if changes:
        try:
            await visit.put("organisation", _api(organisation_id, registration_id), {"changes": changes})
        except REFUSALS as refusal:
            form = visit.refused(refusal)
            return await _access_page(visit, organisation_id, registration_id, form, status=status_of(refusal))
    visit.say(N_("The changes are saved."))
    return visit.redirect(access_url(organisation_id, registration_id))


async def _access_page(
    visit: Visit, organisation_id: UUID, registration_id: UUID, form: Form, *, status: int = 200
) -> Response:
    found: dict[str, Any] = await visit.get("organisation", _api(organisation_id, registration_id))
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{found['tool_id']}")
    known = await visit.own.catalogue.tool(found["tool_id"])
    head = await organisation(visit, organisation_id)
    mode = next(mode for mode in tool["usage_modes"] if mode["id"] == found["usage_mode"])
    suspended = suspension(visit, found["suspended_reason"]) if found["state"] != "active" else ""
    return visit.page(
        "tools/access.html",
        status=status,
        section="organisations",
        tab="tools",
        organisation=head,
        tool=card(tool),
        mode=SimpleNamespace(
            name=mode["name"], description=mode["description"], needs=found["needs"] if found["kinds"] else ""
        ),
        form=form,
        suspended=suspended,
        kinds=found["kinds"],
        people=[_employee(visit, known, one, form) for one in found["employees"]],
        roles=found["roles"],
        registration_id=registration_id,
    )


def _employee(visit: Visit, tool: Tool | None, one: dict[str, Any], form: Form) -> SimpleNamespace:
    name = one["name"] or "?"
    return SimpleNamespace(
        account_id=one["account_id"],
        name=name,
        initials=initials(name),
        manager=bool(one.get("manager")),
        state=one["state"],
        role=one["role"],
        chosen=form.values.get(f"role.{one['account_id']}", one["role"] or ""),
        usable=not one["missing"],
        held_names=recognition_names(visit, tool, one["held"]),
    )


def _api(organisation_id: UUID, registration_id: UUID) -> str:
    return f"/api{access_url(organisation_id, registration_id)}"
