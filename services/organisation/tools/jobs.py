"""What follows a change of the catalogue, in steps small enough not to hold anyone up."""

from datetime import datetime

from services.organisation.tools.handlers import follow_rules
from shared.db import Database
from shared.formats import BRUSSELS
from shared.jobs import Job, JobHandler


def reassess_tool_job(database: Database) -> JobHandler:
    async def run(job: Job) -> None:
        await follow_rules(database, str(job.payload["tool_id"]), today=datetime.now(BRUSSELS).date())

    return run
