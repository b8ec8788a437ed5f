"""Which events a consumer has seen. It alone decides that, in the transaction of the effect."""

from collections.abc import Sequence
from datetime import timedelta

from shared.db import Connection, Database

# Twice the time that Kafka keeps events (7 days, as it does unless told otherwise): what can still be delivered again is remembered.
KEEP_DAYS = 14
_PRUNE_ROWS = 5_000


async def take(db: Connection, consumer: str, event_ids: Sequence[str]) -> set[str]:
    """Mark these events as seen and return those that were not.

    Waits for a transaction elsewhere that is handling one of them at this moment.
    """
    rows = await db.fetch(
        """
        INSERT INTO inbox (consumer, event_id)
        SELECT $1, event_id FROM unnest($2::text[]) AS event_id
        ON CONFLICT ON CONSTRAINT inbox_pk DO NOTHING
        RETURNING event_id
        """,
        consumer,
        event_ids,
    )
    return {row["event_id"] for row in rows}


async def prune(database: Database, *, keep_days: int = KEEP_DAYS) -> int:
    """Forget what was seen more than keep_days ago, in small steps; return how many rows that were.

    keep_days must be longer than Kafka keeps events, or a consumer that starts again from the beginning repeats effects.
    """
    pruned = 0
    while True:
        async with database.transaction() as db:
            status = await db.execute(
                """
                DELETE FROM inbox WHERE (consumer, event_id) IN (
                    SELECT consumer, event_id FROM inbox WHERE received_at < now() - $1::interval ORDER BY received_at LIMIT $2
                )
                """,
                timedelta(days=keep_days),
                _PRUNE_ROWS,
            )
        rows = int(status.rpartition(" ")[2])
        pruned += rows
        if rows < _PRUNE_ROWS:
            return pruned
