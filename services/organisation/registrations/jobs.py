"""What is forgotten about requests for a role."""

from datetime import UTC, datetime, timedelta

from services.organisation.registrations import request_store
from shared.db import Database
from shared.timers import Timer

KEPT = timedelta(days=90)


def old_requests(database: Database) -> Timer:
    """Answers that the person could read for long enough."""

    async def prune() -> None:
        async with database.acquire() as db:
            await request_store.prune(db, datetime.now(UTC) - KEPT)

    return Timer("old-role-requests", 3600.0, prune)
