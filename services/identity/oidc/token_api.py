"""The provider's public endpoints that a tool's server comes to: token, userinfo, revocation."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic_core import to_json

from services.identity.accounts import store as accounts
from services.identity.context import At, own_of, utc_now
from services.identity.oidc import claims, store, token_handlers
from services.identity.oidc.client_auth import authenticated, posted_form
from services.identity.oidc.clients import GRANT_TYPES, IDENTITY_SCOPES, Client
from services.identity.oidc.errors import TokenRefused
from services.identity.oidc.hints import ID_TOKEN_TYPE
from services.identity.oidc.token_handlers import Issue
from services.identity.sessions.views import ACCESS_TOKEN_TYPE
from shared.direct import Direct
from shared.errors import Problem
from shared.tokens import Person, TokenInvalid, person, public

router = APIRouter(tags=["OpenID Connect"])

BY_CLIENT = [public("the client authenticates itself, by the protocol's own means")]
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


class OAuthProblem(BaseModel):
    """RFC 6749, 5.2."""

    error: str
    error_description: str


REFUSALS: dict[int | str, dict[str, Any]] = {400: {"model": OAuthProblem}, 401: {"model": OAuthProblem}}


async def token(request: Request, at: At) -> Response:
    try:
        form = await posted_form(request)
        client = await authenticated(request, at, form)
        answer = await _grant(at, client, form)
        return Response(to_json(answer), headers=NO_STORE, media_type="application/json")
    except TokenRefused as refused:
        return refusal(refused, request)


router.add_api_route(
    "/oauth2/token", token, methods=["POST"], responses=REFUSALS, dependencies=BY_CLIENT, route_class_override=Direct
)


@router.post("/oauth2/revoke", response_class=Response, responses=REFUSALS, dependencies=BY_CLIENT)
async def revoke(request: Request, at: At) -> Response:
    """RFC 7009: whatever the token is, the answer is the same."""
    try:
        form = await posted_form(request)
        client = await authenticated(request, at, form)
        text = required(form, "token")
    except TokenRefused as refused:
        return refusal(refused, request)
    grant_id = await _grant_of_access_token(at, text)
    async with at.database.transaction() as db:
        await token_handlers.revoke(db, client, grant_id, text, now=utc_now())
    return Response(status_code=200, headers=NO_STORE)


@router.get("/oauth2/userinfo")
async def userinfo(caller: Annotated[Person, person(scope="openid")], at: At) -> dict[str, Any]:
    """Only while the grant lives: here a token is worth nothing once it has ended, expired or not."""
    async with at.database.acquire() as db:
        grant = await store.find_live_grant(db, UUID(caller.session_id), caller.client_id, now=utc_now())
        account = await accounts.find_account(db, grant.account_id) if grant else None
    if grant is None or account is None or account.state != "active":
        raise TokenInvalid()
    return claims.userinfo_claims(grant, account)


@router.post("/oauth2/userinfo")
async def userinfo_by_post(caller: Annotated[Person, person(scope="openid")], at: At) -> dict[str, Any]:
    return await userinfo(caller, at)


async def _grant(at: At, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
    kind = required(form, "grant_type")
    if kind not in GRANT_TYPES:
        raise TokenRefused("unsupported_grant_type", f"use {', '.join(GRANT_TYPES)}")
    if kind not in client.grant_types:
        raise TokenRefused("unauthorized_client", "the client is not registered for this grant")
    if kind == "client_credentials":
        return await _client_credentials(at, client, form.get("scope"))
    own, now = own_of(at), utc_now()
    if kind == "authorization_code":
        issue = await token_handlers.exchange_code(
            at.database,
            client,
            code=required(form, "code"),
            redirect_uri=form.get("redirect_uri"),
            verifier=form.get("code_verifier"),
            policy=own.sessions,
            now=now,
        )
    else:
        token, scope = required(form, "refresh_token"), form.get("scope")
        issue = await token_handlers.refresh(
            at.database, client, token=token, scope=scope, master=own.master, policy=own.sessions, now=now
        )
    return await _tokens(at, client, issue)


async def _tokens(at: At, client: Client, issue: Issue) -> dict[str, Any]:
    sign, now = own_of(at).signing.sign, utc_now()
    issuer, ttl_s = at.settings.public_origin, at.settings.access_token_ttl_s
    access = claims.access_claims(issue.grant, issue.account, issue.scopes, issuer=issuer, ttl_s=ttl_s, now=now)
    access_token = await sign(ACCESS_TOKEN_TYPE, access)
    answer: dict[str, Any] = {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": ttl_s,
        "scope": " ".join(issue.scopes),
    }
    if issue.refresh_token is not None:
        answer["refresh_token"] = issue.refresh_token
    if "openid" in issue.scopes:
        content = claims.id_claims(
            issue.grant,
            issue.account,
            issue.scopes,
            access_token,
            issuer=issuer,
            ttl_s=ttl_s,
            now=now,
            nonce=issue.nonce,
        )
        answer["id_token"] = await sign(ID_TOKEN_TYPE, content, client.id_token_alg)
    return answer


async def _client_credentials(at: At, client: Client, scope: str | None) -> dict[str, Any]:
    """A tool on its own behalf: the scopes of APIs, never those that are about a person."""
    if client.is_public:
        raise TokenRefused("unauthorized_client", "a public client has no credentials")
    allowed = client.scopes - IDENTITY_SCOPES
    wanted = set(scope.split()) if scope else allowed
    if not wanted or not wanted <= allowed:
        raise TokenRefused("invalid_scope", "the client is not registered for this scope")
    scopes, ttl_s = sorted(wanted), at.settings.access_token_ttl_s
    content = claims.tool_claims(client, scopes, issuer=at.settings.public_origin, ttl_s=ttl_s, now=utc_now())
    access_token = await own_of(at).signing.sign(ACCESS_TOKEN_TYPE, content)
    return {"access_token": access_token, "token_type": "Bearer", "expires_in": ttl_s, "scope": " ".join(scopes)}


async def _grant_of_access_token(at: At, text: str) -> UUID | None:
    try:
        caller = await at.tokens.verify_access(text)
        return UUID(caller.session_id) if isinstance(caller, Person) else None
    except (Problem, ValueError):
        return None


def required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        raise TokenRefused("invalid_request", f"{name} is missing")
    return value


def refusal(refused: TokenRefused, request: Request) -> Response:
    headers = dict(NO_STORE)
    if refused.status == 401 and "authorization" in request.headers:
        headers["www-authenticate"] = 'Basic realm="immo-connect"'
    content = {"error": refused.error, "error_description": refused.description}
    return JSONResponse(content, refused.status, headers)
