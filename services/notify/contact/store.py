"""SQL over contact_message."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Kept:
    """sealed: a Question as JSON, under a key of its own."""

    id: UUID
    reference: str
    language: str
    sealed: str
    is_passed_on: bool


async def insert(
    db: Connection, message_id: UUID, reference: str, *, language: str, sealed: str, now: datetime
) -> None:
    await db.execute(
        "INSERT INTO contact_message (id, reference, language, sealed, created_at) VALUES ($1, $2, $3, $4, $5)",
        message_id,
        reference,
        language,
        sealed,
        now,
    )


async def find(db: Connection, message_id: UUID) -> Kept | None:
    row = await db.fetchrow(
        "SELECT id, reference, language, sealed, passed_on_at IS NOT NULL AS is_passed_on FROM contact_message WHERE id = $1",
        message_id,
    )
    return None if row is None else Kept(**dict(row))


async def mark_passed_on(db: Connection, message_id: UUID, *, now: datetime) -> None:
    await db.execute("UPDATE contact_message SET passed_on_at = $2 WHERE id = $1", message_id, now)


async def delete(db: Connection, message_id: UUID) -> None:
    await db.execute("DELETE FROM contact_message WHERE id = $1", message_id)


async def find_older(db: Connection, before: datetime) -> list[UUID]:
    rows = await db.fetch("SELECT id FROM contact_message WHERE created_at < $1 ORDER BY created_at LIMIT 500", before)
    return [row["id"] for row in rows]
