"""What the gateway needs of the provider."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from services.identity.context import At, own_of, utc_now
from services.identity.oidc import decisions, handlers, store
from services.identity.oidc.rules import Grant, NoLongerAllowed
from services.identity.sessions.handlers import get_session
from shared.errors import Problem
from shared.tokens import Quality, peer

router = APIRouter(tags=["OpenID Connect"])

Short = Annotated[str, Field(min_length=1, max_length=200)]


class AuthorizationView(BaseModel):
    """tool_acr: how strongly the person must have signed in. max_age_s: how long ago at most; None: any time.

    organisation: for which the tool asks, as an id or an enterprise number; None: for any.
    """

    id: UUID
    client_id: str
    client_name: str
    tool_id: str
    tool_acr: str
    prompt: tuple[str, ...]
    max_age_s: int | None
    login_hint: str | None
    ui_locales: str | None
    organisation: str | None
    created_at: datetime
    expires_at: datetime


class QualityView(BaseModel):
    """As the organisation service decided it."""

    organisation_id: UUID
    enterprise_number: Short
    organisation_name: Short
    usage_mode: Short
    role: Short
    recognitions: Annotated[list[Short], Field(max_length=100)] = []


class Completion(BaseModel):
    session_token: Annotated[str, Field(max_length=400)]
    quality: QualityView


class Cancellation(BaseModel):
    """Why the tool gets no code: the person did not want to, or nobody was signed in and the tool asked for no screens."""

    error: Literal["access_denied", "login_required", "interaction_required"] = "access_denied"


class Redirect(BaseModel):
    redirect_to: str


@router.get("/internal/authorizations/{request_id}", dependencies=[peer("gateway")])
async def read_authorization(request_id: UUID, at: At) -> AuthorizationView:
    async with at.database.acquire() as db:
        request, client = await handlers.get_request(db, request_id, now=utc_now())
    asked = request.asked
    return AuthorizationView(
        id=request.id,
        client_id=client.client_id,
        client_name=client.name,
        tool_id=client.tool_id,
        tool_acr=asked.acr,
        prompt=asked.prompt,
        max_age_s=asked.max_age_s,
        login_hint=asked.login_hint,
        ui_locales=asked.ui_locales,
        organisation=asked.organisation,
        created_at=request.created_at,
        expires_at=request.expires_at,
    )


@router.post("/internal/authorizations/{request_id}/complete", dependencies=[peer("gateway")])
async def complete(request_id: UUID, body: Completion, at: At) -> Redirect:
    own, chosen = own_of(at), body.quality
    quality = Quality(**chosen.model_dump(exclude={"recognitions"}), recognitions=tuple(chosen.recognitions))
    async with at.database.transaction() as db:
        account, session = await get_session(db, body.session_token, policy=own.sessions, now=utc_now())
        grant = await handlers.begin_grant(db, request_id, account, session, quality, master=own.master, now=utc_now())
    try:
        return Redirect(redirect_to=await _finish(at, request_id, body.session_token, grant))
    except Problem:
        async with at.database.transaction() as db:
            await store.delete_grant(db, grant.id)
        raise


async def _finish(at: At, request_id: UUID, session_token: str, grant: Grant) -> str:
    """Raises NoLongerAllowed, SessionEnded, AuthorizationExpired."""
    verdict = await decisions.ask(at, grant)
    if verdict == "refused":
        raise NoLongerAllowed()
    async with at.database.transaction() as db:
        await get_session(db, session_token, policy=own_of(at).sessions, now=utc_now())
        if verdict == "silent":
            await decisions.confirm_later(db, grant)
        return await handlers.complete(
            db,
            request_id,
            grant,
            issuer=at.settings.public_origin,
            code_ttl_s=at.settings.authorization_code_ttl_s,
            now=utc_now(),
        )


@router.post("/internal/authorizations/{request_id}/cancel", dependencies=[peer("gateway")])
async def cancel(request_id: UUID, at: At, body: Annotated[Cancellation | None, Body()] = None) -> Redirect:
    error = (body or Cancellation()).error
    description = "the person did not continue" if error == "access_denied" else "no screen was allowed"
    async with at.database.transaction() as db:
        redirect_to = await handlers.cancel(
            db, request_id, error, description, issuer=at.settings.public_origin, now=utc_now()
        )
    return Redirect(redirect_to=redirect_to)
