"""While the mail server is away nobody tries it in vain: one pause for all lines of a process, growing with each failure."""

import asyncio

from services.notify.mails.metrics import SERVER_AWAY
from shared.consume_errors import pause_s
from shared.stopping import sleep_or_stop

_MOST_S = 15.0


class Outage:
    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    @property
    def is_on(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    def failed(self) -> None:
        """No connection. Lines that fail in the same pause count once."""
        if self.is_on:
            return
        self._failures += 1
        self._until = asyncio.get_running_loop().time() + pause_s(self._failures, first_s=0.5, most_s=_MOST_S)
        SERVER_AWAY.set(1)

    def worked(self) -> None:
        if self._failures:
            self._failures = 0
            self._until = 0.0
            SERVER_AWAY.set(0)

    async def over(self, stop: asyncio.Event) -> None:
        while self.is_on and not stop.is_set():
            await sleep_or_stop(stop, self._until - asyncio.get_running_loop().time())
