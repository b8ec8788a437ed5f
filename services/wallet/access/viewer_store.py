"""Whom managers let see a wallet, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Allowed:
    account_id: UUID
    allowed_by: UUID
    allowed_at: datetime


async def lock_member(db: Connection, organisation_id: UUID, account_id: UUID) -> bool | None:
    """Whether this active member is a manager, and it stays so until the transaction ends; None for who is no active member."""
    return await db.fetchval(
        "SELECT manager FROM member WHERE organisation_id = $1 AND account_id = $2 AND active FOR SHARE",
        organisation_id,
        account_id,
    )


async def insert_viewer(
    db: Connection, organisation_id: UUID, account_id: UUID, *, allowed_by: UUID, now: datetime
) -> bool:
    """False when they were one already."""
    status = await db.execute(
        """
        INSERT INTO viewer (organisation_id, account_id, allowed_by, allowed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT viewer_pk DO NOTHING
        """,
        organisation_id,
        account_id,
        allowed_by,
        now,
    )
    return status == "INSERT 0 1"


async def delete_viewer(db: Connection, organisation_id: UUID, account_id: UUID) -> bool:
    """False when they were none."""
    status = await db.execute(
        "DELETE FROM viewer WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id
    )
    return status == "DELETE 1"


async def viewers_of(db: Connection, organisation_id: UUID) -> list[Allowed]:
    rows = await db.fetch(
        "SELECT account_id, allowed_by, allowed_at FROM viewer WHERE organisation_id = $1 ORDER BY allowed_at, account_id",
        organisation_id,
    )
    return [Allowed(**row) for row in rows]


async def set_threshold(db: Connection, wallet_id: UUID, threshold_cents: int) -> int | None:
    """The threshold before. Who is at or above the new one may be announced low again; None for a wallet that does not exist."""
    return await db.fetchval(
        """
        UPDATE wallet w SET low_threshold_cents = $2, low_announced = w.low_announced AND w.balance_cents < $2
        FROM (SELECT id, low_threshold_cents FROM wallet WHERE id = $1 FOR NO KEY UPDATE) before
        WHERE w.id = before.id
        RETURNING before.low_threshold_cents
        """,
        wallet_id,
        threshold_cents,
    )
