"""The timer that finds plans about which something is due, and the job that does it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.wallet.plans import store
from services.wallet.plans.looks import look_at
from shared import jobs
from shared.db import Database
from shared.job_store import Asked
from shared.jobs import Job, JobHandler

LOOK_AT_PLAN_JOB = "wallet.look-at-plan"
"""Also enqueued by the database function that takes uses."""

EVERY_S = 30.0
AT_ONCE = 200
_AGAIN_AFTER = timedelta(hours=6)


def due_plans(database: Database) -> Callable[[], Awaitable[None]]:
    """A job each, so that one plan in trouble holds up no other."""

    async def find() -> None:
        found = AT_ONCE
        while found == AT_ONCE:
            now = datetime.now(UTC)
            async with database.transaction() as db:
                plan_ids = await store.claim_due(db, now=now, again_at=now + _AGAIN_AFTER, limit=AT_ONCE)
                asked = [Asked({"plan_id": str(one)}, str(one), str(one)) for one in plan_ids]
                await jobs.enqueue_all(db, LOOK_AT_PLAN_JOB, asked)
            found = len(plan_ids)

    return find


def look_at_plan_job(database: Database) -> JobHandler:
    async def look(job: Job) -> None:
        async with database.transaction() as db:
            await look_at(db, UUID(str(job.payload["plan_id"])), now=datetime.now(UTC))

    return look
