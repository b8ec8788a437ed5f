"""What notify knows of one person, one statement a function."""

from datetime import datetime
from uuid import UUID

from shared.db import Connection
from shared.ids import new_id

_MAX_ROWS = 20_000


async def mark_leaving(db: Connection, account_id: UUID) -> None:
    """Keep the address and the language only, so that no mail but the last finds anybody."""
    await db.execute(
        """
        INSERT INTO recipient AS known (account_id, is_leaving) VALUES ($1, true)
        ON CONFLICT ON CONSTRAINT recipient_pk DO UPDATE
        SET first_name = '', last_name = '', is_leaving = true WHERE NOT known.is_erased
        """,
        account_id,
    )


async def insert_farewell(db: Connection, account_id: UUID, kind: str, *, expires_at: datetime) -> UUID | None:
    """None when it is on its way already."""
    return await db.fetchval(
        """
        INSERT INTO delivery (delivery_id, account_id, kind, cause, expires_at) VALUES ($1, $2, $3, $3, $4)
        ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING
        RETURNING delivery_id
        """,
        new_id(),
        account_id,
        kind,
        expires_at,
    )


async def delete_mail_version(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM mail_version WHERE account_id = $1", account_id)


async def recipient_of(db: Connection, account_id: UUID) -> dict[str, object] | None:
    row = await db.fetchrow(
        "SELECT first_name, last_name, email, language, undeliverable_since FROM recipient WHERE account_id = $1",
        account_id,
    )
    return dict(row) if row else None


async def mails_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    """Without what they were about, which may be another person."""
    rows = await db.fetch(
        """
        SELECT created_at AS at, kind, state, ended_at, read_at FROM delivery
        WHERE account_id = $1 ORDER BY delivery_id DESC LIMIT $2
        """,
        account_id,
        _MAX_ROWS,
    )
    return [dict(row) for row in rows]


async def lock_recipient(db: Connection, account_id: UUID) -> None:
    await db.execute("SELECT FROM recipient WHERE account_id = $1 FOR UPDATE", account_id)
