"""People and their cards: from when registries can be asked about someone, until when, and at whose wish."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from services.recognition import announcing, audit, held_store, history_store, inquiry_store, store
from services.recognition.history_store import Changed, Why
from services.recognition.publish import publish
from services.recognition.rules import ASK_AGAIN_AFTER_S, SUPPORT, EidNotLinked, TooSoon
from shared import jobs
from shared.db import Connection
from shared.sealed import Sealed
from shared.tokens import Person

FETCH_JOB = "fetch-recognitions"
ANNOUNCE_JOB = "announce-recognitions"


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


async def unlink(db: Connection, account_id: UUID, *, now: datetime) -> None:
    await _let_go(db, account_id, "unlink", "card-unlinked", actor="identity", origin="EidUnlinked", now=now)


async def let_old_numbers_go(db: Connection, *, before: datetime, limit: int, now: datetime) -> int:
    """Of those who did not come by with their card since. Returns how many people that concerned."""
    account_ids = await store.lock_subjects_with_old_number(db, before=before, limit=limit)
    for account_id in account_ids:
        await _let_go(db, account_id, "let-number-go", "number-let-go", actor="recognition", origin="timer", now=now)
    return len(account_ids)


async def _let_go(
    db: Connection, account_id: UUID, action: str, why: Why, *, actor: str, origin: str, now: datetime
) -> None:
    """Without the number no registry can be asked whether it still vouches for the person: what they held by it lapses.

    What the staff recorded on evidence was not found by the card, and stays.
    """
    if await store.lock_subject(db, account_id) is None:
        return
    counting = announcing.valid(await held_store.recognitions_of(db, account_id))
    ended = [one for one in counting if one.registry != SUPPORT]
    kept = announcing.keys_of(one for one in counting if one.registry == SUPPORT)
    await store.unlink_subject(db, account_id)
    await held_store.delete_fetched(db, account_id)
    await inquiry_store.delete_inquiries(db, account_id)
    await audit.record(db, action, account_id, actor=actor, origin=origin)
    changes = [Changed(account_id, one.registry, one.entry, "lapsed", why) for one in ended]
    await history_store.insert_changes(db, changes, now=now)
    await publish(db, announcing.lapsed(account_id, announcing.keys_of(ended), kept, cause=why))


async def merge(db: Connection, into: UUID, merged: UUID, registries: Collection[str], *, now: datetime) -> None:
    """What was known of one account is known of the other, and the registries are asked: their answer is what counts.

    Only one of the two can have had a card.
    """
    for account_id in sorted((into, merged)):
        await store.lock_subject(db, account_id)
    held = await held_store.recognitions_of(db, merged)
    if await store.hand_over_subject(db, merged, into):
        await audit.record(db, "merge", into, actor="identity", origin="AccountsMerged")
        await _ask_all(db, into, registries, now=now)
    elif held:
        await audit.record(db, "merge", into, actor="identity", origin="AccountsMerged")
        await jobs.enqueue(db, ANNOUNCE_JOB, {"account_id": str(into)}, key=str(into), unique=str(into))


async def erase(db: Connection, account_id: UUID) -> None:
    """Nothing stays: what somebody holds is of use to nobody else. May be repeated."""
    if await store.delete_subject(db, account_id):
        await audit.record(db, "erase", account_id, actor="identity", origin="ErasureStarted")


async def request_refresh(db: Connection, caller: Person, registries: Collection[str], *, now: datetime) -> None:
    """Raises EidNotLinked, TooSoon."""
    subject = await store.lock_subject(db, caller.account_id)
    if subject is None or subject.national_number is None:
        raise EidNotLinked()
    again_at = await ask_again_at(db, caller.account_id)
    if again_at is not None and again_at > now:
        raise TooSoon(retry_after_s=int((again_at - now).total_seconds()) + 1)
    session = f"session {caller.session_id}"
    await audit.record(db, "request-refresh", caller.account_id, actor=str(caller.account_id), origin=session)
    await _ask_all(db, caller.account_id, registries, now=now)


async def ask_again_at(db: Connection, account_id: UUID) -> datetime | None:
    """From when the person may have the registries asked again; None for at any time."""
    asked = [inquiry.asked_at for inquiry in await inquiry_store.inquiries_of(db, account_id)]
    return max(asked) + timedelta(seconds=ASK_AGAIN_AFTER_S) if asked else None


async def enqueue_fetch(db: Connection, account_id: UUID, registry: str, *, urgent: bool = False) -> None:
    """Asking while such a job waits or runs is one more run at most, begun after this commit."""
    await jobs.enqueue(
        db,
        FETCH_JOB,
        {"account_id": str(account_id), "registry": registry, "urgent": urgent},
        key=str(account_id),
        unique=f"{account_id}:{registry}",
        priority=jobs.URGENT if urgent else 0,
    )


async def _ask_all(db: Connection, account_id: UUID, registries: Collection[str], *, now: datetime) -> None:
    for registry in sorted(registries):
        await inquiry_store.ask(db, account_id, registry, now=now, refresh_at=now + timedelta(days=1))
        await enqueue_fetch(db, account_id, registry, urgent=True)
