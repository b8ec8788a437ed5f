"""Sign-up, activation, language: load, decide, save, append the event."""

from datetime import datetime
from uuid import UUID

import asyncpg

from services.identity import audit
from services.identity.accounts import codes, names, store
from services.identity.accounts.problems import (
    AccountNotFound,
    AlreadyActive,
    EmailTaken,
    UsernameTaken,
)
from services.identity.accounts.rules import Account, Candidate, CodePolicy
from services.identity.keys.handlers import create_data_key, keyring_of
from services.identity.keys.rules import MasterKey
from services.identity.legacy.attaching import attach_claimed
from shared import outbox
from shared.db import Connection, constraint_of
from shared.errors import Problem, Violations
from shared.events.identity import AccountActivated, AccountCreated, Language, ProfileChanged
from shared.ids import new_id


async def propose_username(db: Connection, first_name: str, last_name: str) -> str:
    """A username that is free at this moment."""
    base = names.username_base(first_name, last_name)
    for count in (20, 2_000):
        candidates = list(names.username_candidates(base, count=count))
        taken = await store.find_taken_usernames(db, candidates)
        free = next((candidate for candidate in candidates if names.username_key(candidate) not in taken), None)
        if free is not None:
            return free
    return f"{base[:27].rstrip('.-')}{new_id().hex[-12:]}"


async def refuse_taken(db: Connection, candidate: Candidate) -> None:
    """Say both at once, before a password is hashed; the constraints decide all the same. Raises Violations."""
    username_taken, email_taken = await store.find_taken(db, username=candidate.username, email=candidate.email)
    problems: list[Problem] = [UsernameTaken(field="username")] if username_taken else []
    if email_taken:
        problems.append(EmailTaken(field="email"))
    if problems:
        raise Violations(problems)


async def sign_up(
    db: Connection,
    candidate: Candidate,
    password_hash: str,
    *,
    master: MasterKey,
    policy: CodePolicy,
    now: datetime,
    client_address: str | None,
    sends_code: bool = True,
) -> Account:
    """The new account, its data key, its first code. Raises Violations where someone else was faster.

    sends_code: False where the address needs no confirming.
    """
    account_id = new_id()
    try:
        await store.insert_account(db, account_id, candidate, password_hash, now=now)
    except asyncpg.UniqueViolationError as error:
        raise Violations([_taken(error)]) from error
    await create_data_key(db, master, account_id, now=now)
    account = await get_account(db, account_id)
    await outbox.append(db, await _account_created(db, account, master=master, now=now))
    if sends_code:
        await codes.send(db, account, "activation", master=master, policy=policy, now=now)
    await audit.record(
        db,
        "account-created",
        now=now,
        actor=audit.person(account_id),
        account_id=account_id,
        client_address=client_address,
        details={"terms_version": candidate.terms_version},
    )
    return account


async def send_activation_code(
    db: Connection, account_id: UUID, *, master: MasterKey, policy: CodePolicy, now: datetime
) -> int:
    """A new code in the place of the last; returns after how many seconds there may be another. Raises CodeTooSoon, AlreadyActive."""
    account = await get_account(db, account_id)
    if account.state != "pending":
        raise AlreadyActive()
    return await codes.send(db, account, "activation", master=master, policy=policy, now=now)


async def activate(
    db: Connection, account_id: UUID, entered: str, *, master: MasterKey, now: datetime
) -> Account | Problem:
    """The active account; or why the code was not taken, returned and not raised, because the try that it cost must be committed."""
    problem = await codes.take(db, account_id, "activation", entered, master=master, now=now)
    if problem is not None:
        return problem
    if not await set_active(db, account_id, master=master, now=now):
        return AlreadyActive()
    return await get_account(db, account_id)


async def set_active(db: Connection, account_id: UUID, *, master: MasterKey, now: datetime) -> bool:
    """Whoever it is has shown that the address is theirs, and old accounts that they claimed belong to this one.

    False when the account was active already.
    """
    await store.lock_account(db, account_id)
    if not await store.activate_account(db, account_id, now=now):
        return False
    version = await store.bump_version(db, account_id)
    await outbox.append(db, AccountActivated(version=version, account_id=account_id, activated_at=now))
    await audit.record(db, "account-activated", now=now, actor=audit.person(account_id), account_id=account_id)
    await attach_claimed(db, account_id, master=master, now=now)
    return True


async def accept_terms(db: Connection, account_id: UUID, terms_version: str, *, now: datetime) -> None:
    await store.set_terms(db, account_id, terms_version, now=now)
    details = {"terms_version": terms_version}
    await audit.record(
        db, "terms-accepted", now=now, actor=audit.person(account_id), account_id=account_id, details=details
    )


async def change_language(db: Connection, account_id: UUID, language: Language, *, master: MasterKey) -> Account:
    """The account in its new language; an event only where that is another."""
    await store.lock_account(db, account_id)
    account = await get_account(db, account_id)
    if account.language != language:
        await store.set_language(db, account_id, language)
        await store.bump_version(db, account_id)
        account = await get_account(db, account_id)
        await outbox.append(db, await profile_changed(db, account, master=master))
    return account


async def profile_changed(db: Connection, account: Account, *, master: MasterKey) -> ProfileChanged:
    """account: as it is after the change, its version the event's."""
    keyring = await keyring_of(db, master, account.id)
    return ProfileChanged(
        version=account.version,
        account_id=account.id,
        first_name=keyring.seal(account.id, "first_name", account.first_name),
        last_name=keyring.seal(account.id, "last_name", account.last_name),
        language=account.language,
    )


async def _account_created(db: Connection, account: Account, *, master: MasterKey, now: datetime) -> AccountCreated:
    keyring = await keyring_of(db, master, account.id)
    return AccountCreated(
        version=account.version,
        account_id=account.id,
        username=keyring.seal(account.id, "username", account.username),
        first_name=keyring.seal(account.id, "first_name", account.first_name),
        last_name=keyring.seal(account.id, "last_name", account.last_name),
        email=keyring.seal(account.id, "email", account.email),
        language=account.language,
        created_at=now,
    )


async def get_account(db: Connection, account_id: UUID) -> Account:
    """Raises AccountNotFound."""
    account = await store.find_account(db, account_id)
    if account is None:
        raise AccountNotFound()
    return account


def _taken(error: asyncpg.UniqueViolationError) -> Problem:
    if constraint_of(error) == store.USERNAME_UNIQUE:
        return UsernameTaken(field="username")
    if constraint_of(error) == store.EMAIL_UNIQUE:
        return EmailTaken(field="email")
    raise error
