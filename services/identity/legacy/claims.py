"""From old credentials to an account: who proved that old accounts are theirs gives only what is missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from services.identity.accounts import handlers as accounts
from services.identity.accounts import pending
from services.identity.accounts import rules as account_rules
from services.identity.accounts import store as account_store
from services.identity.accounts.emails import email_key
from services.identity.accounts.names import username_key
from services.identity.accounts.passwords import Passwords
from services.identity.accounts.rules import Account, Candidate, CodePolicy
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.legacy import rules, store
from services.identity.legacy.attaching import attach, open_record
from services.identity.legacy.rules import CLAIM_TTL, ClaimExpired, Missing, OldAccountTaken, Record
from services.identity.sessions.rules import Session, new_token
from shared.db import Connection
from shared.errors import Problem
from shared.events.identity import Language
from shared.tokens import ConfirmationNeeded

# In the place of a password that was judged when it was given; only its length is looked at once more.
FRESH_S = 900
_KEPT = "x" * account_rules.MIN_PASSWORD_CHARS


@dataclass(frozen=True)
class Claimed:
    """A claim that still holds: its old accounts as one, and what is missing to make an account of them."""

    tool_ids: tuple[str, ...]
    record: Record
    missing: tuple[Missing, ...]
    username: str


class Given(TypedDict):
    """What was typed; empty where it was not asked for."""

    first_name: str
    last_name: str
    username: str
    email: str
    password: str


NOTHING_GIVEN = Given(first_name="", last_name="", username="", email="", password="")


def combine(records: Sequence[Record]) -> Record:
    """Several old accounts of one person as one: what the first does not say, the others may."""
    first = records[0]
    verified = [record for record in records if record.is_email_verified] or records
    addresses = [record.email for record in verified if record.email] or [""]
    named = [record for record in records if record.first_name and record.last_name] or [first]
    return replace(
        first,
        email=addresses[0],
        is_email_verified=any(record.is_email_verified and record.email == addresses[0] for record in records),
        first_name=named[0].first_name,
        last_name=named[0].last_name,
        language=next((record.language for record in records if record.language), None),
    )


async def is_good_password(passwords: Passwords, password: str, record: Record) -> bool:
    """Whether an old password could be chosen today."""
    try:
        checked = account_rules.check_password(password)
        await passwords.refuse_weak(checked, record.first_name, record.last_name, record.username, record.email)
    except Problem:
        return False
    return True


async def begin(db: Connection, legacy_ids: Sequence[UUID], password_hash: str | None, *, now: datetime) -> str:
    token = new_token()
    await store.insert_claim(db, hash_token(token), legacy_ids, password_hash, now=now, expires_at=now + CLAIM_TTL)
    return token


async def read(
    db: Connection, token: str, *, terms_version: str, email: str = "", master: MasterKey, now: datetime
) -> Claimed:
    """terms_version: the one in force. email: where another was given than the older tool had. Raises ClaimExpired, OldAccountTaken."""
    claim = await store.lock_claim(db, hash_token(token), now=now)
    if claim is None:
        raise ClaimExpired()
    waiting = await store.find_waiting(db, claim.legacy_ids)
    if not waiting:
        raise OldAccountTaken()
    record = combine([open_record(one, master) for one in waiting])
    ids = tuple(one.id for one in waiting)
    stale = set(await store.find_unfinished(db, hash_token(token), email_key(email or record.email), ids))
    username = await username_for(db, record, besides=stale)
    missing = rules.what_is_missing(
        record,
        username_is_free=bool(username),
        email_is_free=await _is_free(db, record.email, besides=stale),
        password_is_good=claim.password_hash is not None,
        terms_version=terms_version,
    )
    proposed = username or await accounts.propose_username(db, record.first_name or record.username, record.last_name)
    tools = tuple(dict.fromkeys(one.tool_id for one in waiting))
    return Claimed(tools, record, missing, proposed)


def wanted_account(
    claimed: Claimed, given: Given, *, language: Language, terms_version: str, allow_test_domains: bool
) -> Candidate:
    """What was given, and where nothing was, what is known. Raises Violations."""
    record = claimed.record
    must_choose_password = "password" in claimed.missing
    return account_rules.check_sign_up(
        first_name=given["first_name"] or record.first_name,
        last_name=given["last_name"] or record.last_name,
        username=given["username"] or claimed.username,
        email=given["email"] or record.email,
        password=given["password"] or ("" if must_choose_password else _KEPT),
        language=record.language or language,
        terms_version=terms_version,
        allow_test_domains=allow_test_domains,
    )


async def make_account(
    db: Connection,
    token: str,
    candidate: Candidate,
    new_password_hash: str | None,
    *,
    master: MasterKey,
    policy: CodePolicy,
    now: datetime,
    client_address: str,
) -> Account:
    """The account: active at once where the older tool had confirmed the address, else waiting for its code.

    new_password_hash: None keeps the old password. Raises ClaimExpired, OldAccountTaken, Violations.
    """
    token_hash = hash_token(token)
    claim = await store.lock_claim(db, token_hash, now=now)
    password_hash = new_password_hash or (claim.password_hash if claim else None)
    if claim is None or password_hash is None:
        raise ClaimExpired()
    waiting = await store.find_waiting(db, claim.legacy_ids)
    if not waiting:
        raise OldAccountTaken()
    address = email_key(candidate.email)
    for stale in await store.find_unfinished(db, token_hash, address, claim.legacy_ids):
        await pending.delete(db, stale, now=now)
    is_confirmed = any(_has_confirmed(open_record(one, master), address) for one in waiting)
    account = await accounts.sign_up(
        db,
        candidate,
        password_hash,
        master=master,
        policy=policy,
        now=now,
        client_address=client_address,
        sends_code=not is_confirmed,
    )
    await store.set_claimant(db, token_hash, account.id)
    if is_confirmed:
        await accounts.set_active(db, account.id, master=master, now=now)
    return await accounts.get_account(db, account.id)


def require_fresh(session: Session, *, now: datetime) -> None:
    """Raises ConfirmationNeeded."""
    if (now - session.auth_time).total_seconds() > FRESH_S:
        raise ConfirmationNeeded(fresh_s=FRESH_S)


async def attach_to(db: Connection, token: str, account_id: UUID, *, master: MasterKey, now: datetime) -> int:
    """The claimed old accounts become part of an account that exists. Raises ClaimExpired, OldAccountTaken."""
    claim = await store.take_claim(db, hash_token(token), now=now)
    if claim is None:
        raise ClaimExpired()
    attached = await attach(db, account_id, claim.legacy_ids, master=master, now=now)
    if not attached:
        raise OldAccountTaken()
    return attached


def _has_confirmed(record: Record, address: str) -> bool:
    return record.is_email_verified and email_key(record.email) == address


async def username_for(db: Connection, record: Record, *, besides: Collection[UUID] = ()) -> str:
    """The old username, if it would do here and is free."""
    usable = rules.usable_username(record.username)
    if not usable:
        return ""
    owner = await account_store.find_owner_of_username(db, username_key(usable))
    return usable if owner is None or owner in besides else ""


async def _is_free(db: Connection, email: str, *, besides: Collection[UUID]) -> bool:
    owner = await account_store.find_owner_of_email(db, email_key(email)) if email else None
    return owner is None or owner in besides
