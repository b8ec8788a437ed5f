"""What registries answer, kept and announced; and what ends, or is about to end, by its date."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from services.recognition import announcing, held_store, history_store, inquiry_store, store
from services.recognition.handlers import enqueue_fetch
from services.recognition.history_store import Changed, Why
from services.recognition.publish import publish
from services.recognition.rules import SUPPORT, Change, Entry, compare, current_of, notice_day, notice_stage
from services.recognition.store import Subject
from shared.db import Connection
from shared.events.recognition import RecognitionEvent, RegistryUnavailable
from shared.formats import BRUSSELS
from shared.sealed import Keyring

MOST_URGENT = 100
"""Of more changes at once, as when a whole file comes, none goes before someone who waits for their first answer."""


async def save_answer(
    db: Connection,
    asked: Subject,
    registry: str,
    entries: Sequence[Entry],
    graces: dict[str, int],
    keyring: Keyring,
    *,
    as_of: date | None,
    now: datetime,
    refresh_at: datetime,
) -> None:
    """Keep what the registry answered about `asked` and announce what is different. The keyring holds the person's key.

    Does nothing when the card was unlinked, or another one linked, while the registry was asked. Raises SubjectErased.
    """
    subject = await store.lock_subject(db, asked.account_id)
    if subject is None or subject.national_number != asked.national_number:
        return
    account_id, today = subject.account_id, now.astimezone(BRUSSELS).date()
    before = announcing.valid(await held_store.recognitions_of(db, account_id))
    known = {one.entry.kind: one.entry for one in before if one.registry == registry}
    change = compare(known, current_of(entries, graces, known, today=today))
    current = list(change.current.values())
    notices = [notice_day(entry.valid_until, entry.grace_days, today=today) for entry in current]
    await held_store.save_valid(db, account_id, registry, current, notices, now=now)
    await held_store.lapse(db, account_id, registry, change.lapsed, now=now)
    state = await inquiry_store.mark_answered(db, account_id, registry, as_of=as_of, now=now, refresh_at=refresh_at)
    if change.is_different or state != "answered":
        await history_store.insert_changes(db, _history(account_id, registry, known, change, today=today), now=now)
        after = announcing.valid(await held_store.recognitions_of(db, account_id))
        whole = announcing.fetched(account_id, registry, after, keyring, now=now)
        new = announcing.granted(account_id, registry, [change.current[kind] for kind in change.granted])
        counting = announcing.keys_of(after)
        gone: list[RecognitionEvent] = []
        for kind in change.lapsed:
            cause = _why_gone(known[kind], today)
            gone += announcing.lapsed(account_id, [(kind, registry)], counting, cause=cause)
        await publish(db, [whole, *new, *gone])


async def save_no_answer(db: Connection, account_id: UUID, registry: str) -> None:
    """Said once; what was known stays."""
    if await store.lock_subject(db, account_id) is None:
        return
    asked_at = await inquiry_store.mark_unavailable(db, account_id, registry)
    if asked_at is not None:
        await publish(db, [RegistryUnavailable(account_id=account_id, registry=registry, asked_at=asked_at)])


async def announce(db: Connection, account_id: UUID, keyring: Keyring, *, now: datetime) -> None:
    """All that counts, as it is. The keyring holds the person's key. Raises SubjectErased."""
    if await store.lock_subject(db, account_id) is not None:
        counting = announcing.valid(await held_store.recognitions_of(db, account_id))
        await publish(db, [announcing.fetched(account_id, SUPPORT, counting, keyring, now=now)])


async def lapse_ended(db: Connection, *, today: date, limit: int, now: datetime) -> int:
    """End what ended by its date and grace, and ask the registry whether it knows of more. Returns how many people that concerned."""
    account_ids = await held_store.lock_subjects_with_ended(db, today=today, limit=limit)
    ended = await held_store.lapse_ended(db, account_ids, today=today)
    counting = await held_store.counting_of(db, account_ids)
    changes = [Changed(one.account_id, one.registry, one.entry, "lapsed", "ended") for one in ended]
    await history_store.insert_changes(db, changes, now=now)
    events: list[RecognitionEvent] = []
    for one in sorted(ended, key=lambda one: (one.account_id, one.entry.kind)):
        events += announcing.lapsed(one.account_id, announcing.keys_of([one]), counting[one.account_id], cause="ended")
    await publish(db, events)
    await inquiry_store.make_due(db, [(one.account_id, one.registry) for one in ended], now=now)
    return len(account_ids)


async def tell_ending(db: Connection, *, today: date, limit: int, now: datetime) -> int:
    """Announce what is about to end, and what has ended and counts in its grace only. Returns how many people that concerned."""
    account_ids = await held_store.lock_subjects_with_notice(db, today=today, limit=limit)
    due = await held_store.due_notices(db, account_ids, today=today)
    events: list[RecognitionEvent] = []
    changes: list[Changed] = []
    for one in due:
        entry = one.entry
        ends = entry.valid_until or today  # without an end there is no notice
        stage = notice_stage(ends, today=today)
        again_on = notice_day(ends, entry.grace_days, today=today, told_days=stage)
        await held_store.save_notice(db, one, told_days=stage, notice_on=again_on)
        events.append(announcing.expiring(one, ends, today=today))
        if stage == 0:
            changes.append(Changed(one.account_id, one.registry, entry, "in-grace", "grace"))
    await inquiry_store.make_due(db, [(one.account_id, one.source) for one in changes], now=now)
    await history_store.insert_changes(db, changes, now=now)
    await publish(db, events)
    return len(account_ids)


async def follow_changes(
    db: Connection, registry: str, hashes: Collection[bytes], cursor: str, *, now: datetime
) -> None:
    """The registry changed something about these people: ask about those who are known here, and read on from the cursor."""
    concerned = await store.accounts_by_hash(db, hashes)
    for account_id in concerned:
        await enqueue_fetch(db, account_id, registry, urgent=len(concerned) <= MOST_URGENT)
    await inquiry_store.save_cursor(db, registry, cursor, now=now)


async def repeat_due(db: Connection, *, now: datetime, again_after: timedelta, limit: int) -> int:
    """Ask again about those who were last asked about long enough ago. Returns how many inquiries that were."""
    due = await inquiry_store.take_due(db, now=now, until=now + again_after, limit=limit)
    for account_id, registry in due:
        await enqueue_fetch(db, account_id, registry)
    return len(due)


def _history(account_id: UUID, registry: str, known: dict[str, Entry], change: Change, *, today: date) -> list[Changed]:
    found = [Changed(account_id, registry, change.current[kind], "granted", "answer") for kind in change.granted]
    for kind in sorted(change.current.keys() & known.keys()):
        if change.current[kind] != known[kind]:
            found.append(Changed(account_id, registry, change.current[kind], "changed", "answer"))
    for kind in change.lapsed:
        found.append(Changed(account_id, registry, known[kind], "lapsed", _why_gone(known[kind], today)))
    return found


def _why_gone(known: Entry, today: date) -> Why:
    """What ended by its date had been foreseen; everything else that is gone, the registry took away."""
    return "withdrawn" if known.counts_on(today) or known.is_in_grace(today) else "ended"
