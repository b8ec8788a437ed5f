"""Challenge, link, and what every presented card leaves behind: load, decide, save, append the event."""

import base64
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.handlers import get_account, profile_changed
from services.identity.eid import rules, store
from services.identity.eid.cardholder import Cardholder
from services.identity.eid.refusals import ChallengeExpired, ChallengeMissing
from services.identity.eid.rules import EidLinkedElsewhere, Link, NumberHasher, Outcome, Presented
from services.identity.eid.store import Challenge
from services.identity.keys.handlers import keyring_of
from services.identity.keys.rules import MasterKey
from services.identity.sessions import handlers as sessions
from services.identity.sessions.handlers import Opened
from services.identity.sessions.rules import SessionEnded
from shared import outbox
from shared.db import Connection, constraint_of
from shared.events.identity import EidLinked, EidPresented, ForeignEidLinked
from shared.tokens import ConfirmationNeeded

NONCE_BYTES = 32
# How old proof may be for changing which card is linked.
FRESH_S = 900


@dataclass(frozen=True)
class Keys:
    """hasher: recognises people. master: opens the key with which their data is sealed."""

    hasher: NumberHasher
    master: MasterKey


async def create_challenge(db: Connection, session_id: UUID, *, ttl_s: int, now: datetime) -> Challenge:
    """Raises SessionEnded."""
    challenge = new_challenge(ttl_s=ttl_s, now=now)
    if not await store.save_challenge(db, session_id, challenge):
        raise SessionEnded()
    return challenge


def new_challenge(*, ttl_s: int, now: datetime) -> Challenge:
    return Challenge(base64.b64encode(os.urandom(NONCE_BYTES)).decode(), now + timedelta(seconds=ttl_s))


async def take_nonce(db: Connection, session_id: UUID, *, now: datetime) -> str | ChallengeMissing | ChallengeExpired:
    """What the card had to sign. Refusals are returned: whatever comes of it, the challenge is used up."""
    return nonce_of(await store.take_challenge(db, session_id), now=now)


def nonce_of(challenge: Challenge | None, *, now: datetime) -> str | ChallengeMissing | ChallengeExpired:
    if challenge is None:
        return ChallengeMissing()
    return challenge.nonce if now < challenge.expires_at else ChallengeExpired()


async def link(
    db: Connection, account_id: UUID, session_id: UUID, card: Presented, *, keys: Keys, now: datetime
) -> tuple[Opened, Outcome]:
    """The session is now one of eID, under another token. A second card of the same person renews, the same card only proves.

    A first card proves who holds it and not whose account it is: before it is linked there must be proof of that, and a recent one.

    Raises EidLinkedElsewhere, EidOfAnotherPerson, EidLinkTooOld, SessionEnded, ConfirmationNeeded.
    """
    account = await get_account(db, account_id)
    proven_at = await store.find_auth_time(db, session_id)
    opened = await sessions.elevate(db, account, session_id, acr="eid", methods=("eid",), now=now)
    outcome = await keep(db, account_id, card, keys=keys, now=now)
    if outcome == "linked" and (proven_at is None or now - proven_at > timedelta(seconds=FRESH_S)):
        raise ConfirmationNeeded(fresh_s=FRESH_S)
    await audit.record(
        db,
        f"eid-{outcome}",
        now=now,
        actor=audit.person(account_id),
        account_id=account_id,
        details={"session_id": str(session_id), "certificate_sha256": card.holder.certificate_sha256},
    )
    return Opened(await get_account(db, account_id), opened.session, opened.token), outcome


async def keep(db: Connection, account_id: UUID, card: Presented, *, keys: Keys, now: datetime) -> Outcome:
    """The account is linked to this card from now on, its number hashed under the current key.

    Raises EidLinkedElsewhere, EidOfAnotherPerson, EidLinkTooOld.
    """
    hashes = keys.hasher.hashes(card.subject.text)
    await accounts.lock_account(db, account_id)
    await store.lock_numbers(db, hashes)
    own = await store.find_link(db, account_id)
    of_number = await store.find_account_of_number(db, hashes)
    rules.require_readable(own, keys.hasher)
    outcome = rules.judge_link(account_id, card.holder, hashes, own=own, of_number=of_number)
    if outcome != "unchanged" or own is None:
        await _save(db, _link_of(account_id, card, keys.hasher), now=now)
        await _take_over(db, account_id, card, master=keys.master, now=now)
        return outcome
    is_due = rules.is_number_due(own, now=now)
    if is_due:
        await _send_number(db, account_id, card, master=keys.master, now=now)
    await store.touch_link(db, account_id, hashes[0], keys.hasher.key_id, number_sent=is_due, now=now)
    return outcome


async def _save(db: Connection, new: Link, *, now: datetime) -> None:
    try:
        await store.save_link(db, new, now=now)
    except asyncpg.UniqueViolationError as error:
        if constraint_of(error) == store.NUMBER_UNIQUE:
            raise EidLinkedElsewhere() from error
        raise


async def _take_over(db: Connection, account_id: UUID, card: Presented, *, master: MasterKey, now: datetime) -> None:
    """What the card says of the person becomes the account's, and everyone is told."""
    holder = card.holder
    before = await get_account(db, account_id)
    # Someone without first names keeps what they call themselves; the card has nothing that could replace it.
    first_name = holder.first_names or before.first_name
    await accounts.set_card_data(
        db,
        account_id,
        first_name=first_name,
        last_name=holder.last_name,
        birth_date=holder.birth_date or before.birth_date,
        sex=holder.sex or before.sex,
    )
    await outbox.append(db, await _linked(db, account_id, card, first_name, master=master, now=now))
    if (before.first_name, before.last_name) != (first_name, holder.last_name):
        await accounts.bump_version(db, account_id)
        await outbox.append(db, await profile_changed(db, await get_account(db, account_id), master=master))


async def _linked(
    db: Connection, account_id: UUID, card: Presented, first_name: str, *, master: MasterKey, now: datetime
) -> EidLinked | ForeignEidLinked:
    version = await accounts.bump_version(db, account_id)
    keyring = await keyring_of(db, master, account_id)
    sealed_first_name = keyring.seal(account_id, "first_name", first_name)
    sealed_last_name = keyring.seal(account_id, "last_name", card.holder.last_name)
    if card.subject.kind == "foreign":
        return ForeignEidLinked(
            version=version,
            account_id=account_id,
            first_name=sealed_first_name,
            last_name=sealed_last_name,
            linked_at=now,
        )
    birth_date = card.holder.birth_date
    return EidLinked(
        version=version,
        account_id=account_id,
        first_name=sealed_first_name,
        last_name=sealed_last_name,
        birth_date=keyring.seal(account_id, "birth_date", birth_date.isoformat()) if birth_date else None,
        national_number=keyring.seal(account_id, "national_number", card.subject.text),
        linked_at=now,
    )


async def _send_number(db: Connection, account_id: UUID, card: Presented, *, master: MasterKey, now: datetime) -> None:
    version = await accounts.bump_version(db, account_id)
    keyring = await keyring_of(db, master, account_id)
    number = keyring.seal(account_id, "national_number", card.subject.text)
    await outbox.append(
        db, EidPresented(version=version, account_id=account_id, national_number=number, presented_at=now)
    )


def _link_of(account_id: UUID, card: Presented, hasher: NumberHasher) -> Link:
    holder: Cardholder = card.holder
    return Link(
        account_id=account_id,
        number_hash=hasher.hash(card.subject.text),
        certificate_sha256=holder.certificate_sha256,
        hash_key_id=hasher.key_id,
        kind=card.subject.kind,
        certificate_ending=holder.certificate_ending,
        valid_until=holder.valid_until,
    )
