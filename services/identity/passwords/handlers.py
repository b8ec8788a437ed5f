"""New passwords: load, decide, save, append the event."""

from datetime import datetime, timedelta
from uuid import UUID

from services.identity import audit
from services.identity.accounts import code_store, codes
from services.identity.accounts import store as accounts
from services.identity.accounts.emails import email_key
from services.identity.accounts.handlers import get_account, set_active
from services.identity.accounts.problems import CodeTooSoon
from services.identity.accounts.rules import Account, CodePolicy
from services.identity.emails import store as emails
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.legacy.importing import identifier_key
from services.identity.legacy.mailed import account_for
from services.identity.passwords import rules, store
from services.identity.passwords.rules import Reason, Reset, ResetExpired
from services.identity.sessions import handlers as sessions
from services.identity.sessions import rules as session_rules
from services.identity.sessions import store as session_store
from services.identity.sessions import throttle_store as throttles
from services.identity.sessions.handlers import Opened
from services.identity.sessions.rules import Session, SessionEnded, SessionPolicy, TooManyAttempts
from shared import jobs, outbox
from shared.db import Connection
from shared.errors import Problem
from shared.events.identity import PasswordChanged
from shared.ids import new_id

SEND_RESET_CODE = "send-reset-code"


async def set_password(
    db: Connection, account: Account, password_hash: str, *, reason: Reason, keep: UUID | None, now: datetime
) -> None:
    """The account's new password; it is signed out everywhere but in the session `keep`, and what was begun with the old one ends."""
    await session_store.lock_sessions(db, account.id)
    await accounts.lock_account(db, account.id)  # whoever signs in with the old one has done so, or will be refused
    await sessions.end_other_sessions(db, account.id, keep=keep, reason="password-changed", now=now)
    version = await accounts.bump_version(db, account.id)
    await accounts.set_password_hash(db, account.id, password_hash)
    await code_store.void_codes(db, account.id, ("password-reset", "email-change"), now=now)
    await emails.delete_change(db, account.id)
    await store.delete_resets_of(db, account.id)
    await outbox.append(db, PasswordChanged(version=version, account_id=account.id, changed_at=now, reason=reason))
    await audit.record(
        db,
        "password-changed",
        now=now,
        actor=audit.person(account.id),
        account_id=account.id,
        details={"reason": reason},
    )


async def begin_change(
    db: Connection, token: str, *, master: MasterKey, policy: SessionPolicy, now: datetime
) -> tuple[Account, Session] | TooManyAttempts:
    """Who changes their password. The try is counted before it is judged; a refusal is returned, because that must be committed.

    Only whoever holds a session of the account can use up its tries. Raises SessionEnded.
    """
    account, session = await sessions.get_session(db, token, policy=policy, now=now)
    refusal = await sessions.count_try(db, _change_key(master, account), session_rules.IDENTIFIER_THROTTLE, now=now)
    return refusal or (account, session)


async def fail_change(db: Connection, account: Account, *, now: datetime) -> None:
    await audit.record(db, "password-change-failed", now=now, actor=audit.person(account.id), account_id=account.id)


async def change_password(
    db: Connection, account: Account, session: Session, password_hash: str, *, master: MasterKey, now: datetime
) -> Opened:
    """The present one is right. The session goes on under another token; all others end. Raises SessionEnded."""
    if not await session_store.is_open(db, session.id, account.id, now=now):
        raise SessionEnded()
    opened = await sessions.renew_token(db, account, session)
    await throttles.forget_failures(db, _change_key(master, account))
    await set_password(db, account, password_hash, reason="changed", keep=session.id, now=now)
    return opened


def _change_key(master: MasterKey, account: Account) -> bytes:
    return master.keyed_hash("throttle", "password-change", str(account.id))


async def ask_reset(
    db: Connection,
    email: str,
    client_address: str,
    *,
    sends: bool,
    master: MasterKey,
    policy: CodePolicy,
    now: datetime,
) -> str | Problem:
    """The token for the browser that asks. Takes as long, and does as much, whether an account has this address or not.

    sends: False for whoever has a code already. A refusal is returned, because what was counted must be committed.
    """
    address = session_rules.normalise_client_address(client_address)
    if address:
        key = master.keyed_hash("throttle", "reset", address)
        refusal = await sessions.count_try(db, key, rules.RESET_THROTTLE, now=now)
        if refusal is not None:
            return refusal
    token = session_rules.new_token()
    account_id = await store.find_account_id(db, email_key(email))
    reset = Reset(new_id(), account_id, policy.tries, now + timedelta(seconds=policy.ttl_s))
    await store.insert_reset(db, reset, hash_token(token))
    if sends:
        payload = {"reset_id": str(reset.id), "old_account": identifier_key(email, master).hex()}
        await jobs.enqueue(db, SEND_RESET_CODE, payload, priority=jobs.URGENT)
    return token


async def send_reset_code(
    db: Connection,
    reset_id: UUID,
    old_account: bytes,
    unknown_hash: str,
    *,
    master: MasterKey,
    policy: CodePolicy,
    now: datetime,
) -> None:
    """Nothing where there is no account, or where a code was sent only just now: that one serves whoever asks.

    old_account: the key by which accounts of older tools under this address are found; they become one, with `unknown_hash` for a
    password until a new one is chosen.
    """
    account_id = await store.find_asker(db, reset_id)
    if account_id is None:
        account_id = await account_for(db, old_account, unknown_hash, master=master, policy=policy, now=now)
        if account_id is None:
            return
        await store.set_asker(db, reset_id, account_id)
    account = await get_account(db, account_id)
    try:
        await codes.send(db, account, "password-reset", master=master, policy=rules.mailed_policy(policy), now=now)
    except CodeTooSoon:
        return
    await audit.record(db, "password-reset-asked", now=now, actor="anonymous", account_id=account_id)


async def prove_reset(
    db: Connection, token: str, entered: str, *, master: MasterKey, now: datetime
) -> Account | Problem:
    """Whose code it was; or why it was not taken, returned because the try that it cost must be committed."""
    token_hash = hash_token(token)
    reset = await store.try_reset(db, token_hash, now=now)
    if reset is None:
        return rules.judge_try(await store.find_reset(db, token_hash), now=now)
    if reset.account_id is None or await codes.take(
        db, reset.account_id, "password-reset", entered, master=master, now=now
    ):
        return rules.judge_try(reset, now=now)
    await store.set_proven(db, reset.id, now=now)
    return await get_account(db, reset.account_id)


async def get_proven(db: Connection, token: str, *, now: datetime) -> Account:
    """Who may set a password with this token. Raises ResetExpired."""
    account_id = await store.find_proven(db, hash_token(token), proven_after=rules.proven_after(now))
    if account_id is None:
        raise ResetExpired()
    return await get_account(db, account_id)


async def complete_reset(
    db: Connection, token: str, password_hash: str, *, master: MasterKey, now: datetime
) -> Account:
    """The new password is set, and nobody is signed in: a second factor is asked for as ever. Raises ResetExpired.

    Whoever has the code has the mailbox: an account that waited for that is active. Pauses after failed sign-ins are over.
    """
    account_id = await store.use_proven(db, hash_token(token), proven_after=rules.proven_after(now), now=now)
    if account_id is None:
        raise ResetExpired()
    account = await get_account(db, account_id)
    await set_password(db, account, password_hash, reason="reset", keep=None, now=now)
    await set_active(db, account_id, master=master, now=now)
    for identifier in (account.username, account.email):
        key = master.keyed_hash("throttle", "identifier", session_rules.normalise_identifier(identifier))
        await throttles.forget_failures(db, key)
    return account
