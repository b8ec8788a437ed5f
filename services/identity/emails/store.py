"""New addresses that wait for their code, one statement a function."""

from datetime import datetime
from uuid import UUID

from services.identity.accounts.emails import email_key
from services.identity.emails.rules import Change
from shared.db import Connection


async def save_change(db: Connection, account_id: UUID, change: Change) -> None:
    """Takes the place of an earlier one."""
    await db.execute(
        """
        INSERT INTO email_change (account_id, email, requested_at) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT email_change_pk DO UPDATE
        SET email = excluded.email, requested_at = excluded.requested_at
        """,
        account_id,
        change.email,
        change.requested_at,
    )


async def find_change(db: Connection, account_id: UUID) -> Change | None:
    row = await db.fetchrow("SELECT email, requested_at FROM email_change WHERE account_id = $1", account_id)
    return Change(**row) if row else None


async def delete_change(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM email_change WHERE account_id = $1", account_id)


async def delete_old_changes(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM email_change WHERE requested_at < $1", before)


async def is_taken(db: Connection, email: str) -> bool:
    return await db.fetchval("SELECT EXISTS (SELECT FROM account WHERE email_key = $1)", email_key(email))


async def set_email(db: Connection, account_id: UUID, email: str) -> None:
    """Violates accounts.store.EMAIL_UNIQUE where someone else was faster."""
    await db.execute("UPDATE account SET email = $2, email_key = $3 WHERE id = $1", account_id, email, email_key(email))
