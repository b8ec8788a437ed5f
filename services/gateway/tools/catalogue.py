"""What tools there are: the catalogue and a page for each, for everyone; and an organisation's own."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.model.catalogue import Tool
from services.gateway.organisations import store
from services.gateway.organisations.views import organisation
from services.gateway.tools.ended import ended_registrations
from services.gateway.tools.own import own_registrations
from services.gateway.tools.views import access_url, card, card_of, paragraphs
from services.gateway.web.access import anyone, signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.formats import BRUSSELS
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]
Member = Annotated[Visit, signed_in()]

SIGN_IN = {
    "pwd": N_("With a password, a passkey or an identity card."),
    "mfa": N_("With a second factor besides the password, or with an identity card."),
    "eid": N_("With an identity card (eID)."),
}


@router.get("/tools")
async def catalogue(visit: Anyone) -> Response:
    """From the read model: what there is, and what one's organisations have."""
    snapshot = await visit.own.catalogue.snapshot()
    registered = await _registrations(visit)
    shown = snapshot.listed(visit.language)
    retired = [tool for tool in snapshot.tools.values() if not tool.is_offered and tool.id in registered]
    tools = [_card(visit, tool, registered.get(tool.id, [])) for tool in [*shown, *retired]]
    return visit.page("tools/index.html", section="tools", tools=tools)


@router.get("/tools/{tool_id}")
async def tool_page(visit: Anyone, tool_id: str) -> Response:
    """From the read model too: it works while the others are away."""
    tool = await visit.own.catalogue.tool(tool_id)
    if tool is None:
        raise NotFound
    registered = await _registrations(visit)
    language = visit.language
    view = _card(visit, tool, registered.get(tool.id, []))
    view.banner = tool.banner
    view.details = paragraphs(tool.text("details", language))
    view.modes = [_mode(tool, usage_mode, language) for usage_mode in tool.modes]
    view.sign_in = visit.words.gettext(SIGN_IN.get(tool.entry["sign_in_acr"], SIGN_IN["pwd"]))
    view.support_email = tool.entry["support_email"]
    view.terms_version = tool.entry["terms_version"]
    return visit.page("tools/tool.html", section="tools", tool=view)


@router.get("/organisations/{organisation_id}/tools")
async def organisation_tools(visit: Member, organisation_id: UUID) -> Response:
    head = await organisation(visit, organisation_id)
    found: list[dict[str, Any]] = await visit.get("organisation", f"/api/organisations/{organisation_id}/tools")
    own = await own_registrations(visit, organisation_id)
    return visit.page(
        "tools/organisation_tools.html",
        section="organisations",
        tab="tools",
        organisation=head,
        tools=[_own_card(visit, tool, head, own) for tool in found],
        behind=[_behind(tool, head) for tool in found if head.manager and _is_behind(tool)],
        ended=await ended_registrations(visit, organisation_id) if head.manager else [],
    )


async def _registrations(visit: Visit) -> dict[str, list[Any]]:
    """Of the organisations where the visitor is active, by tool; none for a stranger."""
    if visit.signed is None:
        return {}
    async with visit.at.database.acquire() as db:
        rows = await store.registrations(db, visit.account_id)
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["tool_id"], []).append(row)
    return found


def _card(visit: Visit, tool: Tool, rows: list[Any]) -> SimpleNamespace:
    registered = [
        SimpleNamespace(
            organisation_name=row["organisation_name"],
            usage_mode_name=tool.mode_name(row["usage_mode"], visit.language),
            state="suspended" if row["is_suspended"] else "active",
            access_url=visit.to(access_url(row["organisation_id"], row["registration_id"]))
            if row["is_manager"]
            else "",
        )
        for row in rows
    ]
    register_url = visit.to(f"/tools/{tool.id}/register") if tool.is_offered and visit.signed else ""
    return card_of(tool, visit.language, registrations=registered, register_url=register_url)


def _mode(tool: Tool, usage_mode: str, language: str) -> SimpleNamespace:
    mode = tool.modes[usage_mode]
    return SimpleNamespace(
        name=tool.mode_name(usage_mode, language),
        description=mode["descriptions"].get(language, ""),
        register_needs=mode.get("register_needs", {}).get(language, ""),
        use_needs=mode.get("use_needs", {}).get(language, ""),
        roles=[tool.role_name(usage_mode, role["id"], language) for role in mode["roles"]],
        is_restricted=mode.get("is_restricted", False),
        is_self_service=mode.get("is_self_service", False),
    )


def _own_card(visit: Visit, tool: dict[str, Any], head: SimpleNamespace, own: list[SimpleNamespace]) -> SimpleNamespace:
    """Who is no manager is led to those who could register it."""
    registered = [one for one in own if one.tool_id == tool["id"]]
    is_open = len(registered) < len(tool["usage_modes"]) and tool["state"] == "offered"
    url = visit.to(f"/organisations/{head.id}/tools/{tool['id']}/register") if is_open and head.manager else ""
    ask_url = visit.to(f"/organisations/{head.id}/tools/{tool['id']}/ask") if is_open and not registered else ""
    return card(tool, registrations=registered, register_url=url, whom_url="" if head.manager else ask_url)


def _is_behind(tool: dict[str, Any]) -> bool:
    return any(one["terms_version"] != tool["terms"]["version"] for one in tool["registrations"])


def _behind(tool: dict[str, Any], head: SimpleNamespace) -> SimpleNamespace:
    required_from = tool["terms"]["required_from"]
    return SimpleNamespace(
        name=tool["name"],
        required_from=required_from,
        is_stopped=is_past(required_from),
        terms_url=f"/organisations/{head.id}/tools/{tool['id']}/terms",
    )


def is_past(day: str | None) -> bool:
    """Whether this day has come in Brussels; None never comes."""
    return day is not None and date.fromisoformat(day) <= datetime.now(BRUSSELS).date()
