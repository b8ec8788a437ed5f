"""What becomes of old look-ups."""

from datetime import UTC, datetime

from services.organisation.employees import lookup_store
from services.organisation.employees.lookup import KEPT
from shared.db import Database
from shared.timers import Timer

EVERY_S = 3600.0


def old_lookups(database: Database) -> Timer:
    """Who looked for whom is forgotten after a day."""

    async def work() -> None:
        async with database.acquire() as db:
            await lookup_store.delete_old(db, before=datetime.now(UTC) - KEPT)

    return Timer("old-look-ups", EVERY_S, work)
