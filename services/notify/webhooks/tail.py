"""Waiting for the next entry of a tool's log: whoever waits in this process shares one look into the database.

Nobody waits any longer once the process is told to stop: it would have to wait for them.
"""

import asyncio
from collections import Counter

from services.notify.webhooks import log_store
from shared.correlation import detached
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable

POLL_S = 0.25


class Tail:
    def __init__(self, database: Database, stopping: asyncio.Event) -> None:
        self._database = database
        self._stopping = stopping
        self._last: dict[str, int] = {}
        self._wanted: Counter[str] = Counter()
        self._look: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        return self._stopping.is_set()

    async def beyond(self, tool_id: str, cursor: int, *, within_s: float) -> bool:
        """Whether the log goes further than that, as soon as it does. False at the latest a look after the process is told to stop."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        self._wanted[tool_id] += 1
        try:
            while self._last.get(tool_id, 0) <= cursor:
                if loop.time() >= deadline or self.is_over:
                    return False
                await asyncio.wait([self._looking()], timeout=deadline - loop.time())
            return True
        finally:
            self._wanted[tool_id] -= 1

    def _looking(self) -> "asyncio.Task[None]":
        if self._look is None or self._look.done():
            with detached():
                self._look = asyncio.create_task(self._look_once(), name="tail")
        return self._look

    async def _look_once(self) -> None:
        await asyncio.sleep(POLL_S)
        wanted = [tool_id for tool_id, count in self._wanted.items() if count > 0]
        try:
            async with self._database.acquire() as db:
                self._last |= await log_store.last_cursors(db, wanted)
        except (*DATABASE_AWAY, DatabaseUnavailable):
            return
