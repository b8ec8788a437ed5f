"""Giving events their place in the logs of tools, and forgetting the old ones."""

import asyncio
from datetime import UTC, datetime

from services.notify.webhooks import delivery_store, log_store
from services.notify.webhooks.metrics import FAILING, OLDEST_AGE_S, UNNUMBERED_AGE_S, WAITING
from services.notify.webhooks.rules import LOG_KEPT
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable
from shared.stopping import wait_any

AT_ONCE = 2000
POLL_S = 0.5
PRUNED_AT_ONCE = 10_000


class Numbering:
    """Runs in every worker; whichever is first does it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self, stop: asyncio.Event) -> None:
        with self._database.wakeup.subscribe("job") as more:
            while not stop.is_set():
                more.clear()
                if await self._number() < AT_ONCE:
                    await wait_any(stop.wait(), more.wait(), timeout_s=POLL_S)

    async def _number(self) -> int:
        try:
            async with self._database.transaction() as db:
                count = await log_store.number(db, limit=AT_ONCE) or 0
                if count:
                    db.mark("job")
        except (*DATABASE_AWAY, DatabaseUnavailable):
            return 0
        return count


async def prune(database: Database) -> None:
    before = datetime.now(UTC) - LOG_KEPT
    for forget in (delivery_store.prune, log_store.prune):
        count = PRUNED_AT_ONCE
        while count == PRUNED_AT_ONCE:
            async with database.transaction() as db:
                count = await forget(db, before=before, limit=PRUNED_AT_ONCE)


async def measure(database: Database) -> None:
    """Every process reports the same; whoever alerts takes the maximum."""
    async with database.acquire() as db:
        waiting, age_s, failing = await delivery_store.backlog(db)
        unnumbered_age_s = await log_store.unnumbered_age_s(db)
    WAITING.set(waiting)
    OLDEST_AGE_S.set(age_s)
    FAILING.set(failing)
    UNNUMBERED_AGE_S.set(unnumbered_age_s)
