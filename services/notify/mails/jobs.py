"""What happens to mails beside their being sent: an operator sends one after all, figures are taken, traces swept."""

from uuid import UUID

from services.notify.mails import queue
from services.notify.mails.metrics import OLDEST_AGE_S, WAITING
from shared.db import Database
from shared.jobs import Job, JobHandler


def deliver_job(database: Database) -> JobHandler:
    async def deliver(job: Job) -> None:
        """A dead letter was replayed: the mail waits again, as if it had never been tried."""
        async with database.transaction() as db:
            await queue.take_up_again(db, UUID(job.payload["delivery_id"]))
            db.mark("job")

    return deliver


async def measure(database: Database) -> None:
    """Every process reports the same; whoever alerts takes the maximum."""
    async with database.acquire() as db:
        waiting, age_s = await queue.backlog(db)
    WAITING.set(waiting)
    OLDEST_AGE_S.set(age_s)


async def prune(database: Database) -> None:
    async with database.transaction() as db:
        await queue.prune_paces(db)
