"""What follows a change of the catalogue, at once or in time, in steps small enough not to hold anyone up."""

from datetime import UTC, datetime

from services.organisation.tools.handlers import follow_rules
from services.organisation.tools.terms import enforce_terms
from services.organisation.tools.terms_notices import announce_terms
from shared.db import Database
from shared.formats import BRUSSELS
from shared.jobs import Job, JobHandler
from shared.timers import Timer

TERMS_EVERY_S = 300.0


def reassess_tool_job(database: Database) -> JobHandler:
    async def run(job: Job) -> None:
        await follow_rules(database, str(job.payload["tool_id"]), today=datetime.now(BRUSSELS).date())

    return run


def older_terms(database: Database) -> Timer:
    """At the end of a day somebody may go on under terms that count no more, for as long as this pauses."""

    async def run() -> None:
        await announce_terms(database, now=datetime.now(UTC))
        await enforce_terms(database, now=datetime.now(UTC))

    return Timer("older terms", TERMS_EVERY_S, run)
