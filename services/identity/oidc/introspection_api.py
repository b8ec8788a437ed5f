"""Token introspection (RFC 7662): what a token is worth at this moment.

A client learns about its own tokens; one that is registered with the scope `introspection`, a resource server, about all. Everybody
else gets the answer that a worthless token gets, so that nothing can be found out by asking.
"""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from joserfc import jws
from pydantic_core import from_json

from services.identity.context import At, own_of, utc_now
from services.identity.keys.rules import hash_token
from services.identity.oidc import store, token_store
from services.identity.oidc.client_auth import authenticated, posted_form
from services.identity.oidc.clients import INTROSPECTION_SCOPE, Client
from services.identity.oidc.errors import TokenRefused
from services.identity.oidc.token_api import BY_CLIENT, NO_STORE, REFUSALS, refusal, required
from shared.errors import Problem
from shared.tokens import PLATFORM_SCOPE, Person

router = APIRouter(tags=["OpenID Connect"])

_WORTHLESS: dict[str, Any] = {"active": False}


@router.post("/oauth2/introspect", responses=REFUSALS, dependencies=BY_CLIENT)
async def introspect(request: Request, at: At) -> Response:
    try:
        form = await posted_form(request)
        client = await authenticated(request, at, form)
        if client.is_public:
            raise TokenRefused("unauthorized_client", "a public client cannot ask")
        text = required(form, "token")
    except TokenRefused as refused:
        return refusal(refused, request)
    found = await _access_token(at, text) or await _refresh_token(at, client, text) or _WORTHLESS
    may_know = found.get("client_id") == client.client_id or INTROSPECTION_SCOPE in client.scopes
    return JSONResponse(found if may_know else _WORTHLESS, headers=NO_STORE)


async def _access_token(at: At, text: str) -> dict[str, Any] | None:
    try:
        caller = await at.tokens.verify_access(text)
        if PLATFORM_SCOPE in caller.scopes or not await _stands(at, caller):
            return None
        said = from_json(jws.extract_compact(text.encode()).payload)
    except (Problem, ValueError):
        return None
    return {"active": True, "token_type": "Bearer", **said}


async def _stands(at: At, caller: Any) -> bool:
    """Whether what the token stands on does: the grant of a person, or the client itself."""
    if not isinstance(caller, Person):
        return await own_of(at).clients.find(caller.client_id) is not None
    async with at.database.acquire() as db:
        return await store.find_live_grant(db, UUID(caller.session_id), caller.client_id, now=utc_now()) is not None


async def _refresh_token(at: At, client: Client, text: str) -> dict[str, Any] | None:
    """Only the client's own: nobody else can do anything with it."""
    now = utc_now()
    async with at.database.acquire() as db:
        found = await token_store.find_refresh_token(db, hash_token(text), now=now)
        if found is None or found.is_used or found.is_expired or found.client_id != client.client_id:
            return None
        grant = await store.find_live_grant(db, found.grant_id, client.client_id, now=now)
    if grant is None:
        return None
    return {
        "active": True,
        "token_type": "refresh_token",
        "client_id": client.client_id,
        "sub": grant.subject,
        "sid": str(grant.id),
        "scope": " ".join(grant.scopes),
        "iss": at.settings.public_origin,
    }
