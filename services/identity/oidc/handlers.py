"""From a tool's request to the code that it gets: stored, completed by the gateway with a quality, or cancelled."""

from datetime import datetime, timedelta
from uuid import UUID

from authlib.common.urls import add_params_to_uri

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.rules import Account
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.oidc import client_store, request_store, rules, store
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import AuthorizeError, PageRefused
from services.identity.oidc.rules import AuthorizationExpired, AuthorizationRequest, Grant, Parameters
from services.identity.oidc.store import TakenCode
from services.identity.oidc.subjects import subject_of
from services.identity.sessions.rules import Session, effective_acr, new_token
from shared import outbox
from shared.db import Connection
from shared.events.identity import SignedIn
from shared.ids import new_id
from shared.tokens import Quality


async def find_redirect(db: Connection, parameters: Parameters) -> tuple[Client, str]:
    """Who asks, and where an answer may go. Raises PageRefused."""
    client = await client_store.find_client(db, rules.client_id_of(parameters))
    if client is None:
        raise PageRefused("invalid-client")
    return client, rules.redirect_uri_of(parameters, client)


async def store_request(
    db: Connection, parameters: Parameters, client: Client, redirect_uri: str, *, ttl_s: int, now: datetime
) -> UUID:
    """The id under which the request waits. Raises AuthorizeRefused."""
    asked = rules.read_request(parameters, client, redirect_uri)
    request = AuthorizationRequest(new_id(), asked, now, now + timedelta(seconds=ttl_s))
    await request_store.insert_request(db, request)
    return request.id


async def get_request(db: Connection, request_id: UUID, *, now: datetime) -> tuple[AuthorizationRequest, Client]:
    """Raises AuthorizationExpired; also when the address to return to is no longer registered."""
    request = await request_store.find_request(db, request_id, now=now)
    client = await client_store.find_client(db, request.asked.client_id) if request else None
    if request is None or client is None or request.asked.redirect_uri not in client.redirect_uris:
        raise AuthorizationExpired()
    return request, client


async def complete(
    db: Connection,
    request_id: UUID,
    account: Account,
    session: Session,
    quality: Quality,
    *,
    master: MasterKey,
    issuer: str,
    code_ttl_s: int,
    now: datetime,
) -> str:
    """Where to send the person, with the code. Raises AuthorizationExpired, AcrTooWeak, SignInAgain; the request then still waits."""
    await request_store.lock_request(db, request_id)
    request, client = await get_request(db, request_id, now=now)
    acr = effective_acr(account, session)
    rules.check_completion(request, acr=acr, auth_time=session.auth_time, now=now)
    version = await accounts.bump_version(db, account.id)
    grant = _grant_of(request, client, account, session, quality, subject_of(account.id, client, master))
    await store.insert_grant(db, grant, now=now)
    await request_store.delete_request(db, request_id)
    code = new_token()
    issued = TakenCode(grant.id, client.client_id, request.asked.redirect_uri, request.asked.code_challenge)
    await store.insert_code(db, hash_token(code), issued, expires_at=now + timedelta(seconds=code_ttl_s))
    event = SignedIn(
        version=version,
        account_id=account.id,
        client_id=client.client_id,
        acr=acr,
        amr=session.amr,
        signed_in_at=now,
    )
    await outbox.append(db, event)
    await _record(db, grant, now=now)
    return answer_uri(request.asked.redirect_uri, issuer, request.asked.state, code=code)


async def cancel(
    db: Connection, request_id: UUID, error: AuthorizeError, description: str, *, issuer: str, now: datetime
) -> str:
    """Where to send the person, with the error. Raises AuthorizationExpired."""
    await request_store.lock_request(db, request_id)
    request, _ = await get_request(db, request_id, now=now)
    await request_store.delete_request(db, request_id)
    asked = request.asked
    return answer_uri(asked.redirect_uri, issuer, asked.state, error=error, error_description=description)


def answer_uri(redirect_uri: str, issuer: str, state: str | None, **answer: str) -> str:
    """With `iss` (RFC 9207), so that a client of several providers is not sent a code of another."""
    parameters = [*answer.items(), *([("state", state)] if state is not None else []), ("iss", issuer)]
    return add_params_to_uri(redirect_uri, parameters)


def _grant_of(
    request: AuthorizationRequest, client: Client, account: Account, session: Session, quality: Quality, subject: str
) -> Grant:
    return Grant(
        id=new_id(),
        account_id=account.id,
        subject=subject,
        session_id=session.id,
        client_id=client.client_id,
        tool_id=client.tool_id,
        scopes=request.asked.scopes,
        quality=quality,
        acr=session.acr,
        acr_claim=session.acr,
        amr=session.amr,
        auth_time=session.auth_time,
        nonce=request.asked.nonce,
    )


async def _record(db: Connection, grant: Grant, *, now: datetime) -> None:
    details = {
        "grant_id": str(grant.id),
        "client_id": grant.client_id,
        "organisation_id": str(grant.quality.organisation_id),
        "usage_mode": grant.quality.usage_mode,
        "role": grant.quality.role,
    }
    await audit.record(
        db, "tool-started", now=now, actor=audit.person(grant.account_id), account_id=grant.account_id, details=details
    )
