"""Signing in with a card alone: the browser is not known yet, and often the card is not either."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.handlers import get_account
from services.identity.eid import handlers, rules, store
from services.identity.eid.handlers import Keys
from services.identity.eid.refusals import ChallengeExpired, ChallengeMissing
from services.identity.eid.rules import Presented
from services.identity.eid.store import Challenge
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.sessions import handlers as sessions
from services.identity.sessions import rules as session_rules
from services.identity.sessions import throttle_store as throttles
from services.identity.sessions.handlers import Attempt, Client, Opened
from services.identity.sessions.rules import SessionPolicy
from shared.db import Connection
from shared.errors import Problem


@dataclass(frozen=True)
class Stranger:
    """A genuine card that opens no account. What it says of its holder goes back to their own browser and is kept nowhere."""

    first_names: str
    last_name: str


async def create_challenge(db: Connection, binding: str, *, ttl_s: int, now: datetime) -> Challenge:
    """binding: what the gateway knows the browser by."""
    challenge = handlers.new_challenge(ttl_s=ttl_s, now=now)
    await store.save_visitor_challenge(db, hash_token(binding), challenge)
    return challenge


async def take_nonce(db: Connection, binding: str, *, now: datetime) -> str | ChallengeMissing | ChallengeExpired:
    """As `handlers.take_nonce`, of this browser."""
    return handlers.nonce_of(await store.take_visitor_challenge(db, hash_token(binding)), now=now)


async def begin_attempt(db: Connection, client: Client, *, master: MasterKey, now: datetime) -> Attempt | Problem:
    """Count it against the address, as a password's attempt; a refusal is returned, because what was counted must be committed."""
    address = session_rules.normalise_client_address(client.address)
    address_key = master.keyed_hash("throttle", "address", address) if address else None
    if address_key:
        refusal = await sessions.count_try(db, address_key, session_rules.ADDRESS_THROTTLE, now=now)
        if refusal is not None:
            return refusal
    client_key = master.keyed_hash("throttle", "client", address)
    return Attempt(account=None, identifier_key=None, address_key=address_key, client_key=client_key)


async def fail_attempt(db: Connection, refusal: Problem, client: Client, *, now: datetime) -> None:
    """Whose card it was is not known: it was not believed."""
    details: dict[str, object] = {"method": "eid", "code": refusal.code}
    await audit.record(db, "sign-in-failed", now=now, actor="anonymous", client_address=client.address, details=details)


async def sign_in(
    db: Connection,
    attempt: Attempt,
    card: Presented,
    client: Client,
    *,
    keys: Keys,
    policy: SessionPolicy,
    now: datetime,
) -> Opened | Stranger:
    """The card was believed: the account that it is linked to, in a new session. Raises AccountClosed."""
    account_id = await _lock_account_of(db, card, keys)
    if account_id is None:
        if attempt.address_key:
            await throttles.take_back_attempt(db, attempt.address_key, now=now)
        return Stranger(card.holder.first_names, card.holder.last_name)
    rules.require_open((await get_account(db, account_id)).state)
    await handlers.keep(db, account_id, card, keys=keys, now=now)
    account = await get_account(db, account_id)
    return await sessions.sign_in(db, attempt, account, client, policy=policy, now=now, acr="eid", methods=("eid",))


async def _lock_account_of(db: Connection, card: Presented, keys: Keys) -> UUID | None:
    """Looked up again once nobody can undo the link any more: a card that was just unlinked must not link itself."""
    hashes = keys.hasher.hashes(card.subject.text)
    account_id = await store.find_account_of_number(db, hashes)
    if account_id is None:
        return None
    await accounts.lock_account(db, account_id)
    return account_id if await store.find_account_of_number(db, hashes) == account_id else None
