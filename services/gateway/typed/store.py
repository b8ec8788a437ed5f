"""Forms that wait for their person to sign in again."""

from datetime import datetime

from shared.db import Connection

MAX_EACH = 5
"""Of one person: the newest stay."""


async def keep(db: Connection, form_id: bytes, *, owner: str, sealed: bytes, expires_at: datetime) -> None:
    await db.execute(
        "INSERT INTO typed_form (id, owner, sealed, expires_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at",
        form_id,
        owner,
        sealed,
        expires_at,
    )


async def delete_expired(db: Connection, *, now: datetime) -> None:
    await db.execute("DELETE FROM typed_form WHERE expires_at <= $1", now)


async def delete_oldest(db: Connection, owner: str) -> None:
    await db.execute(
        "DELETE FROM typed_form WHERE owner = $1 AND id NOT IN"
        " (SELECT id FROM typed_form WHERE owner = $1 ORDER BY expires_at DESC LIMIT $2)",
        owner,
        MAX_EACH,
    )


async def find(db: Connection, form_id: bytes, *, now: datetime) -> bytes | None:
    return await db.fetchval("SELECT sealed FROM typed_form WHERE id = $1 AND expires_at > $2", form_id, now)


async def delete(db: Connection, form_id: bytes) -> None:
    await db.execute("DELETE FROM typed_form WHERE id = $1", form_id)
