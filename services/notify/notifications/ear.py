"""One connection to PostgreSQL that hears of new notifications, for all who wait for them in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from services.notify.notifications.metrics import ASKING
from shared.db import Database


class Ear:
    """Hears of what others commit, as long as somebody waits for it: one connection to PostgreSQL for all who do."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting = 0
        self._listening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set when somebody was told something; clear it before you look."""
        self._waiting += 1
        ASKING.set(self._waiting)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._database.wakeup.listen(), name="notifications")
        try:
            with self._database.wakeup.subscribe("notification") as more:
                yield more
        finally:
            self._waiting -= 1
            ASKING.set(self._waiting)
            if not self._waiting:
                self._listening.cancel()
                with suppress(asyncio.CancelledError):
                    await self._listening
