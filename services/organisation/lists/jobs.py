"""What follows a change of a tool's list."""

from datetime import datetime
from uuid import UUID

from services.organisation.lists.handlers import reassess_listed
from shared.db import Database
from shared.formats import BRUSSELS
from shared.jobs import Job, JobHandler


def reassess_listed_job(database: Database) -> JobHandler:
    async def run(job: Job) -> None:
        ids = [UUID(one) for one in job.payload["organisation_ids"]]
        await reassess_listed(database, str(job.payload["tool_id"]), ids, today=datetime.now(BRUSSELS).date())

    return run
