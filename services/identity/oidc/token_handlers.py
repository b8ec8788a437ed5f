"""The token endpoint: a code or a refresh token becomes tokens; and their end, asked for or deserved.

What the statement of a use did is committed, whatever comes out of it: a code that was shown with the wrong verifier is used up.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.rules import Account
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.oidc import rules, store, token_store
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import TokenRefused
from services.identity.oidc.logout import tell_tools
from services.identity.oidc.rules import Grant
from services.identity.sessions.rules import SessionPolicy, new_token
from shared.db import Connection, Database

REPEATABLE_S = 10


@dataclass(frozen=True)
class Issue:
    """What to sign. refresh_token: told once, None for a client that may not refresh. nonce: only for a code."""

    grant: Grant
    account: Account
    scopes: tuple[str, ...]
    refresh_token: str | None
    nonce: str | None


async def exchange_code(
    database: Database,
    client: Client,
    *,
    code: str,
    redirect_uri: str | None,
    verifier: str | None,
    policy: SessionPolicy,
    now: datetime,
) -> Issue:
    """A code that is used twice, or by another client, was stolen: the tokens that came from it fall. Raises TokenRefused."""
    token = new_token() if "refresh_token" in client.grant_types else None
    refresh_hash = hash_token(token) if token else None
    async with database.acquire() as db:
        seen_after = policy.seen_after(now)
        redeemed = await token_store.redeem_code(
            db, hash_token(code), client.client_id, refresh_hash, seen_after=seen_after, now=now
        )
        grant = redeemed.grant if redeemed else None
        account = await accounts.find_account(db, grant.account_id) if grant else None
    if redeemed is None:
        await _punish_code(database, hash_token(code), client, now=now)
        raise TokenRefused("invalid_grant", "code is not valid")
    if redirect_uri != redeemed.redirect_uri:
        raise TokenRefused("invalid_grant", "redirect_uri differs from that of the request")
    rules.check_verifier(redeemed.code_challenge, verifier)
    if grant is None or account is None:
        raise TokenRefused("invalid_grant", "the grant has ended")
    return Issue(grant, account, grant.scopes, token, grant.nonce)


async def refresh(
    database: Database,
    client: Client,
    *,
    token: str,
    scope: str | None,
    master: MasterKey,
    policy: SessionPolicy,
    now: datetime,
) -> Issue:
    """Each refresh token is good for one use; another use means that two hold it, and ends the grant. Raises TokenRefused.

    Answers get lost, and programs ask twice at once. So for REPEATABLE_S after its use a token may come again, from the same client,
    as long as the token that was given for it was not used. It is then given the *same* token: successors are computed from their
    predecessor with a key of ours, and nothing readable is kept. That opens no door: whoever repeats a stolen token gets what its
    owner has, not a second line of tokens, and once one of them uses it the other's next use is a second use, and ends the grant.
    """
    following = urlsafe_b64encode(master.keyed_hash("refresh", token)).rstrip(b"=").decode()
    wanted = scope.split() if scope else []
    async with database.acquire() as db:
        grant = await token_store.rotate(
            db,
            hash_token(token),
            hash_token(following),
            client.client_id,
            wanted,
            repeatable_after=now - timedelta(seconds=REPEATABLE_S),
            seen_after=policy.seen_after(now),
            now=now,
        )
        account = await accounts.find_account(db, grant.account_id) if grant else None
    if grant is None or account is None:
        raise await _why_not(database, client, token, wanted, now=now)
    return Issue(grant, account, rules.narrowed(grant.scopes, scope), following, None)


async def revoke(db: Connection, client: Client, grant_id: UUID | None, token: str, *, now: datetime) -> None:
    """Ends the grant of the client's own token; grant_id: where the token is an access token. Silent about all others."""
    found = await token_store.find_refresh_token(db, hash_token(token), now=now)
    if found is not None and found.client_id == client.client_id:
        grant_id = found.grant_id
    if grant_id is not None and await store.find_session_of_grant(db, grant_id, client.client_id) is not None:
        # The client knows; there is no need to tell it.
        await store.end_grants(db, grant_id=grant_id, reason="revoked-by-client", now=now)


async def _why_not(database: Database, client: Client, token: str, wanted: list[str], *, now: datetime) -> TokenRefused:
    """Why a refresh token was not taken; one that was used before, or is another client's, ends the grant."""
    async with database.transaction() as db:
        found = await token_store.find_refresh_token(db, hash_token(token), now=now)
        if found is not None and (found.is_used or found.client_id != client.client_id):
            await _punish(db, found.grant_id, client, "refresh-token-reused", now=now)
        elif found is not None and not found.is_expired:
            grant = await store.find_live_grant(db, found.grant_id, client.client_id, now=now)
            if grant is not None and not set(wanted) <= set(grant.scopes):
                return TokenRefused("invalid_scope", "more than was granted")
    return TokenRefused("invalid_grant", "refresh_token is not valid")


async def _punish_code(database: Database, code_hash: bytes, client: Client, *, now: datetime) -> None:
    async with database.transaction() as db:
        grant_id = await token_store.find_misused_code(db, code_hash, client.client_id)
        if grant_id is not None:
            await _punish(db, grant_id, client, "code-reused", now=now)


async def _punish(db: Connection, grant_id: UUID, client: Client, reason: str, *, now: datetime) -> None:
    ended = await store.end_grants(db, grant_id=grant_id, reason=reason, now=now)
    if ended:
        await tell_tools(db, ended)
        details = {"grant_id": str(grant_id)}
        await audit.record(db, reason, now=now, actor=f"client:{client.client_id}", details=details)
