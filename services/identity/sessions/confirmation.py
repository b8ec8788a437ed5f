"""Fresh proof: whoever is signed in shows once more who they are, before something that cannot be undone, or for a tool that asks for more.

An account with a second factor confirms by it: somebody who sits at an open screen may know the password too.
"""

from datetime import datetime

from services.identity import audit
from services.identity.accounts.rules import Account
from services.identity.factors import challenges, passkeys, proof
from services.identity.factors import store as factor_store
from services.identity.factors.passkeys import Credential, Site
from services.identity.factors.rules import FACTOR_THROTTLE, Proof
from services.identity.keys.rules import MasterKey
from services.identity.sessions import handlers, rules, throttle_store
from services.identity.sessions.handlers import Opened
from services.identity.sessions.rules import SecondFactorNeeded, Session, SessionPolicy, TooManyAttempts
from shared.db import Connection
from shared.errors import Problem

PASSWORD = Proof("pwd", ("pwd",))


async def begin_with_password(
    db: Connection, token: str, *, master: MasterKey, policy: SessionPolicy, now: datetime
) -> tuple[Account, Session] | TooManyAttempts:
    """Who confirms. The try is counted before it is judged; a refusal is returned, because what was counted must be committed.

    Only whoever holds a session of the account can use up its tries. Raises SessionEnded, SecondFactorNeeded.
    """
    account, session = await handlers.get_session(db, token, policy=policy, now=now)
    if account.has_second_factor:
        raise SecondFactorNeeded()
    refusal = await handlers.count_try(db, _throttle_key(master, account), rules.IDENTIFIER_THROTTLE, now=now)
    return refusal or (account, session)


async def with_code(
    db: Connection, token: str, entered: str, *, master: MasterKey, policy: SessionPolicy, now: datetime
) -> Opened | Problem:
    """Refusals are returned, because the try that they cost must be committed. Raises SessionEnded."""
    account, session = await handlers.get_session(db, token, policy=policy, now=now)
    key = _code_key(master, account)
    if refusal := await handlers.count_try(db, key, FACTOR_THROTTLE, now=now):
        return refusal
    given = await proof.take_code(db, account, entered, master=master, now=now)
    if isinstance(given, Problem):
        await fail(db, session, now=now)
        return given
    await throttle_store.forget_failures(db, key)
    return await confirm(db, account, session, given, master=master, now=now)


async def passkey_options(
    db: Connection, token: str, *, site: Site, master: MasterKey, policy: SessionPolicy, now: datetime
) -> dict[str, object]:
    """Raises SessionEnded."""
    account, _ = await handlers.get_session(db, token, policy=policy, now=now)
    challenge = challenges.make(master, "confirm", token, now=now)
    return passkeys.assertion_options(site, await factor_store.find_passkeys(db, account.id), challenge)


async def with_passkey(
    db: Connection,
    token: str,
    credential: Credential,
    *,
    site: Site,
    master: MasterKey,
    policy: SessionPolicy,
    now: datetime,
) -> Opened | Problem:
    """Refusals are returned, because the challenge is used up. Raises SessionEnded, PasskeyRefused."""
    account, session = await handlers.get_session(db, token, policy=policy, now=now)
    challenge = await proof.take_challenge(db, credential, "confirm", token, master=master, now=now)
    if isinstance(challenge, Problem):
        return challenge
    given = await proof.take_passkey(db, credential, challenge, site=site, account=account, now=now)
    if isinstance(given, Problem):
        await fail(db, session, now=now)
        return given
    return await confirm(db, account, session, given[1], master=master, now=now)


async def confirm(
    db: Connection, account: Account, session: Session, given: Proof, *, master: MasterKey, now: datetime
) -> Opened:
    """It was right. Raises SessionEnded."""
    opened = await handlers.elevate(db, account, session.id, acr=given.acr, methods=given.methods, now=now)
    await throttle_store.forget_failures(db, _throttle_key(master, account))
    await _record(db, "confirmed", session, now=now)
    return opened


async def fail(db: Connection, session: Session, *, now: datetime) -> None:
    await _record(db, "confirmation-failed", session, now=now)


async def _record(db: Connection, action: str, session: Session, *, now: datetime) -> None:
    account_id = session.account_id
    await audit.record(
        db,
        action,
        now=now,
        actor=audit.person(account_id),
        account_id=account_id,
        details={"session_id": str(session.id)},
    )


def _throttle_key(master: MasterKey, account: Account) -> bytes:
    return master.keyed_hash("throttle", "confirm", str(account.id))


def _code_key(master: MasterKey, account: Account) -> bytes:
    """Six digits are guessed sooner than a password: as at the sign-in, wrong ones slow down more."""
    return master.keyed_hash("throttle", "confirm-code", str(account.id))
