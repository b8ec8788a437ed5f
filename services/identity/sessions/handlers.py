"""Sign in, keep the session alive, sign out: load, decide, save, append the event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identity import audit
from services.identity.accounts.handlers import get_account
from services.identity.accounts.rules import Account
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.oidc.logout import end_session_grants
from services.identity.sessions import (
    attempt_store,
    devices,
    opening_store,
    rules,
    store,
    throttle_store,
    unfinished_store,
)
from services.identity.sessions.attempt_store import AttemptKeys
from services.identity.sessions.opening_store import Opening, Outcome, Proven
from services.identity.sessions.rules import (
    Client,
    PasswordReplaced,
    SecondFactorNeeded,
    Session,
    SessionAcr,
    SessionEnded,
    SessionNotFound,
    SessionPolicy,
    Throttle,
    TooManyAttempts,
)
from shared.db import Connection
from shared.errors import Problem
from shared.events.identity import SignedIn
from shared.ids import new_id


@dataclass(frozen=True)
class Opened:
    """A session that has just begun, or has a new token. token: told once, to the browser's gateway."""

    account: Account
    session: Session
    token: str


@dataclass(frozen=True)
class Attempt:
    """A sign-in whose proof is still to be checked; what is named by the keys counted it already.

    identifier_key: None where nobody was named, as with a card.
    """

    account: Account | None
    identifier_key: bytes | None
    address_key: bytes | None
    client_key: bytes


async def begin_attempt(
    db: Connection, identifier: str, client: Client, *, master: MasterKey, now: datetime
) -> Attempt | Problem:
    """Count the attempt; TooManyAttempts is returned and not raised, because what was counted must be committed."""
    identifier = rules.normalise_identifier(identifier)
    address = rules.normalise_client_address(client.address)
    keys = AttemptKeys(
        address=master.keyed_hash("throttle", "address", address) if address else None,
        identifier=master.keyed_hash("throttle", "identifier", identifier),
        identifier_here=master.keyed_hash("throttle", "identifier", identifier, address),
        client=master.keyed_hash("throttle", "client", address),
    )
    begun = await attempt_store.find_and_count_try(db, identifier, keys, now=now)
    if begun.blocked_until is not None:
        return TooManyAttempts(retry_after_s=rules.seconds_until(begun.blocked_until, now=now))
    return Attempt(begun.account, begun.identifier_key, keys.address, keys.client)


async def fail_attempt(db: Connection, attempt: Attempt, client: Client, *, now: datetime) -> None:
    account_id = attempt.account.id if attempt.account else None
    await audit.record(
        db, "sign-in-failed", now=now, actor="anonymous", account_id=account_id, client_address=client.address
    )


async def forget_attempt(db: Connection, attempt: Attempt, *, now: datetime) -> None:
    """It was no failure."""
    await throttle_store.forget_attempt(db, attempt.identifier_key, attempt.address_key, now=now)


async def sign_in(
    db: Connection,
    attempt: Attempt,
    account: Account,
    client: Client,
    *,
    policy: SessionPolicy,
    now: datetime,
    acr: SessionAcr = "pwd",
    methods: Sequence[str] = ("pwd",),
    proven: Proven | None = None,
) -> Opened:
    """The proof was right: a new session, whatever the browser had before. methods: as `amr` names them.

    Raises PasswordReplaced when `proven` is no longer the account's password, and SecondFactorNeeded when the proof was less than
    the account asks for: then nothing was written. Also right outside a transaction.
    """
    session = Session(id=new_id(), account_id=account.id, acr=acr, amr=tuple(methods), auth_time=now)
    token = rules.new_token()
    opening = _opening(session, token, client, attempt, policy, proven)
    event = SignedIn(
        version=0,
        account_id=account.id,
        client_id=rules.PLATFORM_CLIENT_ID,
        acr=rules.effective_acr(account, session),
        amr=session.amr,
        signed_in_at=now,
    )
    outcome = await opening_store.open_session(db, opening, signed_in=event)
    if outcome == "new-device":
        told = await devices.seen_first(account.id, client, session.id, now=now)
        outcome = await opening_store.open_session(db, opening, signed_in=event, new_device=told)
    _check_opened(outcome)
    return Opened(account, session, token)


async def open_session(
    db: Connection,
    account: Account,
    client: Client,
    *,
    policy: SessionPolicy,
    now: datetime,
) -> Opened:
    """The first session of an account that was just made, with a password."""
    session = Session(id=new_id(), account_id=account.id, acr="pwd", amr=("pwd",), auth_time=now)
    token = rules.new_token()
    _check_opened(
        await opening_store.open_session(db, _opening(session, token, client, None, policy, None), signed_in=None)
    )
    return Opened(account, session, token)


def _opening(
    session: Session,
    token: str,
    client: Client,
    attempt: Attempt | None,
    policy: SessionPolicy,
    proven: Proven | None,
) -> Opening:
    """attempt: that this comes of, None where none was counted."""
    return Opening(
        session,
        hash_token(token),
        policy.expires_at(session.auth_time),
        user_agent=client.stored_user_agent,
        network=rules.normalise_client_address(client.address),
        device_hash=hash_token(client.device_mark),
        client_address=client.address,
        client_key=attempt.client_key if attempt else None,
        identifier_key=attempt.identifier_key if attempt else None,
        address_key=attempt.address_key if attempt else None,
        proven=proven,
    )


def _check_opened(outcome: Outcome) -> None:
    if outcome == "second-factor":
        raise SecondFactorNeeded()
    if outcome != "opened":
        raise PasswordReplaced()


async def renew_token(db: Connection, account: Account, session: Session) -> Opened:
    """The session goes on under another token, as it must when it opens more than before."""
    token = rules.new_token()
    await store.replace_token(db, session.id, hash_token(token))
    return Opened(account, session, token)


async def elevate(
    db: Connection, account: Account, session_id: UUID, *, acr: SessionAcr, methods: Sequence[str], now: datetime
) -> Opened:
    """Someone who is signed in proved who they are again, or by more: the session goes on, never weaker, under another token.

    methods: as `amr` names them. Raises SessionEnded.
    """
    token = rules.new_token()
    session = await store.elevate(
        db, session_id, account.id, token_hash=hash_token(token), acr=acr, methods=methods, now=now
    )
    if session is None:
        raise SessionEnded()
    return Opened(account, session, token)


async def end_other_sessions(
    db: Connection, account_id: UUID, *, keep: UUID | None, reason: str, now: datetime, actor: str | None = None
) -> int:
    """Sign the account out everywhere but in the session `keep`, tools too; returns from how many. reason: of the tools' grants.

    actor: who does it, as the audit log names them; None for the person.
    Sign-ins that wait for a second factor end as well: they stand on a password that may no longer be the account's. Whoever locks
    the account before locks its sessions first (`store.lock_sessions`).
    """
    await unfinished_store.delete_unfinished_of(db, account_id)
    ended = await store.end_other_sessions(db, account_id, keep=keep, now=now)
    for session_id in ended:
        await end_session_grants(db, session_id, reason=reason, now=now)
    if ended:
        details: dict[str, object] = {"reason": reason, "sessions": [str(session_id) for session_id in ended]}
        by = actor or audit.person(account_id)
        await audit.record(db, "other-sessions-ended", now=now, actor=by, account_id=account_id, details=details)
    return len(ended)


async def get_session(db: Connection, token: str, *, policy: SessionPolicy, now: datetime) -> tuple[Account, Session]:
    """Whose session this is; being used keeps it alive. Raises SessionEnded."""
    session = await store.use_session(db, hash_token(token), policy, now=now)
    if session is None:
        raise SessionEnded()
    return await get_account(db, session.account_id), session


async def end_session(db: Connection, token: str, *, now: datetime) -> None:
    """Sign out, here and in all tools that were started from here. Does nothing for a session that has ended."""
    session = await store.end_session(db, hash_token(token), now=now)
    if session is not None:
        await end_session_grants(db, session.id, reason="signed-out", now=now)
        await audit.record(
            db,
            "signed-out",
            now=now,
            actor=audit.person(session.account_id),
            account_id=session.account_id,
            details={"session_id": str(session.id)},
        )


async def end_own_session(db: Connection, account_id: UUID, session_id: UUID, *, now: datetime) -> None:
    """Signed out from elsewhere, tools too. Raises SessionNotFound."""
    session = await store.end_session_by_id(db, session_id, now=now, account_id=account_id)
    if session is None:
        raise SessionNotFound()
    await end_session_grants(db, session_id, reason="signed-out-elsewhere", now=now)
    await audit.record(
        db,
        "signed-out-elsewhere",
        now=now,
        actor=audit.person(account_id),
        account_id=account_id,
        details={"session_id": str(session_id)},
    )


async def end_expired_sessions(db: Connection, *, policy: SessionPolicy, now: datetime, limit: int = 200) -> int:
    """Returns how many there were; call again while it is `limit`."""
    ended = await store.end_expired(db, policy, now=now, limit=limit)
    for session_id in ended:
        await end_session_grants(db, session_id, reason="session-expired", now=now)
    return len(ended)


async def count_try(db: Connection, key: bytes, throttle: Throttle, *, now: datetime) -> TooManyAttempts | None:
    """Count it as failed before it is judged; what comes too early counts for nothing and is refused."""
    until = await throttle_store.count_try(db, key, throttle, now=now)
    return None if until is None else TooManyAttempts(retry_after_s=rules.seconds_until(until, now=now))
