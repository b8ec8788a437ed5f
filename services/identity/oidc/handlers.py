"""From a tool's request to the code that it gets: pushed, stored, completed by the gateway with a quality, or cancelled."""

from datetime import datetime, timedelta
from uuid import UUID

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.rules import Account
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.oidc import acr, answers, client_store, parameters, request_store, rules, store
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import AuthorizeError, AuthorizeRefused, PageRefused
from services.identity.oidc.parameters import REQUEST_URI_PREFIX, Parameters
from services.identity.oidc.rules import Asked, AuthorizationExpired, AuthorizationRequest, Grant, NoLongerAllowed
from services.identity.oidc.store import IssuedCode
from services.identity.oidc.subject_store import remember_subject
from services.identity.oidc.subjects import subject_of
from services.identity.sessions.rules import Session, effective_acr, new_token
from shared import outbox
from shared.db import Connection
from shared.events.identity import SignedIn
from shared.ids import new_id
from shared.tokens import Quality


async def find_client(db: Connection, given: Parameters) -> Client:
    """Who asks. Raises PageRefused."""
    client = await client_store.find_client(db, parameters.client_id_of(given))
    if client is None:
        raise PageRefused("invalid-client")
    return client


async def push(db: Connection, given: Parameters, client: Client, *, ttl_s: int, now: datetime) -> str:
    """The request_uri, good for one use by this client (RFC 9126). Raises PageRefused, AuthorizeRefused."""
    if any(name == "request_uri" for name, _ in given):
        raise AuthorizeRefused("invalid_request", "request_uri cannot be pushed")
    if any("\0" in name or "\0" in value for name, value in given):
        raise AuthorizeRefused("invalid_request", "a parameter holds a control character")
    parameters.read_request(given, client, parameters.redirect_uri_of(given, client))
    reference = new_token()
    kept = [(name, value) for name, value in given if name not in ("client_secret", "client_assertion")]
    expires_at = now + timedelta(seconds=ttl_s)
    await request_store.insert_pushed(db, hash_token(reference), client.client_id, kept, expires_at=expires_at)
    return REQUEST_URI_PREFIX + reference


async def take_pushed(db: Connection, given: Parameters, client: Client, *, now: datetime) -> Parameters | None:
    """What the client pushed before, if it refers to that: whatever else stands in the address counts for nothing. Raises PageRefused."""
    reference = parameters.pushed_reference_of(given)
    if reference is None:
        return None
    pushed = await request_store.take_pushed(db, hash_token(reference), client.client_id, now=now)
    if pushed is None:
        raise PageRefused("invalid-request-uri")
    return pushed


async def store_request(db: Connection, asked: Asked, *, ttl_s: int, now: datetime) -> UUID:
    """The id under which the request waits."""
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


async def begin_grant(
    db: Connection,
    request_id: UUID,
    account: Account,
    session: Session,
    quality: Quality,
    *,
    master: MasterKey,
    now: datetime,
) -> Grant:
    """The grant stands before the organisation service is asked about it: what it takes away from then on ends this grant too.

    Raises AuthorizationExpired, AcrTooWeak, SignInAgain, OtherOrganisation, OtherPerson; the request then still waits.
    """
    request, client = await get_request(db, request_id, now=now)
    rules.check_completion(request, acr=effective_acr(account, session), auth_time=session.auth_time, now=now)
    grant = _grant_of(request.asked, client, account, session, quality, subject_of(account.id, client, master))
    rules.check_choice(request.asked, quality, grant.subject)
    await store.insert_grant(db, grant, now=now)
    return grant


async def complete(
    db: Connection, request_id: UUID, grant: Grant, *, issuer: str, code_ttl_s: int, now: datetime
) -> str:
    """Where to send the person, with the code. Raises AuthorizationExpired, NoLongerAllowed."""
    await request_store.lock_request(db, request_id)
    request, client = await get_request(db, request_id, now=now)
    version = await accounts.bump_version(db, grant.account_id)
    if await store.find_live_grant(db, grant.id, client.client_id, now=now) is None:
        raise NoLongerAllowed()
    await request_store.delete_request(db, request_id)
    if client.sector is not None:
        await remember_subject(db, client.sector, UUID(grant.subject), grant.account_id)
    asked, code = request.asked, new_token()
    issued = IssuedCode(grant.id, client.client_id, asked.redirect_uri, asked.code_challenge)
    await store.insert_code(db, hash_token(code), issued, expires_at=now + timedelta(seconds=code_ttl_s))
    event = SignedIn(
        version=version,
        account_id=grant.account_id,
        client_id=client.client_id,
        acr=grant.acr,
        amr=grant.amr,
        signed_in_at=now,
    )
    await outbox.append(db, event)
    await _record(db, grant, now=now)
    given = answers.answer(asked.redirect_uri, asked.response_mode, issuer, asked.state, code=code)
    return await answers.address_of(db, given, origin=issuer, now=now)


async def cancel(
    db: Connection, request_id: UUID, error: AuthorizeError, description: str, *, issuer: str, now: datetime
) -> str:
    """Where to send the person, with the error. Raises AuthorizationExpired."""
    await request_store.lock_request(db, request_id)
    request, _ = await get_request(db, request_id, now=now)
    await request_store.delete_request(db, request_id)
    asked = request.asked
    given = answers.answer(
        asked.redirect_uri, asked.response_mode, issuer, asked.state, error=error, error_description=description
    )
    return await answers.address_of(db, given, origin=issuer, now=now)


def _grant_of(
    asked: Asked, client: Client, account: Account, session: Session, quality: Quality, subject: str
) -> Grant:
    return Grant(
        id=new_id(),
        account_id=account.id,
        subject=subject,
        session_id=session.id,
        client_id=client.client_id,
        tool_id=client.tool_id,
        scopes=asked.scopes,
        quality=quality,
        acr=session.acr,
        acr_claim=acr.in_words(session.acr, asked.acr_values, is_essential=asked.is_acr_essential),
        amr=session.amr,
        auth_time=session.auth_time,
        nonce=asked.nonce,
        id_token_claims=asked.id_token_claims,
        userinfo_claims=asked.userinfo_claims,
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
