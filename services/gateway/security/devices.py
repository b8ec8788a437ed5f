"""Where one is signed in: this browser, the others, and signing them out."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.security.rules import coarse_network
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import NotFound
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/devices")
async def devices(visit: Member) -> Response:
    sessions = await _sessions(visit)
    return visit.page("security/devices.html", here="/devices", sessions=sessions)


@router.get("/devices/sign-out-others")
async def sign_out_others_form(visit: Member) -> Response:
    others = [session for session in await _sessions(visit) if not session["is_this"]]
    return visit.page("security/devices_sign_out.html", here="/devices", sessions=others, one="")


@router.post("/devices/sign-out-others")
async def sign_out_others(visit: Member) -> Response:
    answer = await visit.post("identity", "/api/sessions/end-others")
    if answer["count"]:
        visit.say(N_("Everywhere else you are signed out now."))
    return visit.redirect("/devices")


@router.get("/devices/{session_id}/sign-out")
async def sign_out_form(visit: Member, session_id: str) -> Response:
    """Raises NotFound. This browser has its own way of signing out."""
    found = [session for session in await _sessions(visit) if session["id"] == session_id and not session["is_this"]]
    if not found:
        raise NotFound
    return visit.page("security/devices_sign_out.html", here="/devices", sessions=found, one=session_id)


@router.post("/devices/{session_id}/sign-out")
async def sign_out(visit: Member, session_id: str) -> Response:
    """Of one that ended meanwhile nothing is left to do."""
    found = [session["id"] for session in await _sessions(visit) if session["id"] == session_id]
    try:
        for known in found:
            await visit.delete("identity", f"/api/sessions/{known}")
    except RemoteProblem as problem:
        if problem.status != 404:
            raise
    visit.say(N_("That device is signed out now."))
    return visit.redirect("/devices")


async def _sessions(visit: Visit) -> list[dict[str, Any]]:
    answer = await visit.get("identity", "/api/sessions")
    return [
        {
            **session,
            "network": coarse_network(session["client_address"]),
            "tools": [await _tool_name(visit, tool_id) for tool_id in session["tool_ids"]],
        }
        for session in answer["sessions"]
    ]


async def _tool_name(visit: Visit, tool_id: str) -> str:
    tool = await visit.own.catalogue.tool(tool_id)
    return tool.views[visit.language].name if tool else tool_id
