"""What is done again and again: each so many seconds, by one process of the service or by each."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from opentelemetry import trace

from shared.consume_errors import describe
from shared.db import DATABASE_AWAY, Database
from shared.errors import Unavailable
from shared.stopping import sleep_or_stop

_LOCK_CLASS = 0x1AA1
_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Timer:
    """work: what is done; it must be harmless when it is done twice.

    every_s: from the end of one run to the start of the next. leader_only: by one process at a time, whoever has the lock.
    """

    name: str
    every_s: float
    work: Callable[[], Awaitable[None]]
    leader_only: bool = True


async def run_timer(timer: Timer, database: Database, stop: asyncio.Event) -> None:
    """Until `stop` is set. A run that fails because something is away is tried again at the next time; other errors are raised."""
    while not stop.is_set():
        try:
            await (_as_leader(timer, database, stop) if timer.leader_only else _repeat(timer, stop))
        except (*DATABASE_AWAY, Unavailable) as error:
            _LOG.warning("timer_interrupted", timer=timer.name, error=describe(error))
            await sleep_or_stop(stop, min(timer.every_s, 5.0))


async def _as_leader(timer: Timer, database: Database, stop: asyncio.Event) -> None:
    """Hold the lock on a connection of its own, and go on only while that connection lives."""
    db = await database.connect()
    lost = asyncio.Event()
    db.add_termination_listener(lambda _: lost.set())
    try:
        while not await db.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCK_CLASS, timer.name):
            if await sleep_or_stop(stop, min(timer.every_s, 5.0)):
                return
        await _repeat(timer, stop, lost)
    finally:
        db.terminate()


async def _repeat(timer: Timer, stop: asyncio.Event, lost: asyncio.Event | None = None) -> None:
    while not stop.is_set() and not (lost and lost.is_set()):
        with trace.get_tracer("immo").start_as_current_span(f"timer {timer.name}"):
            await timer.work()
        await sleep_or_stop(stop, timer.every_s)
