"""Fresh proof: whoever is signed in shows once more who they are, before something that cannot be undone."""

from datetime import datetime

from services.identity import audit
from services.identity.accounts.rules import Account
from services.identity.keys.rules import MasterKey
from services.identity.sessions import handlers, rules, store
from services.identity.sessions.handlers import Opened
from services.identity.sessions.rules import Session, SessionPolicy, TooManyAttempts
from shared.db import Connection


async def begin(
    db: Connection, token: str, *, master: MasterKey, policy: SessionPolicy, now: datetime
) -> tuple[Account, Session] | TooManyAttempts:
    """Who confirms. The try is counted before it is judged; a refusal is returned, because what was counted must be committed.

    Only whoever holds a session of the account can use up its tries. Raises SessionEnded.
    """
    account, session = await handlers.get_session(db, token, policy=policy, now=now)
    refusal = await handlers.count_try(db, _throttle_key(master, account), rules.IDENTIFIER_THROTTLE, now=now)
    return refusal or (account, session)


async def confirm(db: Connection, account: Account, session: Session, *, master: MasterKey, now: datetime) -> Opened:
    """It was the right password. Raises SessionEnded."""
    opened = await handlers.elevate(db, account, session.id, acr="pwd", methods=("pwd",), now=now)
    await store.forget_failures(db, _throttle_key(master, account))
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
