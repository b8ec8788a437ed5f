"""The token endpoint: a code, a refresh token or a client's own credentials become tokens.

Refusals that have used something up are returned, not raised: they must be committed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.rules import Account
from services.identity.keys.rules import hash_token
from services.identity.oidc import rules, store
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import TokenRefused
from services.identity.oidc.logout import end_grant
from services.identity.oidc.rules import Grant
from services.identity.sessions.rules import new_token
from shared.db import Connection


@dataclass(frozen=True)
class Issue:
    """What to sign once the transaction is committed. nonce: only for a code. refresh_token: told once."""

    grant: Grant
    account: Account
    scopes: tuple[str, ...]
    refresh_token: str
    nonce: str | None


async def exchange_code(
    db: Connection,
    client: Client,
    *,
    code: str,
    redirect_uri: str | None,
    verifier: str | None,
    refresh_ttl_s: int,
    now: datetime,
) -> Issue | TokenRefused:
    """A code that is used twice, or by another client, was stolen: the tokens that came from it fall."""
    taken = await store.take_code(db, hash_token(code), client.client_id, now=now)
    if taken is None:
        await _punish_code(db, hash_token(code), client, now=now)
        return TokenRefused("invalid_grant", "code is not valid")
    if redirect_uri != taken.redirect_uri:
        return TokenRefused("invalid_grant", "redirect_uri differs from that of the request")
    try:
        rules.check_verifier(taken.code_challenge, verifier)
    except TokenRefused as refused:
        return refused
    return await _issue(db, client, taken.grant_id, None, refresh_ttl_s=refresh_ttl_s, is_first=True, now=now)


async def refresh(
    db: Connection, client: Client, *, token: str, scope: str | None, refresh_ttl_s: int, now: datetime
) -> Issue | TokenRefused:
    """Each refresh token is good for one use; a second use means that two hold it, and ends the grant."""
    grant_id = await store.take_refresh_token(db, hash_token(token), client.client_id, now=now)
    if grant_id is None:
        found = await store.find_refresh_token(db, hash_token(token))
        if found is not None and (found[1] or found[0].client_id != client.client_id):
            await _punish(db, found[0].grant_id, client, "refresh-token-reused", now=now)
        return TokenRefused("invalid_grant", "refresh_token is not valid")
    return await _issue(db, client, grant_id, scope, refresh_ttl_s=refresh_ttl_s, is_first=False, now=now)


async def revoke(db: Connection, client: Client, grant_id: UUID | None, token: str, *, now: datetime) -> None:
    """Ends the grant of the client's own token; grant_id: where the token is an access token. Silent about all others."""
    found = await store.find_refresh_token(db, hash_token(token))
    if found is not None and found[0].client_id == client.client_id:
        grant_id = found[0].grant_id
    if grant_id is not None and await store.find_session_of_grant(db, grant_id, client.client_id) is not None:
        # The client knows; there is no need to tell it.
        await store.end_grants(db, grant_id=grant_id, reason="revoked-by-client", now=now)


async def _issue(
    db: Connection,
    client: Client,
    grant_id: UUID,
    scope: str | None,
    *,
    refresh_ttl_s: int,
    is_first: bool,
    now: datetime,
) -> Issue | TokenRefused:
    grant = await store.find_live_grant(db, grant_id, client.client_id, now=now)
    account = await accounts.find_account(db, grant.account_id) if grant else None
    if grant is None or account is None or account.state != "active":
        return TokenRefused("invalid_grant", "the grant has ended")
    try:
        scopes = rules.narrowed(grant.scopes, scope)
    except TokenRefused as refused:
        return refused
    token = new_token()
    expires_at = now + timedelta(seconds=refresh_ttl_s)
    await store.insert_refresh_token(db, hash_token(token), grant.id, expires_at=expires_at)
    return Issue(grant, account, scopes, token, grant.nonce if is_first else None)


async def _punish_code(db: Connection, code_hash: bytes, client: Client, *, now: datetime) -> None:
    grant_id = await store.find_misused_code(db, code_hash, client.client_id)
    if grant_id is not None:
        await _punish(db, grant_id, client, "code-reused", now=now)


async def _punish(db: Connection, grant_id: UUID, client: Client, reason: str, *, now: datetime) -> None:
    await end_grant(db, grant_id, reason=reason, now=now)
    await audit.record(db, reason, now=now, actor=f"client:{client.client_id}", details={"grant_id": str(grant_id)})
