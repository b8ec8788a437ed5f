"""What moves when two accounts become one, one statement a function."""

from datetime import datetime
from uuid import UUID

from shared.db import Connection


async def hand_over(db: Connection, merged: UUID, into: UUID, *, now: datetime) -> None:
    """Where from the merged account was used stays on record; and whose it is now, also of accounts merged into it before."""
    await db.execute("UPDATE audit_private SET account_id = $2 WHERE account_id = $1", merged, into)
    await db.execute("UPDATE merged_account SET into_id = $2 WHERE into_id = $1", merged, into)
    await db.execute(
        "INSERT INTO merged_account (account_id, into_id, merged_at) VALUES ($1, $2, $3)", merged, into, now
    )


async def hand_over_card(db: Connection, merged: UUID, into: UUID) -> None:
    await db.execute("UPDATE eid_link SET account_id = $2 WHERE account_id = $1", merged, into)


async def hand_over_old_account(db: Connection, legacy_id: UUID, into: UUID, shown_as: str) -> None:
    await db.execute(
        "UPDATE legacy_account SET attached_to = $2, shown_as = $3 WHERE id = $1", legacy_id, into, shown_as
    )
