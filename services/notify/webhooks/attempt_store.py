"""What came of each call of a delivery, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.db import Connection

MAX_KEPT = 20
"""Of one delivery, the last ones; as many as five days of failures make."""


@dataclass(frozen=True)
class Attempt:
    """at: when it began. status: None without an answer, and then `error` says why."""

    at: datetime
    status: int | None
    duration_ms: int
    error: str


async def of(db: Connection, delivery_ids: Sequence[int]) -> dict[int, list[Attempt]]:
    """Those that were not taken, by delivery, the first of them first."""
    rows = await db.fetch(
        """
        SELECT delivery_id, at, status, duration_ms, error FROM webhook_attempt
        WHERE delivery_id = ANY ($1::bigint[]) ORDER BY delivery_id, n
        """,
        list(delivery_ids),
    )
    found: dict[int, list[Attempt]] = {}
    for row in rows:
        attempt = Attempt(row["at"], row["status"], row["duration_ms"], row["error"])
        found.setdefault(row["delivery_id"], []).append(attempt)
    return found


async def forget_earlier(db: Connection, delivery_ids: Sequence[int]) -> None:
    """All but the last ones."""
    await db.execute(
        """
        DELETE FROM webhook_attempt a USING (
            SELECT delivery_id, n, row_number() OVER (PARTITION BY delivery_id ORDER BY n DESC) AS place
            FROM webhook_attempt WHERE delivery_id = ANY ($1::bigint[])
        ) AS kept
        WHERE a.delivery_id = kept.delivery_id AND a.n = kept.n AND kept.place > $2
        """,
        list(delivery_ids),
        MAX_KEPT,
    )
