"""What must be done from time to time: prune, expire, poll. One process of a service leads; its timers run nowhere else."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from opentelemetry.trace import SpanKind

from shared.correlation import traced
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable
from shared.event_metrics import TIMER_FAILURES
from shared.redact import describe
from shared.stopping import sleep_or_stop

_LOCK_KEY = 0x1AA0_0003
_ELECTION_S = 1.0

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Timer:
    """Do `work` now and then every `every_s` seconds, never twice at once. What it raises is logged, and the next time comes.

    work: harmless when it is done twice, as after a change of the leader.
    leader_only: in one process of the service only; False for what each process does for itself.
    """

    name: str
    every_s: float
    work: Callable[[], Awaitable[None]]
    leader_only: bool = True


class Timers:
    def __init__(self, database: Database, timers: Sequence[Timer]) -> None:
        self._database = database
        self._everywhere = [timer for timer in timers if not timer.leader_only]
        self._leader_only = [timer for timer in timers if timer.leader_only]

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; work in hand is cut off only if the lead is lost."""
        async with asyncio.TaskGroup() as group:
            for timer in self._everywhere:
                group.create_task(_repeat(timer, stop))
            while self._leader_only and not stop.is_set():
                try:
                    await self._lead(stop)
                except (*DATABASE_AWAY, DatabaseUnavailable) as error:
                    _LOG.info("timers_interrupted", error=describe(error))
                await sleep_or_stop(stop, _ELECTION_S)

    async def _lead(self, stop: asyncio.Event) -> None:
        """Wait for the lock, then tick until the connection that holds it is gone."""
        db = await self._database.connect()
        lost = asyncio.Event()
        db.add_termination_listener(lambda _: lost.set())
        try:
            while not await db.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):
                if await sleep_or_stop(stop, _ELECTION_S):
                    return
            ticking = asyncio.gather(*(_repeat(timer, stop) for timer in self._leader_only))
            losing = asyncio.ensure_future(lost.wait())
            try:
                await asyncio.wait([ticking, losing], return_when=asyncio.FIRST_COMPLETED)
            finally:
                losing.cancel()
                ticking.cancel()
                await asyncio.gather(ticking, return_exceptions=True)
        finally:
            db.terminate()


async def _repeat(timer: Timer, stop: asyncio.Event) -> None:
    while not stop.is_set():
        due = time.monotonic() + timer.every_s
        try:
            with traced(f"timer {timer.name}", {}, kind=SpanKind.INTERNAL):
                await timer.work()
        except Exception:  # one time that fails must end neither the timer nor the others
            TIMER_FAILURES.labels(timer.name).inc()
            _LOG.exception("timer failed", timer=timer.name)
        await sleep_or_stop(stop, max(0.0, due - time.monotonic()))
