"""Asking registries about people, and keeping and announcing what they answer."""

import random
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from services.recognition import audit, inquiry_store, store
from services.recognition.publish import publish
from services.recognition.rules import (
    ASK_AGAIN_AFTER_S,
    Change,
    EidNotLinked,
    Entry,
    TooSoon,
    compare,
    current_of,
)
from services.recognition.store import Recognition, Subject
from shared import jobs
from shared.db import Connection
from shared.events.recognition import (
    HeldRecognition,
    RecognitionEvent,
    RecognitionGranted,
    RecognitionLapsed,
    RecognitionsFetched,
    RegistryUnavailable,
)
from shared.formats import BRUSSELS
from shared.sealed import Keyring, Sealed
from shared.tokens import Person

FETCH_JOB = "fetch-recognitions"


async def link(
    db: Connection, account_id: UUID, number: Sealed, registries: Collection[str], *, linked_at: datetime, now: datetime
) -> None:
    """Someone linked a card: every registry is asked about them, without their doing anything."""
    await store.link_subject(db, account_id, number, linked_at)
    await audit.record(db, "link", account_id, actor="identity", origin="EidLinked")
    await _ask_all(db, account_id, registries, now=now)


async def link_without_number(db: Connection, account_id: UUID, *, linked_at: datetime) -> None:
    """A card of another country: registries here do not know its holder by it."""
    await store.link_subject(db, account_id, None, linked_at)
    await audit.record(db, "link", account_id, actor="identity", origin="ForeignEidLinked")


async def present(
    db: Connection,
    account_id: UUID,
    number: Sealed,
    registries: Collection[str],
    *,
    presented_at: datetime,
    now: datetime,
) -> None:
    """The linked card came by: the number may be kept longer; where it was let go, it is kept and asked with again."""
    if not await store.renew_number(db, account_id, presented_at):
        await link(db, account_id, number, registries, linked_at=presented_at, now=now)


async def unlink(db: Connection, account_id: UUID) -> None:
    await _let_go(db, account_id, "unlink", actor="identity", origin="EidUnlinked")


async def let_old_numbers_go(db: Connection, *, before: datetime, limit: int) -> int:
    """Of those who did not come by with their card since. Returns how many people that concerned."""
    account_ids = await store.lock_subjects_with_old_number(db, before=before, limit=limit)
    for account_id in account_ids:
        await _let_go(db, account_id, "let-number-go", actor="recognition", origin="timer")
    return len(account_ids)


async def _let_go(db: Connection, account_id: UUID, action: str, *, actor: str, origin: str) -> None:
    """Without the number no registry can be asked whether it still vouches for the person: what they held by it lapses."""
    if await store.lock_subject(db, account_id) is None:
        return
    held = _valid(await store.recognitions_of(db, account_id))
    await store.unlink_subject(db, account_id)
    await store.delete_recognitions(db, account_id)
    await inquiry_store.delete_inquiries(db, account_id)
    await audit.record(db, action, account_id, actor=actor, origin=origin)
    await publish(
        db, [RecognitionLapsed(account_id=account_id, kind=one.entry.kind, source=one.registry) for one in held]
    )


async def merge(db: Connection, into: UUID, merged: UUID, registries: Collection[str], *, now: datetime) -> None:
    """What was known of one account is known of the other, and the registries are asked: their answer is what counts.

    Only one of the two can have had a card.
    """
    for account_id in sorted((into, merged)):
        await store.lock_subject(db, account_id)
    if await store.hand_over_subject(db, merged, into):
        await audit.record(db, "merge", into, actor="identity", origin="AccountsMerged")
        await _ask_all(db, into, registries, now=now)


async def erase(db: Connection, account_id: UUID) -> None:
    """Nothing stays: what somebody holds is of use to nobody else. May be repeated."""
    if await store.delete_subject(db, account_id):
        await audit.record(db, "erase", account_id, actor="identity", origin="ErasureStarted")


async def request_refresh(db: Connection, caller: Person, registries: Collection[str], *, now: datetime) -> None:
    """Raises EidNotLinked, TooSoon."""
    subject = await store.lock_subject(db, caller.account_id)
    if subject is None or subject.national_number is None:
        raise EidNotLinked()
    asked = [inquiry.asked_at for inquiry in await inquiry_store.inquiries_of(db, caller.account_id)]
    wait_s = ASK_AGAIN_AFTER_S - (now - max(asked)).total_seconds() if asked else 0
    if wait_s > 0:
        raise TooSoon(retry_after_s=int(wait_s) + 1)
    session = f"session {caller.session_id}"
    await audit.record(db, "request-refresh", caller.account_id, actor=str(caller.account_id), origin=session)
    await _ask_all(db, caller.account_id, registries, now=now)


async def enqueue_fetch(db: Connection, account_id: UUID, registry: str, *, urgent: bool = False) -> None:
    """Asking while such a job waits or runs is one more run at most, begun after this commit."""
    await jobs.enqueue(
        db,
        FETCH_JOB,
        {"account_id": str(account_id), "registry": registry},
        key=str(account_id),
        unique=f"{account_id}:{registry}",
        priority=jobs.URGENT if urgent else 0,
    )


async def save_answer(
    db: Connection,
    asked: Subject,
    registry: str,
    entries: Sequence[Entry],
    kinds: frozenset[str],
    keyring: Keyring,
    *,
    now: datetime,
    refresh_at: datetime,
) -> None:
    """Keep what the registry answered about `asked` and announce what is different. The keyring holds the person's key.

    Does nothing when the card was unlinked, or another one linked, while the registry was asked. Raises SubjectErased.
    """
    subject = await store.lock_subject(db, asked.account_id)
    if subject is None or subject.national_number != asked.national_number:
        return
    before = await store.recognitions_of(db, subject.account_id)
    known = {one.entry.kind: one.entry for one in _valid(before) if one.registry == registry}
    change = compare(known, current_of(entries, kinds, today=now.astimezone(BRUSSELS).date()))
    await store.save_valid(db, subject.account_id, registry, list(change.current.values()), now=now)
    await store.lapse(db, subject.account_id, registry, change.lapsed, now=now)
    state = await inquiry_store.mark_answered(db, subject.account_id, registry, now=now, refresh_at=refresh_at)
    if change.is_different or state != "answered":
        after = _valid(await store.recognitions_of(db, subject.account_id))
        await publish(db, _events(subject.account_id, registry, change, after, keyring, now=now))


async def save_no_answer(db: Connection, account_id: UUID, registry: str) -> None:
    """Said once; what was known stays."""
    if await store.lock_subject(db, account_id) is None:
        return
    asked_at = await inquiry_store.mark_unavailable(db, account_id, registry)
    if asked_at is not None:
        await publish(db, [RegistryUnavailable(account_id=account_id, registry=registry, asked_at=asked_at)])


async def lapse_ended(db: Connection, *, today: date, limit: int) -> int:
    """End what ended by its date, and ask the registry whether it knows of more. Returns how many people that concerned."""
    account_ids = await store.lock_subjects_with_ended(db, today=today, limit=limit)
    ended = await store.lapse_ended(db, account_ids, today=today)
    await publish(
        db, [RecognitionLapsed(account_id=one.account_id, kind=one.kind, source=one.registry) for one in ended]
    )
    for account_id, registry in sorted({(one.account_id, one.registry) for one in ended}):
        await enqueue_fetch(db, account_id, registry)
    return len(account_ids)


async def follow_changes(
    db: Connection, registry: str, hashes: Collection[bytes], cursor: str, *, now: datetime
) -> None:
    """The registry changed something about these people: ask about those who are known here, and read on from the cursor."""
    for account_id in await store.accounts_by_hash(db, hashes):
        await enqueue_fetch(db, account_id, registry, urgent=True)
    await inquiry_store.save_cursor(db, registry, cursor, now=now)


async def repeat_due(db: Connection, *, now: datetime, again_after: timedelta, limit: int) -> int:
    """Ask again about those who were last asked about long enough ago. Returns how many inquiries that were."""
    due = await inquiry_store.take_due(db, now=now, until=now + again_after, limit=limit)
    for account_id, registry in due:
        await enqueue_fetch(db, account_id, registry)
    return len(due)


def spread(again_after: timedelta) -> timedelta:
    """Between 0.8 and 1.2 times as long, so that those who were asked about together are not for ever."""
    return again_after * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, protects nothing


async def _ask_all(db: Connection, account_id: UUID, registries: Collection[str], *, now: datetime) -> None:
    for registry in sorted(registries):
        await inquiry_store.ask(db, account_id, registry, now=now, refresh_at=now + timedelta(days=1))
        await enqueue_fetch(db, account_id, registry, urgent=True)


def _valid(recognitions: Sequence[Recognition]) -> list[Recognition]:
    return [one for one in recognitions if one.state == "valid"]


def _events(
    account_id: UUID, registry: str, change: Change, after: Sequence[Recognition], keyring: Keyring, *, now: datetime
) -> list[RecognitionEvent]:
    """The whole set first, then what is new in it and what has left it."""
    fetched = RecognitionsFetched(
        account_id=account_id,
        registry=registry,
        recognitions=tuple(_held(account_id, one, keyring) for one in after),
        fetched_at=now,
    )
    granted = [
        RecognitionGranted(
            account_id=account_id, kind=kind, valid_until=change.current[kind].valid_until, source=registry
        )
        for kind in change.granted
    ]
    lapsed = [RecognitionLapsed(account_id=account_id, kind=kind, source=registry) for kind in change.lapsed]
    return [fetched, *granted, *lapsed]


def _held(account_id: UUID, one: Recognition, keyring: Keyring) -> HeldRecognition:
    number = one.entry.number
    return HeldRecognition(
        kind=one.entry.kind,
        number=keyring.seal(account_id, "number", number) if number else None,
        valid_until=one.entry.valid_until,
        source=one.registry,
    )
