"""New terms of a tool: read, and accepted by a manager for the organisation; on the way to the tool, or from its page."""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.views import organisation
from services.gateway.tools.catalogue import is_past
from services.gateway.tools.views import card, paragraphs, slug
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/organisations/{organisation_id}/tools/{tool_id}/terms")
async def read_terms(visit: Member, organisation_id: UUID, tool_id: str, later: UUID | None = None) -> Response:
    """later: the registration that the manager was about to start, and may start without accepting, as long as there is time."""
    return await _page(visit, organisation_id, tool_id, Form(), later=later)


@router.post("/organisations/{organisation_id}/tools/{tool_id}/terms")
async def accept_terms(visit: Member, organisation_id: UUID, tool_id: str) -> Response:
    fields = visit.fields
    if fields.get("accept") != "yes":
        form = Form.of(fields)
        form.errors["accept"] = visit.words.gettext(N_("Accept the terms to go on."))
        return await _page(visit, organisation_id, tool_id, form, status=422)
    body = {"terms_version": fields.get("terms_version", "")}
    try:
        await visit.post("organisation", f"/api/organisations/{organisation_id}/tools/{slug(tool_id)}/terms", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        form.values["accept"] = ""
        return await _page(visit, organisation_id, tool_id, form, status=status_of(refusal))
    visit.say(N_("The new terms are accepted."))
    return visit.redirect(visit.to("/select") if visit.request_id else f"/organisations/{organisation_id}/tools")


async def _page(
    visit: Visit, organisation_id: UUID, tool_id: str, form: Form, *, later: UUID | None = None, status: int = 200
) -> Response:
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{slug(tool_id)}")
    found: dict[str, Any] = await visit.get(
        "organisation", f"/api/organisations/{organisation_id}/tools/{tool_id}/terms"
    )
    present, accepted = found["present"], found["accepted"]
    terms = SimpleNamespace(
        version=present["version"],
        text=paragraphs(present["text"]),
        required_from=present["required_from"],
        is_stopped=is_past(present["required_from"]),
        is_behind=found["is_behind"],
        accepted=SimpleNamespace(**{**accepted, "text": paragraphs(accepted["text"])}) if accepted else None,
    )
    return visit.page(
        "tools/terms.html",
        status=status,
        section="organisations",
        tool=card(tool),
        organisation=await organisation(visit, organisation_id),
        terms=terms,
        form=form,
        later="" if terms.is_stopped or not visit.request_id else later or "",
    )
