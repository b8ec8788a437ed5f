"""Which events a consumer has seen. It alone decides that, in the transaction of the effect."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from shared.db import Connection, Database

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


async def remember_positions(db: Connection, consumer: str, next_offsets: Mapping[tuple[str, int], int]) -> None:
    """Where to go on, by topic and partition, should Kafka forget it."""
    await db.execute(
        """
        INSERT INTO consumer_position (consumer, topic, partition, next_offset)
        SELECT $1, topic, partition, next_offset
        FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS p (topic, partition, next_offset)
        ORDER BY topic, partition
        ON CONFLICT ON CONSTRAINT consumer_position_pk DO UPDATE SET next_offset = excluded.next_offset
        """,
        consumer,
        [topic for topic, _ in next_offsets],
        [partition for _, partition in next_offsets],
        list(next_offsets.values()),
    )


async def positions(db: Connection, consumer: str) -> dict[tuple[str, int], int]:
    rows = await db.fetch("SELECT topic, partition, next_offset FROM consumer_position WHERE consumer = $1", consumer)
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def prune(database: Database, *, keep_days: int) -> int:
    """Forget what was seen more than keep_days ago, in small steps; return how many rows that were.

    What is older comes again only if Kafka and `consumer_position` have both lost how far the consumer is.
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
