"""Signing out, for oneself or because a tool asks for it, and the way back to the tool that one came from."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.journey.authorizations import AuthorizationExpired, languages_of
from services.gateway.web.access import anyone
from services.gateway.web.addresses import request_id_of
from services.gateway.web.cookies import LANGUAGE_COOKIE, TYPED_COOKIE
from services.gateway.web.errors import PageRoute
from services.gateway.web.refusals import REFUSALS
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


@dataclass(frozen=True)
class Leaving:
    """A tool that sent its person here to sign out. url: of our page that does it. hint: whom the tool means, in its own words."""

    url: str
    tool_name: str
    redirect_to: str
    hint: str


@router.get("/signed-out")
@router.get("/sign-out")
async def sign_out_form(visit: Anyone, logout: str = "") -> Response:
    """Whoever is signed in still is asked; for others there is nothing to ask, and the tool that sent them has them back."""
    leaving = await _leaving(visit, logout)
    if leaving is not None:
        await _look_again(visit)
        if visit.signed is None:
            return visit.redirect(leaving.redirect_to or "/sign-out")
    return visit.page("accounts/sign_out.html", section="sign-in", leaving=leaving)


@router.post("/sign-out")
async def sign_out(visit: Anyone) -> Response:
    """The cookies go in any case; without identity the session ends by itself."""
    leaving = await _leaving(visit, visit.request.query_params.get("logout", ""))
    if visit.session_token:
        with suppress(*REFUSALS):
            await visit.ask("/internal/sessions/end", {"session_token": visit.session_token})
    visit.close_session()
    visit.jar.drop(TYPED_COOKIE)
    if leaving is not None and leaving.redirect_to:
        return visit.redirect(leaving.redirect_to)
    return visit.redirect(visit.to("/sign-in") if visit.request_id else "/sign-out")


@router.post("/back-to-tool")
async def back_to_tool(visit: Anyone) -> Response:
    """Identity gives the address, which is one of the tool's registered ones."""
    request_id = request_id_of(visit.request.query_params.get("request"))
    if not request_id or visit.request_expired:
        raise AuthorizationExpired
    answer = await visit.ask(f"/internal/authorizations/{request_id}/cancel", None)
    return visit.redirect(str(answer["redirect_to"]))


async def _leaving(visit: Visit, logout_id: str) -> Leaving | None:
    """None where there is none, or where it is too late for it: then one signs out all the same."""
    if not request_id_of(logout_id):
        return None
    try:
        asked = await visit.client("identity").get(f"/internal/logouts/{logout_id}")
    except REFUSALS:
        return None
    languages = languages_of(asked["ui_locales"])
    if languages and not visit.jar.get(LANGUAGE_COOKIE):
        visit.language = languages[0]
    tool = await visit.own.catalogue.tool(asked["tool_id"])
    name = tool.views[visit.language].name if tool else str(asked["client_name"])
    return Leaving(f"/sign-out?logout={logout_id}", name, asked["redirect_to"] or "", asked["logout_hint"] or "")


async def _look_again(visit: Visit) -> None:
    """Identity may have ended this browser's session a moment ago, and the access token does not know of it."""
    if not visit.session_token:
        return
    try:
        await visit.ask("/internal/sessions/refresh", {"session_token": visit.session_token})
    except RemoteProblem as problem:
        if problem.status == 401:
            visit.close_session()
    except REFUSALS:
        return
