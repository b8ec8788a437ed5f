"""Signing out because a tool asks for it (OpenID Connect RP-Initiated Logout 1.0)."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from authlib.common.urls import add_params_to_uri
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.identity.context import At, utc_now
from services.identity.oidc import client_store, parameters, request_store, store
from services.identity.oidc.api import REDIRECT, form_of, see_other
from services.identity.oidc.clients import Client
from services.identity.oidc.hints import Hint, read_hint
from services.identity.oidc.logout import end_session_grants
from services.identity.oidc.parameters import Parameters
from services.identity.oidc.rules import LogoutRequest
from services.identity.sessions import store as sessions
from shared.db import Connection
from shared.errors import NotFound
from shared.ids import new_id
from shared.markers import N_
from shared.tokens import peer, public

LOGOUT_TTL = timedelta(minutes=30)
_ANYONE = public("the id token says who may sign out whom; without one the person is asked")

router = APIRouter(tags=["OpenID Connect"])


class LogoutExpired(NotFound):
    code = "logout-expired"
    message = N_("This took too long. Sign out again.")


class LogoutView(BaseModel):
    """redirect_to: where the tool wants the person afterwards; None: our own page."""

    tool_id: str
    client_name: str
    redirect_to: str | None
    logout_hint: str | None
    ui_locales: str | None


@router.get("/oauth2/logout", **REDIRECT, dependencies=[_ANYONE])
async def logout(request: Request, at: At) -> Response:
    return await _logout(at, request.query_params.multi_items())


@router.post("/oauth2/logout", **REDIRECT, dependencies=[_ANYONE])
async def logout_by_form(request: Request, at: At) -> Response:
    return await _logout(at, await form_of(request))


@router.get("/internal/logouts/{logout_id}", dependencies=[peer("gateway")])
async def read_logout(logout_id: UUID, at: At) -> LogoutView:
    async with at.database.acquire() as db:
        asked = await request_store.find_logout(db, logout_id, now=utc_now())
        client = await client_store.find_client(db, asked.client_id) if asked else None
    if asked is None or client is None:
        raise LogoutExpired()
    return LogoutView(
        tool_id=client.tool_id,
        client_name=client.name,
        redirect_to=_target(asked, client),
        logout_hint=asked.logout_hint,
        ui_locales=asked.ui_locales,
    )


async def _logout(at: At, given: Parameters) -> Response:
    """With a proof of whom it is about that session ends at once. The gateway's page asks whoever is still signed in then, and
    leads on to the tool."""
    hint = await read_hint(at, parameters.value_of(given, "id_token_hint"))
    named = parameters.value_of(given, "client_id")
    page = f"{at.settings.public_origin}/sign-out"
    if hint is not None and named not in (None, hint.client_id):
        return see_other(page)
    async with at.database.transaction() as db:
        client = await client_store.find_client(db, hint.client_id if hint else named or "")
        if client is None:
            return see_other(page)
        if hint is not None:
            await _end_hinted(db, hint)
        asked = _read(given, client)
        await request_store.insert_logout(db, asked, expires_at=utc_now() + LOGOUT_TTL)
    return see_other(f"{page}?{urlencode({'logout': str(asked.id)})}")


async def _end_hinted(db: Connection, hint: Hint) -> None:
    now = utc_now()
    session_id = await store.find_session_of_grant(db, hint.grant_id, hint.client_id)
    if session_id is not None and await sessions.end_session_by_id(db, session_id, now=now):
        await end_session_grants(db, session_id, reason="signed-out-by-tool", now=now)


def _read(given: Parameters, client: Client) -> LogoutRequest:
    """An address that is not registered, character by character, is none."""
    target = parameters.value_of(given, "post_logout_redirect_uri")
    return LogoutRequest(
        id=new_id(),
        client_id=client.client_id,
        post_logout_redirect_uri=target if target in client.post_logout_redirect_uris else None,
        state=parameters.state_of(given),
        logout_hint=parameters.hint_of(given, "logout_hint"),
        ui_locales=parameters.hint_of(given, "ui_locales"),
    )


def _target(asked: LogoutRequest, client: Client) -> str | None:
    target = asked.post_logout_redirect_uri
    if target is None or target not in client.post_logout_redirect_uris:
        return None
    return add_params_to_uri(target, [("state", asked.state)]) if asked.state is not None else target
