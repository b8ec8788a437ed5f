"""Requests of those who forgot their password, one statement a function."""

from datetime import datetime
from uuid import UUID

from services.identity.passwords.rules import Reset
from shared.db import Connection


async def find_account_id(db: Connection, email_key: str) -> UUID | None:
    """Pending accounts too."""
    return await db.fetchval("SELECT id FROM account WHERE email_key = $1", email_key)


async def insert_reset(db: Connection, reset: Reset, token_hash: bytes) -> None:
    await db.execute(
        "INSERT INTO password_reset (id, token_hash, account_id, tries_left, expires_at) VALUES ($1, $2, $3, $4, $5)",
        reset.id,
        token_hash,
        reset.account_id,
        reset.tries_left,
        reset.expires_at,
    )


async def find_asker(db: Connection, reset_id: UUID) -> UUID | None:
    """The account whose owner asked; None where there is none."""
    return await db.fetchval("SELECT account_id FROM password_reset WHERE id = $1", reset_id)


async def set_asker(db: Connection, reset_id: UUID, account_id: UUID) -> None:
    """An account was made for who asked, from one of an older tool."""
    await db.execute("UPDATE password_reset SET account_id = $2 WHERE id = $1", reset_id, account_id)


async def try_reset(db: Connection, token_hash: bytes, *, now: datetime) -> Reset | None:
    """Count a try. None where there is nothing left to try."""
    row = await db.fetchrow(
        """
        UPDATE password_reset SET tries_left = tries_left - 1
        WHERE token_hash = $1 AND tries_left > 0 AND expires_at > $2 AND proven_at IS NULL
        RETURNING id, account_id, tries_left, expires_at
        """,
        token_hash,
        now,
    )
    return Reset(**row) if row else None


async def find_reset(db: Connection, token_hash: bytes) -> Reset | None:
    """One whose code was not entered yet."""
    row = await db.fetchrow(
        "SELECT id, account_id, tries_left, expires_at FROM password_reset WHERE token_hash = $1 AND proven_at IS NULL",
        token_hash,
    )
    return Reset(**row) if row else None


async def set_proven(db: Connection, reset_id: UUID, *, now: datetime) -> None:
    await db.execute("UPDATE password_reset SET proven_at = $2 WHERE id = $1", reset_id, now)


async def find_proven(db: Connection, token_hash: bytes, *, proven_after: datetime) -> UUID | None:
    """Whose password may be set with this token."""
    return await db.fetchval(
        "SELECT account_id FROM password_reset WHERE token_hash = $1 AND used_at IS NULL AND proven_at > $2",
        token_hash,
        proven_after,
    )


async def use_proven(db: Connection, token_hash: bytes, *, proven_after: datetime, now: datetime) -> UUID | None:
    """The same, taken in one statement: of many at once only one sets a password."""
    return await db.fetchval(
        """
        UPDATE password_reset SET used_at = $3 WHERE token_hash = $1 AND used_at IS NULL AND proven_at > $2
        RETURNING account_id
        """,
        token_hash,
        proven_after,
        now,
    )


async def delete_resets_of(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM password_reset WHERE account_id = $1", account_id)


async def delete_old_resets(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM password_reset WHERE expires_at < $1", before)
