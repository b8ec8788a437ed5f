"""What tools there are: the catalogue for everyone, and an organisation's own."""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.organisations.views import organisation
from services.gateway.tools.views import access_url, card, card_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/tools")
async def catalogue(visit: Member) -> Response:
    """From the read model: what there is, and what one's organisations have."""
    snapshot = await visit.own.catalogue.snapshot()
    async with visit.at.database.acquire() as db:
        rows = await store.registrations(db, visit.account_id)
    tools: list[SimpleNamespace] = []
    for tool in snapshot.listed(visit.language):
        own = [row for row in rows if row["tool_id"] == tool.id]
        registered = [
            SimpleNamespace(
                organisation_name=row["organisation_name"],
                usage_mode_name=tool.mode_name(row["usage_mode"], visit.language),
                state="suspended" if row["is_suspended"] else "active",
                access_url=access_url(row["organisation_id"], row["registration_id"]) if row["is_manager"] else "",
            )
            for row in own
        ]
        tools.append(card_of(tool, visit.language, registrations=registered, register_url=f"/tools/{tool.id}/register"))
    return visit.page("tools/index.html", section="tools", tools=tools)


@router.get("/organisations/{organisation_id}/tools")
async def organisation_tools(visit: Member, organisation_id: UUID) -> Response:
    head = await organisation(visit, organisation_id)
    found: list[dict[str, Any]] = await visit.get("organisation", f"/api/organisations/{organisation_id}/tools")
    return visit.page(
        "tools/organisation_tools.html",
        section="organisations",
        tab="tools",
        organisation=head,
        tools=[_own_card(visit, tool, head) for tool in found],
    )


def _own_card(visit: Visit, tool: dict[str, Any], head: SimpleNamespace) -> SimpleNamespace:
    names = {mode["id"]: mode["name"] for mode in tool["usage_modes"]}
    registered = [
        SimpleNamespace(
            organisation_name="",
            usage_mode_name=names.get(one["usage_mode"], one["usage_mode"]),
            state=one["state"],
            access_url=access_url(head.id, one["id"]) if head.manager else "",
        )
        for one in tool["registrations"]
    ]
    may_register = head.manager and len(registered) < len(names)
    url = visit.to(f"/organisations/{head.id}/tools/{tool['id']}/register") if may_register else ""
    return card(tool, registrations=registered, register_url=url)
