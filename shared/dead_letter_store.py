"""The statements of `dead_letters`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.consume_decode import Received
from shared.db import Connection

State = Literal["parked", "waiting", "replaying", "replayed", "dropped"]


@dataclass(frozen=True)
class DeadLetter:
    """source: "event" or "job". For a job `type` is its kind and `payload` its JSON."""

    id: int
    source: Literal["event", "job"]
    consumer: str
    lane: str
    event_id: str
    state: State
    reason: str
    error: str
    attempts: int
    type: str
    topic: str
    partition: int | None
    offset: int | None
    key: bytes | None
    headers: Mapping[str, str]
    payload: bytes | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Refusal:
    """An event on its way into the table. reason "waiting": not looked at, because its lane is held."""

    received: Received
    state: Literal["parked", "waiting"]
    reason: str
    error: str = ""
    attempts: int = 0


async def lock_lane(db: Connection, consumer: str, lane: str) -> None:
    """Until the end of the transaction nobody else decides about this lane."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", f"{consumer} {lane}")


async def open_lanes(db: Connection, consumer: str, lanes: Collection[str]) -> set[str]:
    """Which of these lanes have open rows."""
    rows = await db.fetch(
        """
        SELECT l.lane FROM unnest($2::text[]) AS l (lane) WHERE EXISTS (
            SELECT FROM dead_letter AS d
            WHERE d.consumer = $1 AND d.lane = l.lane AND d.state IN ('parked', 'waiting', 'replaying')
        )
        """,
        consumer,
        list(lanes),
    )
    return {row["lane"] for row in rows}


async def insert_events(db: Connection, consumer: str, refusals: Sequence[Refusal]) -> list[DeadLetter]:
    received = [refusal.received for refusal in refusals]
    ids = await db.fetch(
        """
        INSERT INTO dead_letter (
            source, consumer, lane, event_id, state, reason, error, attempts, type, topic, partition, "offset", key, headers, payload
        )
        SELECT 'event', $1, lane, event_id, state, reason, error, attempts, type, topic, partition, "offset", key, headers, payload
        FROM unnest(
            $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::integer[],
            $11::bigint[], $12::bytea[], $13::jsonb[], $14::bytea[]
        ) WITH ORDINALITY AS r (
            lane, event_id, state, reason, error, attempts, type, topic, partition, "offset", key, headers, payload, n
        )
        ORDER BY n
        ON CONFLICT ON CONSTRAINT dead_letter_once DO NOTHING
        RETURNING id
        """,
        consumer,
        [event.lane for event in received],
        [event.event_id for event in received],
        [refusal.state for refusal in refusals],
        [refusal.reason for refusal in refusals],
        [refusal.error for refusal in refusals],
        [refusal.attempts for refusal in refusals],
        [event.type for event in received],
        [event.topic for event in received],
        [event.partition for event in received],
        [event.offset for event in received],
        [event.key for event in received],
        [dict(event.headers) for event in received],
        [event.payload for event in received],
    )
    return await select(db, ids=[row["id"] for row in ids], limit=len(ids))


async def insert_job(
    db: Connection,
    *,
    consumer: str,
    job_id: str,
    kind: str,
    key: str | None,
    headers: Mapping[str, str],
    payload: bytes,
    reason: str,
    error: str,
    attempts: int,
) -> DeadLetter:
    """A job that was replayed and given up again has its row opened again."""
    dead_letter_id = await db.fetchval(
        """
        INSERT INTO dead_letter (source, consumer, lane, event_id, state, reason, error, attempts, type, key, headers, payload)
        VALUES ('job', $1, 'job/' || $2, $2, 'parked', $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT ON CONSTRAINT dead_letter_once DO UPDATE SET
            state = 'parked', reason = excluded.reason, error = excluded.error, changed_at = now(),
            attempts = dead_letter.attempts + excluded.attempts
        RETURNING id
        """,
        consumer,
        job_id,
        reason,
        error,
        attempts,
        kind,
        key.encode() if key is not None else None,
        headers,
        payload,
    )
    (letter,) = await select(db, ids=[dead_letter_id], limit=1)
    return letter


async def select(
    db: Connection,
    *,
    ids: Sequence[int] | None = None,
    states: Sequence[State] | None = None,
    after: int = 0,
    limit: int,
) -> list[DeadLetter]:
    """By number, ascending; None filters nothing."""
    rows = await db.fetch(
        """
        SELECT id, source, consumer, lane, event_id, state, reason, error, attempts, type, topic, partition, "offset", key, headers,
            payload, created_at, changed_at
        FROM dead_letter
        WHERE id > $3 AND ($1::bigint[] IS NULL OR id = ANY ($1)) AND ($2::text[] IS NULL OR state = ANY ($2))
        ORDER BY id LIMIT $4
        """,
        ids,
        states,
        after,
        limit,
    )
    return [DeadLetter(**row) for row in rows]


async def find_head(db: Connection, consumer: str, lane: str) -> DeadLetter | None:
    """The first open row of a lane."""
    row = await db.fetchrow(
        """
        SELECT id, source, consumer, lane, event_id, state, reason, error, attempts, type, topic, partition, "offset", key, headers,
            payload, created_at, changed_at
        FROM dead_letter
        WHERE consumer = $1 AND lane = $2 AND state IN ('parked', 'waiting', 'replaying')
        ORDER BY id LIMIT 1
        """,
        consumer,
        lane,
    )
    return DeadLetter(**row) if row else None


async def runnable_lanes(db: Connection, consumers: Sequence[str]) -> list[tuple[str, str]]:
    """Lanes (consumer, lane) whose first open row is not parked."""
    rows = await db.fetch(
        """
        SELECT consumer, lane FROM (
            SELECT DISTINCT ON (consumer, lane) consumer, lane, state, id FROM dead_letter
            WHERE consumer = ANY ($1::text[]) AND state IN ('parked', 'waiting', 'replaying')
            ORDER BY consumer, lane, id
        ) AS head
        WHERE state <> 'parked' ORDER BY id
        """,
        consumers,
    )
    return [(row["consumer"], row["lane"]) for row in rows]


async def set_state(
    db: Connection,
    dead_letter_id: int,
    state: State,
    *,
    reason: str | None = None,
    error: str | None = None,
    tried: int = 0,
) -> DeadLetter:
    """tried: how many attempts to add. reason, error: None keeps what is there."""
    await db.execute(
        """
        UPDATE dead_letter SET state = $2, reason = coalesce($3, reason), error = coalesce($4, error), attempts = attempts + $5,
            changed_at = now()
        WHERE id = $1
        """,
        dead_letter_id,
        state,
        reason,
        error,
        tried,
    )
    (letter,) = await select(db, ids=[dead_letter_id], limit=1)
    return letter


async def count_by_state(db: Connection) -> dict[str, int]:
    """The open ones; what is settled is history."""
    rows: list[Any] = await db.fetch(
        """
        SELECT state, count(*) AS letters FROM dead_letter WHERE state IN ('parked', 'waiting', 'replaying') GROUP BY state
        """
    )
    return {row["state"]: row["letters"] for row in rows}


async def prune(db: Connection, *, keep_days: int) -> int:
    """Delete what was settled that long ago; return how many. Open letters stay, however old."""
    status = await db.execute(
        "DELETE FROM dead_letter WHERE state IN ('replayed', 'dropped') AND changed_at < now() - $1::interval",
        timedelta(days=keep_days),
    )
    return int(status.rpartition(" ")[2])
