"""What registries were asked about people, and how far their lists of changes were read; one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Inquiry:
    registry: str
    state: str
    asked_at: datetime
    answered_at: datetime | None


async def ask(db: Connection, account_id: UUID, registry: str, *, now: datetime, refresh_at: datetime) -> None:
    """The person waits for an answer."""
    await db.execute(
        """
        INSERT INTO inquiry (account_id, registry, state, asked_at, refresh_at) VALUES ($1, $2, 'pending', $3, $4)
        ON CONFLICT ON CONSTRAINT inquiry_pk DO UPDATE
        SET state = 'pending', asked_at = excluded.asked_at, refresh_at = excluded.refresh_at
        """,
        account_id,
        registry,
        now,
        refresh_at,
    )


async def mark_answered(
    db: Connection, account_id: UUID, registry: str, *, now: datetime, refresh_at: datetime
) -> str | None:
    """Return the state until now; None where nothing was asked."""
    return await db.fetchval(
        """
        UPDATE inquiry AS i SET state = 'answered', answered_at = $3, refresh_at = $4
        FROM (SELECT account_id, registry, state FROM inquiry WHERE account_id = $1 AND registry = $2) AS before
        WHERE i.account_id = before.account_id AND i.registry = before.registry
        RETURNING before.state
        """,
        account_id,
        registry,
        now,
        refresh_at,
    )


async def mark_unavailable(db: Connection, account_id: UUID, registry: str) -> datetime | None:
    """Return when it was asked; None where it was marked already, or nothing was asked."""
    return await db.fetchval(
        """
        UPDATE inquiry SET state = 'unavailable'
        WHERE account_id = $1 AND registry = $2 AND state <> 'unavailable'
        RETURNING asked_at
        """,
        account_id,
        registry,
    )


async def inquiries_of(db: Connection, account_id: UUID) -> list[Inquiry]:
    rows = await db.fetch(
        "SELECT registry, state, asked_at, answered_at FROM inquiry WHERE account_id = $1 ORDER BY registry", account_id
    )
    return [Inquiry(row["registry"], row["state"], row["asked_at"], row["answered_at"]) for row in rows]


async def take_due(db: Connection, *, now: datetime, until: datetime, limit: int) -> list[tuple[UUID, str]]:
    """Inquiries that it is time to repeat; their next time is set to `until`, so that they are due once."""
    rows = await db.fetch(
        """
        UPDATE inquiry SET refresh_at = $2 WHERE (account_id, registry) IN (
            SELECT account_id, registry FROM inquiry WHERE refresh_at <= $1
            ORDER BY refresh_at LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        RETURNING account_id, registry
        """,
        now,
        until,
        limit,
    )
    return [(row["account_id"], row["registry"]) for row in rows]


async def delete_inquiries(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM inquiry WHERE account_id = $1", account_id)


async def find_cursor(db: Connection, registry: str) -> str | None:
    return await db.fetchval("SELECT cursor FROM feed WHERE registry = $1", registry)


async def save_cursor(db: Connection, registry: str, cursor: str, *, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO feed (registry, cursor, polled_at) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT feed_pk DO UPDATE SET cursor = excluded.cursor, polled_at = excluded.polled_at
        """,
        registry,
        cursor,
        now,
    )
