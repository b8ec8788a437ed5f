"""One connection to PostgreSQL that hears of new notifications, for all who wait for them in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from services.notify.notifications.metrics import ASKING
from shared.db import Database
from shared.stopping import sleep_or_stop

RESTS_AFTER_S = 30.0
"""Who was answered asks again at once: until then nothing may be missed, and no connection be opened anew."""
_LOOK_EACH_S = 5.0


class Ear:
    """Listens as long as somebody waits, or did lately. stopping: when the process ends."""

    def __init__(self, database: Database, stopping: asyncio.Event) -> None:
        self._database = database
        self._stopping = stopping
        self._waiting = 0
        self._last_at = 0.0
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set when somebody was told something; clear it before you look."""
        self._waiting += 1
        ASKING.set(self._waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="notifications")
        try:
            with self._database.wakeup.subscribe("notification") as more:
                yield more
        finally:
            self._waiting -= 1
            self._last_at = asyncio.get_running_loop().time()
            ASKING.set(self._waiting)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        hearing = asyncio.create_task(self._database.wakeup.listen(), name="notifications heard")
        try:
            while self._waiting or loop.time() < self._last_at + RESTS_AFTER_S:
                if await sleep_or_stop(self._stopping, _LOOK_EACH_S):
                    return
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing
