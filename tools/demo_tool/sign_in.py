"""Signing in and out through the platform: OpenID Connect with code and PKCE, and both kinds of logout."""

import logging
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
from authlib.integrations.base_client import OAuthError
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc.errors import InvalidKeyIdError, JoseError

from tools.demo_tool.logout_tokens import Logout, LogoutTokenRefused, read_logout_token
from tools.demo_tool.platform import PlatformUnreachable
from tools.demo_tool.visitor import Tool, ToolOf, VisitorOf
from tools.texts import LANGUAGES

CALLBACK = "/oidc/callback"
SIGNED_OUT = "/signed-out"
router = APIRouter(include_in_schema=False)
log = logging.getLogger("demo_tool.sign_in")


@router.get("/sign-in")
async def sign_in(visitor: VisitorOf, request: Request) -> Response:
    """Send the visitor to the platform, to sign in and choose in which quality to work."""
    return await _to_platform(visitor, request)


@router.get("/switch")
async def switch(visitor: VisitorOf, request: Request) -> Response:
    """Ask for the choice of quality again; who is signed in there need not sign in again."""
    return await _to_platform(visitor, request, prompt="select_account")


@router.get(CALLBACK)
async def callback(visitor: VisitorOf, request: Request) -> Response:
    """Take the platform's answer: a code to be exchanged for the id token, or the reason why not."""
    tool, client = visitor.tool, visitor.tool.platform.sign_in
    try:
        await tool.platform.metadata()
        if request.query_params.get("iss", tool.settings.issuer) != tool.settings.issuer:
            raise OAuthError("mix_up", "the answer is of another issuer")
        token: dict[str, Any] = await client.authorize_access_token(request, claims_options=_expected(tool), leeway=60)
    except OAuthError as error:
        log.info("sign-in refused: %s", error.error)
        return visitor.page("refused.html", status=400, code=error.error)
    except (JoseError, ValueError) as error:
        log.warning("id token refused: %s", type(error).__name__)
        return visitor.page("refused.html", status=400, code="id_token")
    except httpx.HTTPError as error:
        raise PlatformUnreachable from error
    if visitor.session:
        tool.sessions.end(visitor.session)
    session = tool.sessions.begin(dict(token["userinfo"]), token["id_token"], now=datetime.now(UTC))
    chosen = str(session.claims.get("locale", ""))[:2]
    language = {"language": chosen} if chosen in LANGUAGES else {"language": visitor.language}
    request.session.clear()
    request.session.update({"session_id": session.session_id, **language})
    return RedirectResponse("/", status_code=303)


@router.post("/sign-out")
async def sign_out(visitor: VisitorOf, request: Request) -> Response:
    """End the session here, then at the platform; if that is down, only here."""
    session = visitor.session
    request.session.pop("session_id", None)
    if session is None:
        return RedirectResponse("/", status_code=303)
    visitor.tool.sessions.end(session)
    try:
        await visitor.tool.platform.metadata()
    except PlatformUnreachable:
        return RedirectResponse("/", status_code=303)
    response = await visitor.tool.platform.sign_in.logout_redirect(
        request,
        post_logout_redirect_uri=visitor.tool.settings.own_url + SIGNED_OUT,
        id_token_hint=session.id_token,
        client_id=visitor.tool.settings.client_id,
        ui_locales=visitor.language,
    )
    response.status_code = 303
    return response


@router.get(SIGNED_OUT)
async def signed_out(visitor: VisitorOf, request: Request) -> Response:
    """Where the platform sends the visitor back to after its own sign-out."""
    request.session.clear()
    request.session["language"] = visitor.language
    return visitor.page("home.html", just_signed_out=True, query="", parcels=[])


@router.post("/oidc/backchannel-logout")
async def backchannel_logout(tool: ToolOf, logout_token: Annotated[str, Form(max_length=20_000)]) -> Response:
    """The platform's own call: end the sessions that the token names."""
    headers = {"Cache-Control": "no-store"}
    now = time.time()
    try:
        logout = await _read(tool, logout_token, now)
        tool.seen_tokens.use(logout.token_id, now=now)
    except LogoutTokenRefused as error:
        log.warning("logout token refused: %s", error)
        return JSONResponse({"error": "invalid_request", "error_description": str(error)}, 400, headers)
    wanted = {"sid": logout.sid} if logout.sid else {}
    wanted |= {"account_id": logout.subject} if logout.subject else {}
    ended = tool.sessions.end_those(**wanted)
    log.info("back-channel logout of %s ended %d sessions", logout.sid or "a person", ended)
    return Response(status_code=200, headers=headers)


async def _read(tool: Tool, token: str, now: float) -> Logout:
    """Read a token; one that is signed with a key not known yet is tried again with the keys of now."""
    issuer, client_id = tool.settings.issuer, tool.settings.client_id
    try:
        return read_logout_token(token, await tool.platform.keys(), issuer=issuer, client_id=client_id, now=now)
    except LogoutTokenRefused as error:
        if not isinstance(error.__cause__, InvalidKeyIdError):
            raise
        keys = await tool.platform.keys(fresh=True)
        return read_logout_token(token, keys, issuer=issuer, client_id=client_id, now=now)


async def _to_platform(visitor: VisitorOf, request: Request, **asked: str) -> Response:
    await visitor.tool.platform.metadata()
    callback_url = visitor.tool.settings.own_url + CALLBACK
    response = await visitor.tool.platform.sign_in.authorize_redirect(
        request, callback_url, ui_locales=visitor.language, **asked
    )
    response.status_code = 303
    return response


def _expected(tool: Tool) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": tool.settings.issuer},
        "aud": {"essential": True, "value": tool.settings.client_id},
        "sub": {"essential": True},
    }
