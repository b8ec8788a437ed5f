"""What came back, and which addresses take no mail, one statement a function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.bounces.rules import Sort
from shared.db import Connection

_MAX_ROWS = 1_000


@dataclass(frozen=True)
class Sent:
    """A mail that left, or may have. email: on record now, empty where none is."""

    delivery_id: UUID
    account_id: UUID
    kind: str
    params: Mapping[str, Any]
    email: str


async def find_sent(db: Connection, delivery_id: UUID, *, after: datetime) -> Sent | None:
    """None for what was never tried, and what is older than `after`."""
    row = await db.fetchrow(
        """
        SELECT delivery_id, account_id, kind, params, coalesce(email, '') AS email
        FROM delivery LEFT JOIN recipient USING (account_id)
        WHERE delivery_id = $1 AND attempts > 0 AND delivery.created_at > $2
        """,
        delivery_id,
        after,
    )
    return None if row is None else Sent(**dict(row))


async def insert_bounce(
    db: Connection, delivery_id: UUID, sort: Sort, account_id: UUID, *, status: str, now: datetime
) -> bool:
    """False when it is known already."""
    row = await db.fetchval(
        """
        INSERT INTO bounce (delivery_id, sort, account_id, status, bounced_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT bounce_pk DO NOTHING RETURNING true
        """,
        delivery_id,
        sort,
        account_id,
        status,
        now,
    )
    return row is not None


async def soft_bounces_of(db: Connection, account_id: UUID) -> Sequence[datetime]:
    rows = await db.fetch("SELECT bounced_at FROM bounce WHERE account_id = $1 AND sort = 'soft'", account_id)
    return [row["bounced_at"] for row in rows]


async def mark(db: Connection, account_id: UUID, email: str, *, now: datetime) -> bool:
    """False when it is marked already, or is not the address on record any more."""
    row = await db.fetchval(
        """
        UPDATE recipient SET undeliverable_since = $3
        WHERE account_id = $1 AND email = $2 AND undeliverable_since IS NULL AND NOT is_erased RETURNING true
        """,
        account_id,
        email,
        now,
    )
    return row is not None


async def clear_mark(db: Connection, account_id: UUID) -> bool:
    """False when there was none."""
    row = await db.fetchval(
        """
        UPDATE recipient SET undeliverable_since = NULL
        WHERE account_id = $1 AND undeliverable_since IS NOT NULL RETURNING true
        """,
        account_id,
    )
    return row is not None


async def undeliverable_since(db: Connection, account_id: UUID) -> datetime | None:
    return await db.fetchval("SELECT undeliverable_since FROM recipient WHERE account_id = $1", account_id)


async def delete_of(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM bounce WHERE account_id = $1", account_id)


async def prune(db: Connection, before: datetime) -> None:
    await db.execute("DELETE FROM bounce WHERE bounced_at < $1", before)


async def export_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        "SELECT bounced_at AS at, sort, status FROM bounce WHERE account_id = $1 ORDER BY bounced_at DESC LIMIT $2",
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def marked(db: Connection) -> int:
    return await db.fetchval("SELECT count(*) FROM recipient WHERE undeliverable_since IS NOT NULL")
