"""Asking for a role in what an organisation has registered, and whom to ask where it has not."""

from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.views import organisation
from services.gateway.tools.own import own_registrations
from services.gateway.tools.views import card
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
ASK = "/organisations/{organisation_id}/registrations/{registration_id}/ask"


@router.get(ASK)
async def ask_form(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    return await _ask_page(visit, organisation_id, registration_id, Form())


@router.post(ASK)
async def ask(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    if not visit.fields.get("role"):
        form = Form()
        form.general = visit.words.gettext(N_("Choose a role."))
        return await _ask_page(visit, organisation_id, registration_id, form, status=422)
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/requests"
    try:
        answer = await visit.post("organisation", path, {"role": visit.fields["role"]})
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _ask_page(visit, organisation_id, registration_id, form, status=status_of(refusal))
    if answer["outcome"] == "granted":
        visit.say(N_("You have the role now."))
    else:
        visit.say(N_("Your request is on its way. You get a mail when it is answered."))
    return visit.redirect(_back(visit, organisation_id))


@router.post(ASK + "/withdraw")
async def withdraw(visit: Member, organisation_id: UUID, registration_id: UUID) -> Response:
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/requests/withdraw"
    try:
        await visit.post("organisation", path)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _ask_page(visit, organisation_id, registration_id, form, status=status_of(refusal))
    visit.say(N_("Your request is withdrawn."))
    return visit.redirect(_back(visit, organisation_id))


@router.get("/organisations/{organisation_id}/tools/{tool_id}/ask")
async def whom_to_ask(visit: Member, organisation_id: UUID, tool_id: str) -> Response:
    """For who is no manager: the registrations that there are to ask for, or who could register the tool."""
    known = await visit.own.catalogue.tool(tool_id)
    if known is None:
        raise NotFound
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{known.id}")
    own = [one for one in await own_registrations(visit, organisation_id) if one.tool_id == tool_id]
    if len(own) == 1:
        return visit.redirect(own[0].ask_url)
    head = await organisation(visit, organisation_id)
    path = f"/api/organisations/{organisation_id}/employees"
    managers: dict[str, Any] = await visit.get("organisation", path, {"filter": "managers"}) if not own else {}
    return visit.page(
        "tools/whom_to_ask.html",
        section="tools",
        tool=card(tool),
        organisation=head,
        registrations=own,
        managers=[_manager(visit, one, head, tool) for one in managers.get("employees", [])],
    )


def _manager(visit: Visit, one: dict[str, Any], head: SimpleNamespace, tool: dict[str, Any]) -> SimpleNamespace:
    """mail_url: a mail that says what it is about and leads to the page that does it."""
    about = {"tool": tool["name"], "organisation": head.name}
    page = f"{visit.at.settings.public_origin}/organisations/{head.id}/tools/{tool['id']}/register"
    subject = visit.words.sentence(N_("{tool} for {organisation}"), about)
    body = visit.words.sentence(N_("Could you register {tool} for us? It takes a few minutes:"), about)
    mail = urlencode({"subject": subject, "body": f"{body}\n{page}"}, quote_via=quote)
    return SimpleNamespace(
        name=one["name"], mail_url=f"mailto:{quote(one['email'], safe='@')}?{mail}" if one["email"] else ""
    )


async def _ask_page(
    visit: Visit, organisation_id: UUID, registration_id: UUID, form: Form, *, status: int = 200
) -> Response:
    found = await own_registrations(visit, organisation_id)
    own = next((one for one in found if one.id == str(registration_id)), None)
    if own is None:
        raise NotFound
    tool: dict[str, Any] = await visit.get("organisation", f"/api/tools/{own.tool_id}")
    return visit.page(
        "tools/ask.html",
        status=status,
        section="tools",
        tool=card(tool),
        organisation=await organisation(visit, organisation_id),
        own=own,
        form=form,
        chosen=form.values["role"] or (own.roles[0].id if len(own.roles) == 1 else ""),
        back=_back(visit, organisation_id),
    )


def _back(visit: Visit, organisation_id: UUID) -> str:
    """To the tool that one comes from, or to the organisation's tools."""
    return visit.to("/select") if visit.request_id else f"/organisations/{organisation_id}/tools"
