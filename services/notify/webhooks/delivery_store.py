"""Events on their way to addresses, and the log of what came of it, one statement a function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.webhooks import attempt_store
from services.notify.webhooks.log_store import ToolEvent
from services.notify.webhooks.rules import Answer
from shared.db import Connection


@dataclass(frozen=True)
class Due:
    """One delivery. attempt: from 1. event: None where it is no longer kept."""

    delivery_id: int
    organisation_id: UUID
    attempt: int
    first_due_at: datetime
    event: ToolEvent | None


@dataclass(frozen=True)
class Outcome:
    """at: when the call began. run_at: when it is tried again; None for the end, `state` saying which."""

    due: Due
    answer: Answer
    state: str
    at: datetime
    run_at: datetime | None = None


@dataclass(frozen=True)
class Logged:
    """A line of the log. data: of a test, which is in no tool's log."""

    delivery_id: int
    cursor: int | None
    organisation_id: UUID
    type: str | None
    event_id: UUID | None
    account_id: UUID | None
    occurred_at: datetime | None
    data: Mapping[str, Any] | None
    state: str
    is_replay: bool
    attempts: int
    created_at: datetime
    run_at: datetime
    ended_at: datetime | None
    status: int | None
    duration_ms: int | None
    error: str
    answer: str


async def next_due(db: Connection, endpoint_id: UUID, *, limit: int) -> list[Due]:
    """In the order of the log. Never one whose predecessor of the same organisation waits for another try."""
    rows = await db.fetch(
        """
        SELECT d.delivery_id, d.organisation_id, d.attempts + 1 AS attempt, d.first_due_at,
            e.cursor, e.type, e.event_id, e.occurred_at, e.account_id, e.data
        FROM webhook_delivery d LEFT JOIN tool_event e ON e.tool_id = d.tool_id AND e.cursor = d.cursor
        WHERE d.endpoint_id = $1 AND d.state = 'waiting' AND d.run_at <= now() AND NOT EXISTS (
            SELECT FROM webhook_delivery b
            WHERE b.endpoint_id = $1 AND b.organisation_id = d.organisation_id AND b.state = 'waiting'
                  AND b.cursor < d.cursor AND b.run_at > now()
        )
        ORDER BY d.cursor LIMIT $2
        """,
        endpoint_id,
        limit,
    )
    return [_due(row) for row in rows]


async def write(db: Connection, endpoint_id: UUID, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """What waits behind one that failed waits as long. Calls that were not taken are kept each."""
    await db.execute(
        """
        WITH written AS (
            UPDATE webhook_delivery d SET state = o.state, attempts = d.attempts + 1, run_at = coalesce(o.run_at, d.run_at),
                ended_at = CASE WHEN o.state <> 'waiting' THEN $2::timestamptz END,
                status = o.status, duration_ms = o.duration_ms, error = o.error, answer = o.answer
            FROM unnest(
                $3::bigint[], $4::text[], $5::timestamptz[], $6::integer[], $7::integer[], $8::text[], $9::text[], $10::timestamptz[]
            ) AS o (delivery_id, state, run_at, status, duration_ms, error, answer, at)
            WHERE d.endpoint_id = $1 AND d.delivery_id = o.delivery_id AND d.state = 'waiting'
            RETURNING o.delivery_id, o.state, o.at, o.status, o.duration_ms, o.error
        )
        INSERT INTO webhook_attempt (delivery_id, at, status, duration_ms, error)
        SELECT delivery_id, at, status, duration_ms, error FROM written WHERE state <> 'delivered'
        """,
        endpoint_id,
        now,
        [one.due.delivery_id for one in outcomes],
        [one.state for one in outcomes],
        [one.run_at for one in outcomes],
        [one.answer.status for one in outcomes],
        [one.answer.duration_ms for one in outcomes],
        [one.answer.error for one in outcomes],
        [one.answer.text for one in outcomes],
        [one.at for one in outcomes],
    )
    if missed := [one.due.delivery_id for one in outcomes if one.state != "delivered"]:
        await attempt_store.forget_earlier(db, missed)
    held = [one for one in outcomes if one.run_at is not None]
    if held:
        await _hold(db, endpoint_id, held)


async def _hold(db: Connection, endpoint_id: UUID, held: Sequence[Outcome]) -> None:
    await db.execute(
        """
        UPDATE webhook_delivery d SET run_at = h.run_at
        FROM unnest($2::uuid[], $3::timestamptz[]) AS h (organisation_id, run_at)
        WHERE d.endpoint_id = $1 AND d.organisation_id = h.organisation_id AND d.state = 'waiting'
        """,
        endpoint_id,
        [one.due.organisation_id for one in held],
        [one.run_at for one in held],
    )


async def replay(db: Connection, endpoint_id: UUID, *, since: datetime) -> int:
    """Have everything sent again that the log holds since then, unless it waits anyway. How many."""
    return await db.fetchval(
        """
        WITH again AS (
            INSERT INTO webhook_delivery (endpoint_id, tool_id, cursor, organisation_id, is_replay)
            SELECT p.endpoint_id, e.tool_id, e.cursor, e.organisation_id, true
            FROM webhook_endpoint p JOIN tool_event e USING (tool_id)
            WHERE p.endpoint_id = $1 AND e.logged_at >= $2 AND (p.types = '{}' OR e.type = ANY (p.types))
            ORDER BY e.cursor
            ON CONFLICT DO NOTHING
            RETURNING endpoint_id
        ), woken AS (
            UPDATE webhook_endpoint SET next_at = now() WHERE endpoint_id IN (SELECT endpoint_id FROM again)
        )
        SELECT count(*) FROM again
        """,
        endpoint_id,
        since,
    )


async def insert_trial(
    db: Connection, endpoint_id: UUID, tool_id: str, event: ToolEvent, body: Mapping[str, Any], answer: Answer
) -> int:
    """A test that was sent at once. Returns its id."""
    return await db.fetchval(
        """
        INSERT INTO webhook_delivery (
            endpoint_id, tool_id, organisation_id, data, state, attempts, ended_at, status, duration_ms, error, answer
        ) VALUES ($1, $2, $3, $4, $5, 1, now(), $6, $7, $8, $9)
        RETURNING delivery_id
        """,
        endpoint_id,
        tool_id,
        event.organisation_id,
        dict(body),
        "delivered" if answer.is_taken else "failed",
        answer.status,
        answer.duration_ms,
        answer.error,
        answer.text,
    )


async def logged(
    db: Connection, endpoint_id: UUID, *, state: str | None, before: int | None, limit: int
) -> list[Logged]:
    """The latest first. state: None for all. before: the last id seen."""
    rows = await db.fetch(
        """
        SELECT d.delivery_id, d.cursor, d.organisation_id, e.type, e.event_id, e.account_id, e.occurred_at,
            coalesce(d.data, e.data) AS data, d.state, d.is_replay, d.attempts, d.created_at, d.run_at,
            d.ended_at, d.status, d.duration_ms, d.error, d.answer
        FROM webhook_delivery d LEFT JOIN tool_event e ON e.tool_id = d.tool_id AND e.cursor = d.cursor
        WHERE d.endpoint_id = $1 AND ($2::text IS NULL OR d.state = $2) AND ($3::bigint IS NULL OR d.delivery_id < $3)
        ORDER BY d.delivery_id DESC LIMIT $4
        """,
        endpoint_id,
        state,
        before,
        limit,
    )
    return [Logged(**row) for row in rows]


async def find_logged(db: Connection, endpoint_id: UUID, delivery_id: int) -> Logged | None:
    row = await db.fetchrow(
        """
        SELECT d.delivery_id, d.cursor, d.organisation_id, e.type, e.event_id, e.account_id, e.occurred_at,
            coalesce(d.data, e.data) AS data, d.state, d.is_replay, d.attempts, d.created_at, d.run_at,
            d.ended_at, d.status, d.duration_ms, d.error, d.answer
        FROM webhook_delivery d LEFT JOIN tool_event e ON e.tool_id = d.tool_id AND e.cursor = d.cursor
        WHERE d.endpoint_id = $1 AND d.delivery_id = $2
        """,
        endpoint_id,
        delivery_id,
    )
    return Logged(**row) if row else None


async def counts(db: Connection, endpoint_ids: Sequence[UUID]) -> dict[UUID, tuple[int, datetime | None]]:
    """How many wait for each address, and since when the first of them has."""
    rows = await db.fetch(
        """
        SELECT endpoint_id, count(*) AS waiting, min(first_due_at) AS since FROM webhook_delivery
        WHERE endpoint_id = ANY ($1::uuid[]) AND state = 'waiting' GROUP BY endpoint_id
        """,
        list(endpoint_ids),
    )
    return {row["endpoint_id"]: (row["waiting"], row["since"]) for row in rows}


async def backlog(db: Connection) -> tuple[int, float, int]:
    """How many wait for addresses that are switched on, how many seconds the first has, and how many addresses seem dead."""
    [row] = await db.fetch(
        """
        SELECT count(d.delivery_id) AS waiting,
            coalesce(extract(epoch FROM now() - min(d.first_due_at)), 0)::float8 AS age_s,
            (SELECT count(*) FROM webhook_endpoint WHERE off_at IS NULL AND failing_since < now() - interval '1 hour') AS failing
        FROM webhook_delivery d JOIN webhook_endpoint e USING (endpoint_id)
        WHERE d.state = 'waiting' AND e.off_at IS NULL
        """
    )
    return row["waiting"], row["age_s"], row["failing"]


async def last_failure(db: Connection, endpoint_id: UUID) -> str:
    """What the last call came to, in a few words of English; empty for none."""
    row = await db.fetchrow(
        """
        SELECT status, error FROM webhook_delivery
        WHERE endpoint_id = $1 AND state = 'waiting' AND attempts > 0 ORDER BY cursor LIMIT 1
        """,
        endpoint_id,
    )
    if row is None:
        return ""
    return row["error"] or f"HTTP {row['status']}"


async def prune(db: Connection, *, before: datetime, limit: int) -> int:
    return await db.fetchval(
        """
        WITH gone AS (
            DELETE FROM webhook_delivery WHERE delivery_id IN (
                SELECT delivery_id FROM webhook_delivery WHERE created_at < $1 ORDER BY created_at LIMIT $2
            )
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """,
        before,
        limit,
    )


def _due(row: Any) -> Due:
    names = ("cursor", "organisation_id", "type", "event_id", "occurred_at", "account_id", "data")
    event = None if row["cursor"] is None else ToolEvent(**{name: row[name] for name in names})
    return Due(row["delivery_id"], row["organisation_id"], row["attempt"], row["first_due_at"], event)
