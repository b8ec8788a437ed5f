"""What could not be handled, and what waits behind it.

A lane (a topic and a key) with an open row lets nothing past: its new events become waiting rows. Replaying runs the parked row and
then the waiting ones in order; only when none is left do new events run directly. Whoever decides about a lane holds its lock,
so that an arriving event and a replay cannot overtake one another.

States: parked (an operator must decide), waiting (behind it, or about to run), replaying (asked for), replayed, dropped.
A job that was given up is parked here too; nothing waits behind it.
"""

from collections.abc import Collection, Sequence
from typing import Any

from pydantic_core import from_json, to_json

from shared import dead_letter_store as store
from shared import job_store, outbox
from shared.consume_errors import reason_of
from shared.db import Connection, Database
from shared.dead_letter_store import DeadLetter, Refusal, State
from shared.errors import Conflict, NotFound
from shared.job_store import Job
from shared.markers import N_
from shared.redact import describe

JOBS = "jobs"
MAX_LISTED = 500
KEEP_SETTLED_DAYS = 30

# The mirror must fit into a message, whatever was in the original.
_MAX_MIRRORED_PAYLOAD = 900_000
_MAX_MIRRORED_KEY = 1_000
_MAX_MIRRORED_HEADERS = 40
_MAX_MIRRORED_HEADER = 500


class DeadLetterNotFound(NotFound):
    code = "dead-letter-not-found"
    message = N_("There is no dead letter with this number.")


class DeadLetterNotParked(Conflict):
    code = "dead-letter-not-parked"
    message = N_("Only a parked dead letter can be replayed or dropped.")


async def held_lanes(db: Connection, consumer: str, lanes: Collection[str]) -> set[str]:
    """Which of these lanes are held. Their locks are held afterwards, so that the answer stays true until the commit."""
    maybe = await store.open_lanes(db, consumer, lanes)
    if not maybe:
        return set()
    for lane in sorted(maybe):
        await store.lock_lane(db, consumer, lane)
    return await store.open_lanes(db, consumer, maybe)


async def refuse(db: Connection, service: str, consumer: str, refusals: Sequence[Refusal]) -> None:
    """Park these events or let them wait, in this order."""
    letters = await store.insert_events(db, consumer, refusals)
    await _mirror(db, service, letters)


async def park_job(db: Connection, service: str, job: Job, error: Exception) -> None:
    """Keep a job that was given up. Its lease is the caller's, and its row is deleted in the same transaction."""
    letter = await store.insert_job(
        db,
        consumer=JOBS,
        job_id=str(job.id),
        kind=job.kind,
        key=job.key,
        headers=job.headers,
        payload=to_json(job.payload),
        reason=reason_of(error),
        error=describe(error),
        attempts=job.attempt - job.forgiven,
    )
    await _mirror(db, service, [letter])


async def list_letters(
    db: Connection, *, states: Sequence[State] | None = None, after: int = 0, limit: int = 100
) -> list[DeadLetter]:
    """By number, from the first after `after`; at most MAX_LISTED. states: None for what is open."""
    wanted: Sequence[State] = states or ("parked", "waiting", "replaying")
    return await store.select(db, states=wanted, after=after, limit=min(limit, MAX_LISTED))


async def show(db: Connection, dead_letter_id: int) -> DeadLetter:
    """Raises DeadLetterNotFound."""
    found = await store.select(db, ids=[dead_letter_id], limit=1)
    if not found:
        raise DeadLetterNotFound()
    return found[0]


async def replay(db: Connection, service: str, dead_letter_id: int) -> DeadLetter:
    """Have a parked letter handled again, then what waits behind it. It keeps its id and its key, so nobody sees it twice.

    A job returns to the queue; an event is handled by the worker, which is woken after the commit. Raises DeadLetterNotParked.
    """
    letter = await _get_parked(db, dead_letter_id)
    if letter.source == "job":
        key = letter.key.decode() if letter.key is not None else None
        payload = from_json(letter.payload or b"null")
        await job_store.insert_again(db, letter.event_id, letter.type, payload, letter.headers, key=key)
        db.mark("job")
        letter = await store.set_state(db, letter.id, "replayed")
    else:
        letter = await store.set_state(db, letter.id, "replaying")
        db.mark("dead_letter")
    await _mirror(db, service, [letter])
    return letter


async def drop(db: Connection, service: str, dead_letter_id: int) -> DeadLetter:
    """Never handle this one; what waits behind it runs at once. Raises DeadLetterNotParked."""
    letter = await _get_parked(db, dead_letter_id)
    letter = await store.set_state(db, letter.id, "dropped")
    db.mark("dead_letter")
    await _mirror(db, service, [letter])
    return letter


async def prune(database: Database, *, keep_days: int = KEEP_SETTLED_DAYS) -> int:
    """Forget what was settled more than keep_days ago; return how many letters that were."""
    async with database.transaction() as db:
        return await store.prune(db, keep_days=keep_days)


async def counts(db: Connection) -> dict[str, int]:
    """How many letters are open, by state."""
    return await store.count_by_state(db)


async def settle(db: Connection, service: str, letter: DeadLetter, error: Exception | None, *, tried: int) -> None:
    """Write down how a replay ended: replayed, or parked again with the new error."""
    if error is None:
        changed = await store.set_state(db, letter.id, "replayed", tried=tried)
    else:
        changed = await store.set_state(
            db, letter.id, "parked", reason=reason_of(error), error=describe(error), tried=tried
        )
    await _mirror(db, service, [changed])


async def _get_parked(db: Connection, dead_letter_id: int) -> DeadLetter:
    letter = await show(db, dead_letter_id)
    await store.lock_lane(db, letter.consumer, letter.lane)
    letter = await show(db, dead_letter_id)
    if letter.state != "parked":
        raise DeadLetterNotParked()
    return letter


async def _mirror(db: Connection, service: str, letters: Sequence[DeadLetter]) -> None:
    if letters:
        await outbox.append_messages(db, [_mirrored(service, letter) for letter in letters])


def _mirrored(service: str, letter: DeadLetter) -> outbox.Message:
    """The original with what became of it in headers. The payload of a job stays here: it may hold personal data."""
    original = list(letter.headers.items())[:_MAX_MIRRORED_HEADERS]
    headers: dict[str, Any] = {name[:100]: value[:_MAX_MIRRORED_HEADER] for name, value in original}
    headers |= {
        "dead_letter_id": str(letter.id),
        "dead_letter_state": letter.state,
        "dead_letter_source": letter.source,
        "dead_letter_consumer": letter.consumer,
        "dead_letter_topic": letter.topic,
        "dead_letter_type": letter.type[:_MAX_MIRRORED_HEADER],
        "dead_letter_reason": letter.reason,
        "dead_letter_error": letter.error,
        "dead_letter_attempts": str(letter.attempts),
    }
    key = letter.key if letter.key is not None and len(letter.key) <= _MAX_MIRRORED_KEY else None
    whole = letter.source == "event" and len(letter.payload or b"") <= _MAX_MIRRORED_PAYLOAD
    return outbox.Message(f"{service}.dead-letters", key, (letter.payload or b"") if whole else b"", headers)
