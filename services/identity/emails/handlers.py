"""Another mail address: asked for, confirmed by a code that goes there, or called off. Load, decide, save, append the event."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from services.identity import audit
from services.identity.accounts import code_store, codes
from services.identity.accounts import store as accounts
from services.identity.accounts.emails import email_key
from services.identity.accounts.handlers import get_account
from services.identity.accounts.problems import AlreadyActive, CodeExpired, EmailTaken
from services.identity.accounts.rules import Account, CodePolicy
from services.identity.emails import rules, store
from services.identity.emails.rules import Change, EmailUnchanged, NothingToConfirm
from services.identity.keys.handlers import keyring_of
from services.identity.keys.rules import MasterKey
from services.identity.passwords import store as resets
from services.identity.sessions.handlers import count_try
from shared import outbox
from shared.db import Connection
from shared.errors import Problem, Violations
from shared.events.identity import EmailAddressChanged


@dataclass(frozen=True)
class State:
    """pending: the address that waits for its code. retry_after_s: until another code may be sent to it."""

    email: str
    pending: str | None
    retry_after_s: int


async def count_request(db: Connection, account_id: UUID, *, master: MasterKey, now: datetime) -> Problem | None:
    """A refusal is returned, because what was counted must be committed."""
    key = master.keyed_hash("throttle", "email-change", str(account_id))
    return await count_try(db, key, rules.CHANGE_THROTTLE, now=now)


async def request_change(
    db: Connection, account_id: UUID, email: str, *, master: MasterKey, policy: CodePolicy, now: datetime
) -> None:
    """email: in its usual form. The old one stays until the code was entered. Raises Violations, CodeTooSoon."""
    await accounts.lock_account(db, account_id)
    account = await get_account(db, account_id)
    await _refuse_unfit(db, account, email)
    await codes.send(db, account, "email-change", master=master, policy=policy, now=now, email=email)
    await store.save_change(db, account_id, Change(email, now))
    await _record(db, "email-change-asked", account_id, now=now)


async def resend_code(
    db: Connection, account_id: UUID, *, master: MasterKey, policy: CodePolicy, now: datetime
) -> None:
    """Raises NothingToConfirm, CodeTooSoon."""
    change = await store.find_change(db, account_id)
    if change is None:
        raise NothingToConfirm()
    account = await get_account(db, account_id)
    await codes.send(db, account, "email-change", master=master, policy=policy, now=now, email=change.email)


async def cancel_change(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """Does nothing where nothing waits."""
    await accounts.lock_account(db, account_id)
    await store.delete_change(db, account_id)
    await code_store.void_codes(db, account_id, ("email-change",), now=now)


async def confirm_change(
    db: Connection, account_id: UUID, entered: str, *, master: MasterKey, now: datetime
) -> Account | Problem:
    """The account with its new address. A problem is returned and not raised, because the try that it cost must be committed."""
    await accounts.lock_account(db, account_id)
    change = await store.find_change(db, account_id)
    if change is None:
        return CodeExpired(field="code")
    problem = await codes.take(db, account_id, "email-change", entered, master=master, now=now)
    if problem is not None:
        return problem
    await store.delete_change(db, account_id)
    account = await get_account(db, account_id)
    return await _set_email(db, account, change.email, tells_previous=True, master=master, now=now)


async def correct_address(
    db: Connection, account_id: UUID, email: str, *, master: MasterKey, policy: CodePolicy, now: datetime
) -> None:
    """Of someone who mistyped it when signing up: nothing was confirmed yet, so nothing is taken from anybody.

    Raises Violations, AlreadyActive, CodeTooSoon.
    """
    await accounts.lock_account(db, account_id)
    account = await get_account(db, account_id)
    if account.state != "pending":
        raise AlreadyActive()
    await _refuse_unfit(db, account, email)
    await codes.send(db, account, "activation", master=master, policy=policy, now=now, email=email)
    outcome = await _set_email(db, account, email, tells_previous=False, master=master, now=now)
    if isinstance(outcome, Problem):
        raise Violations([outcome])


async def read_state(db: Connection, account_id: UUID, *, policy: CodePolicy, now: datetime) -> State:
    account = await get_account(db, account_id)
    change = await store.find_change(db, account_id)
    wait_s = await codes.wait_s(db, account_id, "email-change", policy=policy, now=now)
    return State(account.email, change.email if change else None, wait_s)


async def _refuse_unfit(db: Connection, account: Account, email: str) -> None:
    if email_key(email) == email_key(account.email):
        raise Violations([EmailUnchanged(field="email")])
    if await store.is_taken(db, email):
        raise Violations([EmailTaken(field="email")])


async def _set_email(
    db: Connection, account: Account, email: str, *, tells_previous: bool, master: MasterKey, now: datetime
) -> Account | EmailTaken:
    """Codes that went to the old address for a new password are void. EmailTaken where someone else was faster."""
    try:
        async with db.transaction():
            await store.set_email(db, account.id, email)
    except asyncpg.UniqueViolationError:
        return EmailTaken(field="email")
    await code_store.void_codes(db, account.id, ("password-reset",), now=now)
    await resets.delete_resets_of(
        db, account.id
    )  # also where the code was entered, and the new password is still to come
    version = await accounts.bump_version(db, account.id)
    keyring = await keyring_of(db, master, account.id)
    event = EmailAddressChanged(
        version=version,
        account_id=account.id,
        email=keyring.seal(account.id, "email", email),
        previous_email=keyring.seal(account.id, "email", account.email) if tells_previous else None,
    )
    await outbox.append(db, event)
    await _record(db, "email-changed", account.id, now=now)
    return await get_account(db, account.id)


async def _record(db: Connection, action: str, account_id: UUID, *, now: datetime) -> None:
    await audit.record(db, action, now=now, actor=audit.person(account_id), account_id=account_id)
