"""What becomes of notifications with time."""

from datetime import UTC, datetime

from services.notify.digests.store import prune_bursts
from services.notify.notifications import store
from services.notify.notifications.metrics import FORGOTTEN
from services.notify.notifications.rules import oldest_kept
from shared.db import Database

AT_ONCE = 2_000


async def forget_old(database: Database, keep_days: int) -> None:
    """A little in each transaction, so that nobody waits for it."""
    boundary = oldest_kept(datetime.now(UTC), keep_days=keep_days)
    gone = AT_ONCE
    while gone == AT_ONCE:
        async with database.transaction() as db:
            gone = await store.delete_older(db, boundary, limit=AT_ONCE)
        FORGOTTEN.inc(gone)
    async with database.transaction() as db:
        await prune_bursts(db)
