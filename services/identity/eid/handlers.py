"""Challenge and link: load, decide, save, append the event."""

import base64
import os
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.handlers import get_account, profile_changed
from services.identity.accounts.rules import Account
from services.identity.eid import rules, store
from services.identity.eid.cardholder import Cardholder
from services.identity.eid.refusals import ChallengeExpired, ChallengeMissing
from services.identity.eid.rules import EidLinkedElsewhere, Link, NumberHasher
from services.identity.eid.store import Challenge
from services.identity.keys.handlers import keyring_of
from services.identity.keys.rules import MasterKey
from services.identity.sessions import store as sessions
from services.identity.sessions.rules import Session, SessionEnded
from shared import outbox
from shared.db import Connection, constraint_of
from shared.events.identity import EidLinked

NONCE_BYTES = 32


async def create_challenge(db: Connection, session_id: UUID, *, ttl_s: int, now: datetime) -> Challenge:
    """Raises SessionEnded."""
    nonce = base64.b64encode(os.urandom(NONCE_BYTES)).decode()
    challenge = Challenge(nonce, now + timedelta(seconds=ttl_s))
    if not await store.save_challenge(db, session_id, challenge):
        raise SessionEnded()
    return challenge


async def take_nonce(db: Connection, session_id: UUID, *, now: datetime) -> str | ChallengeMissing | ChallengeExpired:
    """What the card had to sign. Refusals are returned: whatever comes of it, the challenge is used up."""
    challenge = await store.take_challenge(db, session_id)
    if challenge is None:
        return ChallengeMissing()
    return challenge.nonce if now < challenge.expires_at else ChallengeExpired()


async def link(
    db: Connection,
    account_id: UUID,
    session_id: UUID,
    holder: Cardholder,
    *,
    hasher: NumberHasher,
    master: MasterKey,
    now: datetime,
) -> tuple[Account, Session]:
    """The account and the session, which is now one of eID. A second card of the same person renews, the same card only proves.

    Raises EidWithoutNumber, EidLinkedElsewhere, EidOfAnotherPerson, SessionEnded.
    """
    number = rules.number_of(holder)
    number_hash = hasher.hash(number)
    session = await sessions.strengthen(db, session_id, account_id, "eid", "eid", now=now)
    if session is None:
        raise SessionEnded()
    await accounts.lock_account(db, account_id)
    own = await store.find_link(db, account_id)
    of_number = await store.find_account_of_number(db, number_hash)
    outcome = rules.judge_link(account_id, holder, number_hash, own=own, of_number=of_number)
    if outcome != "unchanged":
        await _save(db, Link(account_id, number_hash, holder.certificate_sha256), hasher, now=now)
        await _take_over(db, account_id, holder, number, master=master, now=now)
    await audit.record(
        db,
        f"eid-{outcome}",
        now=now,
        actor=audit.person(account_id),
        account_id=account_id,
        details={"session_id": str(session_id), "certificate_sha256": holder.certificate_sha256},
    )
    return await get_account(db, account_id), session


async def _save(db: Connection, new: Link, hasher: NumberHasher, *, now: datetime) -> None:
    try:
        await store.save_link(db, new, hasher.key_id, now=now)
    except asyncpg.UniqueViolationError as error:
        if constraint_of(error) == store.NUMBER_UNIQUE:
            raise EidLinkedElsewhere() from error
        raise


async def _take_over(
    db: Connection, account_id: UUID, holder: Cardholder, number: str, *, master: MasterKey, now: datetime
) -> None:
    """What the card says of the person becomes the account's, and everyone is told."""
    before = await get_account(db, account_id)
    # Someone without first names keeps what they call themselves; the card has nothing that could replace it.
    first_name = holder.first_names or before.first_name
    await accounts.set_card_data(
        db,
        account_id,
        first_name=first_name,
        last_name=holder.last_name,
        birth_date=holder.birth_date,
        sex=holder.sex,
    )
    version = await accounts.bump_version(db, account_id)
    keyring = await keyring_of(db, master, account_id)
    birth_date = holder.birth_date
    linked = EidLinked(
        version=version,
        account_id=account_id,
        first_name=keyring.seal(account_id, "first_name", first_name),
        last_name=keyring.seal(account_id, "last_name", holder.last_name),
        birth_date=keyring.seal(account_id, "birth_date", birth_date.isoformat()) if birth_date else None,
        national_number=keyring.seal(account_id, "national_number", number),
        linked_at=now,
    )
    await outbox.append(db, linked)
    if (before.first_name, before.last_name) != (first_name, holder.last_name):
        await accounts.bump_version(db, account_id)
        await outbox.append(db, await profile_changed(db, await get_account(db, account_id), master=master))
