"""A wallet that was frozen for want of money can be used again once there is enough in it, whichever way that came."""

from uuid import UUID

from shared import outbox
from shared.db import Connection, Database
from shared.events.wallet import WalletUnfrozen
from shared.jobs import Job, JobHandler

UNFREEZE_JOB = "wallet.unfreeze"
"""Enqueued by the database when the balance of an overdrawn wallet rises to what is held."""


async def unfreeze_paid_up(db: Connection, wallet_id: UUID) -> bool:
    """False when it is frozen for another reason, below zero again, or not frozen."""
    row = await db.fetchrow(
        """
        UPDATE wallet SET frozen_at = NULL, version = version + 1
        WHERE id = $1 AND is_overdrawn AND balance_cents >= held_cents
        RETURNING balance_cents, version
        """,
        wallet_id,
    )
    if row is not None:
        event = WalletUnfrozen(wallet_id=wallet_id, balance_cents=row["balance_cents"], version=row["version"])
        await outbox.append(db, event)
    return row is not None


def unfreeze_job(database: Database) -> JobHandler:
    async def unfreeze(job: Job) -> None:
        async with database.transaction() as db:
            await unfreeze_paid_up(db, UUID(job.payload["wallet_id"]))

    return unfreeze
