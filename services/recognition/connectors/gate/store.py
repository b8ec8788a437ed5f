"""How each registry is doing; one statement a function. The clock is the database's, the same for all processes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.recognition.connectors.gate.rules import Circuit
from shared.db import Connection


@dataclass(frozen=True)
class State:
    registry: str
    circuit: Circuit
    next_call_at: datetime | None
    answered_at: datetime | None
    failed_at: datetime | None
    failed_why: str | None
    as_of: date | None
    now: datetime


async def take_turn(
    db: Connection, registry: str, *, every: timedelta, ahead: timedelta, trial: timedelta
) -> float | None:
    """Take the next turn, and return in how many seconds it is; None where it would be later than `ahead`, or the circuit is open.

    every: between two turns. trial: how long one question may take that shows whether the registry is back.
    """
    return await db.fetchval(
        """
        INSERT INTO registry AS r (registry, next_call_at) VALUES ($1, now() + $2)
        ON CONFLICT ON CONSTRAINT registry_pk DO UPDATE
        SET next_call_at = greatest(r.next_call_at, now()) + $2,
            probe_until = CASE WHEN r.open_until IS NOT NULL THEN now() + $4 END
        WHERE r.next_call_at <= now() + $3
            AND (r.open_until IS NULL OR (r.open_until <= now() AND (r.probe_until IS NULL OR r.probe_until <= now())))
        RETURNING extract(epoch FROM r.next_call_at - $2 - now())::float8
        """,
        registry,
        every,
        ahead,
        trial,
    )


async def find_state(db: Connection, registry: str) -> State | None:
    rows = await states_of(db, [registry])
    return rows[0] if rows else None


async def states_of(db: Connection, registries: Collection[str]) -> list[State]:
    rows = await db.fetch(
        """
        SELECT registry, failures, open_until, nullif(next_call_at, '-infinity') AS next_call_at, answered_at, failed_at,
               failed_why, as_of, now() AS now
        FROM registry WHERE registry = ANY ($1::text[]) ORDER BY registry
        """,
        list(registries),
    )
    return [
        State(
            row["registry"],
            Circuit(row["failures"], row["open_until"]),
            row["next_call_at"],
            row["answered_at"],
            row["failed_at"],
            row["failed_why"],
            row["as_of"],
            row["now"],
        )
        for row in rows
    ]


async def save_answered(db: Connection, registry: str) -> None:
    await db.execute(
        """
        UPDATE registry SET failures = 0, open_until = NULL, probe_until = NULL, answered_at = now() WHERE registry = $1
        """,
        registry,
    )


async def lock_circuit(db: Connection, registry: str) -> tuple[Circuit, datetime]:
    """And what time it is. Of a registry for which a turn was taken."""
    row: Any = await db.fetchrow(
        "SELECT failures, open_until, now() AS now FROM registry WHERE registry = $1 FOR UPDATE", registry
    )
    return Circuit(row["failures"], row["open_until"]), row["now"]


async def save_failed(db: Connection, registry: str, circuit: Circuit, why: str) -> None:
    await db.execute(
        """
        UPDATE registry SET failures = $2, open_until = $3, probe_until = NULL, failed_at = now(), failed_why = $4
        WHERE registry = $1
        """,
        registry,
        circuit.failures,
        circuit.open_until,
        why,
    )


async def postpone(db: Connection, registry: str, *, by: timedelta) -> None:
    """The registry itself asked to be left alone for so long."""
    await db.execute(
        """
        UPDATE registry SET next_call_at = greatest(next_call_at, now() + $2), probe_until = NULL, failed_at = now(),
            failed_why = 'asked-to-wait'
        WHERE registry = $1
        """,
        registry,
        by,
    )


async def save_as_of(db: Connection, registry: str, as_of: date | None) -> None:
    await db.execute(
        """
        INSERT INTO registry (registry, as_of, answered_at) VALUES ($1, $2, now())
        ON CONFLICT ON CONSTRAINT registry_pk DO UPDATE SET as_of = excluded.as_of, answered_at = excluded.answered_at
        """,
        registry,
        as_of,
    )


async def save_same_later(db: Connection, registry: str, file_id: UUID, as_of: date) -> None:
    """Where that file is the one that counts."""
    await db.execute(
        """
        UPDATE registry SET as_of = $3, answered_at = now()
        WHERE registry = $1 AND (as_of IS NULL OR as_of < $3) AND $2 = (
            SELECT id FROM registry_file WHERE registry = $1 AND state = 'applied' ORDER BY id DESC LIMIT 1
        )
        """,
        registry,
        file_id,
        as_of,
    )


async def waiting_by_registry(db: Connection, job_kind: str) -> dict[str, int]:
    """How many questions wait to be asked."""
    rows = await db.fetch(
        "SELECT payload ->> 'registry' AS registry, count(*) AS waiting FROM job WHERE kind = $1 GROUP BY 1", job_kind
    )
    return {row["registry"]: row["waiting"] for row in rows}
