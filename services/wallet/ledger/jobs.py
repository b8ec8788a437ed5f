"""The job that announces a low balance."""

from uuid import UUID

from services.wallet.ledger.handlers import announce_low_balance
from shared.db import Database
from shared.jobs import Job, JobHandler


def announce_low_balance_job(database: Database) -> JobHandler:
    async def announce(job: Job) -> None:
        async with database.transaction() as db:
            await announce_low_balance(db, UUID(job.payload["wallet_id"]))

    return announce
