"""Keeps the background work of a process going: what fails is logged, counted, shown and started again."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter

from shared.consume_errors import pause_s
from shared.health import Check
from shared.redact import describe
from shared.stopping import sleep_or_stop

RESTARTS = Counter("immo_loop_restarts", "Background loops that failed and were started again", ["loop"])
_LOG = structlog.get_logger(__name__)

# A loop that lasted this long after a restart counts as well again.
SETTLED_S = 5.0

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set, then ends what it has in hand and returns."""


class Supervisor:
    """`stop` is what all loops wait for."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self._loops: list[_Supervised] = []

    def spawn(self, name: str, loop: Loop) -> Check:
        """Run a loop until `finish`; the check tells whether it runs."""
        supervised = _Supervised(name, loop)
        supervised.task = asyncio.create_task(supervised.run(self.stop), name=name)
        self._loops.append(supervised)
        return Check(name, supervised.probe)

    async def finish(self, *, within_s: float) -> list[str]:
        """Stop all; cancel those that take longer. Returns the names of the cancelled."""
        self.stop.set()
        tasks = [loop.task for loop in self._loops if loop.task is not None]
        if not tasks:
            return []
        _, late = await asyncio.wait(tasks, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return sorted(task.get_name() for task in late)


class _Supervised:
    def __init__(self, name: str, loop: Loop) -> None:
        self._name = name
        self._loop = loop
        self._reason: str | None = None
        self._started_at = 0.0
        self.task: asyncio.Task[None] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            self._started_at = time.monotonic()
            try:
                await self._loop(stop)
                if stop.is_set():
                    return
                self._reason = "ended by itself"
            except Exception as error:  # a loop that dies would take the service's work with it, silently
                self._reason = describe(error)
                _LOG.exception("loop failed", loop=self._name)
            failures = 1 if time.monotonic() - self._started_at > SETTLED_S else failures + 1
            RESTARTS.labels(self._name).inc()
            await sleep_or_stop(stop, pause_s(failures))

    async def probe(self) -> str | None:
        is_settled = time.monotonic() - self._started_at > SETTLED_S and self.task is not None and not self.task.done()
        if is_settled:
            self._reason = None
        return self._reason
