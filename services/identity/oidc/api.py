"""The provider's public endpoints that a browser comes to: discovery, authorisation, logout."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from authlib.common.urls import add_params_to_uri
from fastapi import APIRouter, Request, Response
from joserfc import jws, jwt
from joserfc.errors import JoseError

from services.identity.context import At, own_of, utc_now
from services.identity.oidc import client_store, handlers, rules, store
from services.identity.oidc.discovery import discovery_document
from services.identity.oidc.errors import AuthorizeRefused, PageRefused
from services.identity.oidc.logout import end_session_grants
from services.identity.oidc.rules import Parameters
from services.identity.sessions import store as sessions
from shared.tokens import public

router = APIRouter(tags=["OpenID Connect"])

ID_TOKEN_TYPE = "JWT"
_REDIRECT: dict[str, Any] = {"status_code": 303, "response_class": Response}


@router.get("/.well-known/openid-configuration", dependencies=[public("says how to sign people in here")])
async def discovery(at: At) -> dict[str, Any]:
    return discovery_document(at.settings.public_origin)


@router.get("/oauth2/authorize", **_REDIRECT, dependencies=[public("where tools send people to sign in")])
async def authorize(request: Request, at: At) -> Response:
    return await _authorize(at, request.query_params.multi_items())


@router.post("/oauth2/authorize", **_REDIRECT, dependencies=[public("where tools send people to sign in")])
async def authorize_by_form(request: Request, at: At) -> Response:
    return await _authorize(at, await form_of(request))


@router.get("/oauth2/logout", **_REDIRECT, dependencies=[public("the id token says who may sign out whom")])
async def logout(request: Request, at: At) -> Response:
    return await _logout(at, request.query_params.multi_items())


@router.post("/oauth2/logout", **_REDIRECT, dependencies=[public("the id token says who may sign out whom")])
async def logout_by_form(request: Request, at: At) -> Response:
    return await _logout(at, await form_of(request))


async def form_of(request: Request) -> Parameters:
    """The fields of a form; uploads are not parameters."""
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def see_other(uri: str) -> Response:
    """303: whatever the method was, the browser comes with GET. No referrer, because addresses hold codes."""
    return Response(status_code=303, headers={"location": uri, "referrer-policy": "no-referrer"})


async def _authorize(at: At, parameters: Parameters) -> Response:
    origin, now = at.settings.public_origin, utc_now()
    try:
        async with at.database.acquire() as db:
            client, redirect_uri = await handlers.find_redirect(db, parameters)
    except PageRefused as refused:
        return see_other(f"{origin}/oauth2-error?{urlencode({'code': refused.code})}")
    try:
        async with at.database.transaction() as db:
            ttl_s = at.settings.authorization_request_ttl_s
            request_id = await handlers.store_request(db, parameters, client, redirect_uri, ttl_s=ttl_s, now=now)
    except AuthorizeRefused as refused:
        answer = {"error": refused.error, "error_description": refused.description}
        return see_other(handlers.answer_uri(redirect_uri, origin, rules.state_of(parameters), **answer))
    return see_other(f"{origin}/sign-in?{urlencode({'request': str(request_id)})}")


async def _logout(at: At, parameters: Parameters) -> Response:
    """OpenID Connect RP-Initiated Logout 1.0: with a proof of whom it is about the session ends, without one the page asks."""
    origin, now = at.settings.public_origin, utc_now()
    client_id, grant_id = await _hinted(at, _value(parameters, "id_token_hint"))
    named = _value(parameters, "client_id")
    async with at.database.transaction() as db:
        if client_id is not None and named in (None, client_id):
            session_id = await store.find_session_of_grant(db, grant_id, client_id) if grant_id else None
            if session_id is not None and await sessions.end_session_by_id(db, session_id, now=now):
                await end_session_grants(db, session_id, reason="signed-out-by-tool", now=now)
            client = await client_store.find_client(db, client_id)
        else:
            return see_other(f"{origin}/sign-out")
    target = _value(parameters, "post_logout_redirect_uri")
    if client is None or target is None or target not in client.post_logout_redirect_uris:
        return see_other(f"{origin}/signed-out")
    state = rules.state_of(parameters)
    return see_other(add_params_to_uri(target, [("state", state)]) if state is not None else target)


async def _hinted(at: At, token: str | None) -> tuple[str | None, UUID | None]:
    """Client and grant of an id token of ours; an expired one will do, since people sign out late."""
    if token is None:
        return None, None
    try:
        header = jws.extract_compact(token.encode()).headers()
        published = await own_of(at).signing.published(str(header.get("kid")))
        if published is None or header.get("typ") != ID_TOKEN_TYPE:
            return None, None
        claims = jwt.decode(token, published.key, algorithms=[published.algorithm]).claims
        if claims["iss"] != at.settings.public_origin:
            return None, None
        return str(claims["aud"]), UUID(claims["sid"])
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return None, None


def _value(parameters: Parameters, name: str) -> str | None:
    try:
        return rules.single(parameters, name)
    except ValueError:
        return None
