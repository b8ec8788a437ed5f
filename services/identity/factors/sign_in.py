"""Signing in with a second factor after the password, or with a passkey alone."""

from datetime import datetime, timedelta

from services.identity import audit
from services.identity.accounts.handlers import get_account
from services.identity.accounts.rules import Account
from services.identity.factors import challenges, passkeys, proof, rules, store
from services.identity.factors.passkeys import Credential, Site
from services.identity.factors.problems import SignInExpired
from services.identity.factors.rules import Proof
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.sessions import handlers as sessions
from services.identity.sessions import store as session_store
from services.identity.sessions import unfinished_store
from services.identity.sessions.handlers import Attempt, Opened
from services.identity.sessions.rules import Client, SessionPolicy, new_token, normalise_client_address
from services.identity.sessions.unfinished_store import Unfinished
from shared.db import Connection
from shared.errors import Problem


async def begin(db: Connection, attempt: Attempt, account: Account, client: Client, *, now: datetime) -> str:
    """The password was right, and is not enough. The token is good for giving the second factor and for nothing else."""
    await sessions.forget_attempt(db, attempt, now=now)
    token = new_token()
    await unfinished_store.insert_unfinished(
        db,
        hash_token(token),
        Unfinished(account.id, attempt.client_key, client),
        expires_at=now + timedelta(seconds=rules.UNFINISHED_TTL_S),
    )
    return token


async def passkey_options(
    db: Connection, token: str, *, site: Site, master: MasterKey, now: datetime
) -> dict[str, object]:
    """For a passkey of whoever gave the password. Raises SignInExpired."""
    unfinished = await _find(db, token, now=now)
    challenge = challenges.make(master, "second-factor", token, now=now)
    return passkeys.assertion_options(site, await store.find_passkeys(db, unfinished.account_id), challenge)


async def finish_with_code(
    db: Connection, token: str, entered: str, *, master: MasterKey, policy: SessionPolicy, now: datetime
) -> Opened | Problem:
    """Refusals are returned, because the try that they cost must be committed. Raises SignInExpired."""
    unfinished = await _find(db, token, now=now)
    key = await _throttle_key(db, unfinished, master)
    if refusal := await sessions.count_try(db, key, rules.FACTOR_THROTTLE, now=now):
        return refusal
    account = await get_account(db, unfinished.account_id)
    given = await proof.take_code(db, account, entered, master=master, now=now)
    if isinstance(given, Problem):
        await _fail(db, account, unfinished.client, now=now)
        return given
    return await _finish(db, token, account, unfinished, given, key, policy=policy, now=now)


async def finish_with_passkey(
    db: Connection,
    token: str,
    credential: Credential,
    *,
    site: Site,
    master: MasterKey,
    policy: SessionPolicy,
    now: datetime,
) -> Opened | Problem:
    """Refusals are returned, because the challenge is used up. Raises SignInExpired, PasskeyRefused."""
    unfinished = await _find(db, token, now=now)
    challenge = await proof.take_challenge(db, credential, "second-factor", token, master=master, now=now)
    if isinstance(challenge, Problem):
        return challenge
    account = await get_account(db, unfinished.account_id)
    given = await proof.take_passkey(db, credential, challenge, site=site, account=account, now=now)
    if isinstance(given, Problem):
        await _fail(db, account, unfinished.client, now=now)
        return given
    key = await _throttle_key(db, unfinished, master)
    return await _finish(db, token, account, unfinished, given[1], key, policy=policy, now=now)


async def with_passkey(
    db: Connection,
    credential: Credential,
    bound_to: str,
    client: Client,
    *,
    site: Site,
    master: MasterKey,
    policy: SessionPolicy,
    now: datetime,
) -> Opened | Problem:
    """The passkey is all there is, so it must be unlocked by the person. Refusals are returned, because the challenge is used up."""
    challenge = await proof.take_challenge(db, credential, "sign-in", bound_to, master=master, now=now)
    if isinstance(challenge, Problem):
        return challenge
    given = await proof.take_passkey(db, credential, challenge, site=site, account=None, now=now)
    if isinstance(given, Problem):
        return given
    passkey, shown = given
    account = await get_account(db, passkey.account_id)
    client_key = master.keyed_hash("throttle", "client", normalise_client_address(client.address))
    attempt = Attempt(account, None, None, client_key)
    return await sessions.sign_in(
        db, attempt, account, client, policy=policy, now=now, acr=shown.acr, methods=shown.methods
    )


async def _find(db: Connection, token: str, *, now: datetime) -> Unfinished:
    unfinished = await unfinished_store.find_unfinished(db, hash_token(token), now=now)
    if unfinished is None:
        raise SignInExpired()
    return unfinished


async def _finish(
    db: Connection,
    token: str,
    account: Account,
    unfinished: Unfinished,
    given: Proof,
    throttle_key: bytes,
    *,
    policy: SessionPolicy,
    now: datetime,
) -> Opened:
    """The account is locked: of two at once only one finishes. Only now is the client known, and its failures forgotten."""
    if not await unfinished_store.take_unfinished(db, hash_token(token)):
        raise SignInExpired()
    attempt = Attempt(account, throttle_key, None, unfinished.client_key)
    methods = ("pwd", *given.methods)
    return await sessions.sign_in(
        db, attempt, account, unfinished.client, policy=policy, now=now, acr=given.acr, methods=methods
    )


async def _throttle_key(db: Connection, unfinished: Unfinished, master: MasterKey) -> bytes:
    """Where the owner signed in before, others' failures do not count."""
    parts = ["factor", str(unfinished.account_id)]
    if await session_store.is_known_client(db, unfinished.account_id, unfinished.client_key):
        parts.append(normalise_client_address(unfinished.client.address))
    return master.keyed_hash("throttle", *parts)


async def _fail(db: Connection, account: Account, client: Client, *, now: datetime) -> None:
    await audit.record(
        db, "second-factor-failed", now=now, actor="anonymous", account_id=account.id, client_address=client.address
    )
