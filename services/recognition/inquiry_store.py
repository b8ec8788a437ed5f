"""What registries were asked about people, and how far their lists of changes were read; one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Inquiry:
    registry: str
    state: str
    asked_at: datetime
    answered_at: datetime | None
    as_of: date | None


@dataclass(frozen=True)
class Feed:
    """How far a list of changes was read. etag, last_modified: by which the registry says whether there is more; None where it does not."""

    cursor: str | None = None
    etag: str | None = None
    last_modified: str | None = None


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
    db: Connection, account_id: UUID, registry: str, *, as_of: date | None, now: datetime, refresh_at: datetime
) -> str | None:
    """Return the state until now; None where nothing was asked."""
    return await db.fetchval(
        """
        UPDATE inquiry AS i SET state = 'answered', answered_at = $3, refresh_at = $4, as_of = $5
        FROM (SELECT account_id, registry, state FROM inquiry WHERE account_id = $1 AND registry = $2) AS before
        WHERE i.account_id = before.account_id AND i.registry = before.registry
        RETURNING before.state
        """,
        account_id,
        registry,
        now,
        refresh_at,
        as_of,
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
        "SELECT registry, state, asked_at, answered_at, as_of FROM inquiry WHERE account_id = $1 ORDER BY registry",
        account_id,
    )
    return [Inquiry(**dict(row)) for row in rows]


async def take_due(db: Connection, *, now: datetime, until: datetime, limit: int) -> list[tuple[UUID, str]]:
    """Inquiries that it is time to repeat; their next time is set to `until`, so that they are due once."""
    rows = await db.fetch(
        """
        WITH due AS MATERIALIZED (
            SELECT account_id, registry FROM inquiry WHERE refresh_at <= $1
            ORDER BY refresh_at LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        UPDATE inquiry AS i SET refresh_at = $2 FROM due
        WHERE i.account_id = due.account_id AND i.registry = due.registry
        RETURNING i.account_id, i.registry
        """,
        now,
        until,
        limit,
    )
    return [(row["account_id"], row["registry"]) for row in rows]


async def make_due(db: Connection, inquiries: Sequence[tuple[UUID, str]], *, now: datetime) -> None:
    """Have these repeated soon; what nobody asked is left out."""
    await db.execute(
        """
        UPDATE inquiry AS i SET refresh_at = $3 FROM unnest($1::uuid[], $2::text[]) AS due (account_id, registry)
        WHERE i.account_id = due.account_id AND i.registry = due.registry AND i.refresh_at > $3
        """,
        [account_id for account_id, _ in inquiries],
        [registry for _, registry in inquiries],
        now,
    )


async def delete_inquiries(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM inquiry WHERE account_id = $1", account_id)


async def find_feed(db: Connection, registry: str) -> Feed:
    row = await db.fetchrow("SELECT cursor, etag, last_modified FROM feed WHERE registry = $1", registry)
    return Feed(**dict(row)) if row else Feed()


async def save_cursor(db: Connection, registry: str, cursor: str, *, now: datetime) -> None:
    """What was said by etag and date was said of the cursor of before."""
    await db.execute(
        """
        INSERT INTO feed (registry, cursor, polled_at) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT feed_pk DO UPDATE
        SET cursor = excluded.cursor, polled_at = excluded.polled_at, etag = NULL, last_modified = NULL
        """,
        registry,
        cursor,
        now,
    )


async def save_feed(db: Connection, registry: str, feed: Feed, *, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO feed (registry, cursor, polled_at, etag, last_modified) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT feed_pk DO UPDATE
        SET cursor = excluded.cursor, polled_at = excluded.polled_at, etag = excluded.etag,
            last_modified = excluded.last_modified
        """,
        registry,
        feed.cursor or "",
        now,
        feed.etag,
        feed.last_modified,
    )


async def pending_by_registry(db: Connection) -> dict[str, int]:
    """How many people have asked and have no answer yet."""
    rows = await db.fetch(
        "SELECT registry, count(*) AS pending FROM inquiry WHERE state <> 'answered' GROUP BY registry"
    )
    return {row["registry"]: row["pending"] for row in rows}


async def polled_by_registry(db: Connection) -> dict[str, datetime]:
    rows = await db.fetch("SELECT registry, polled_at FROM feed")
    return {row["registry"]: row["polled_at"] for row in rows}
