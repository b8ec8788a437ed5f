"""The background work of a worker: which loops a service needs, and how each tells whether it runs."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

from shared import dead_letters, inbox, job_store, outbox
from shared.consume import Consumer
from shared.consume_runner import ConsumerRunner
from shared.db import Database
from shared.dead_letter_replay import Replayer
from shared.event_metrics import DEAD_LETTERS, JOBS_WAITING, OUTBOX_AGE_S, OUTBOX_ROWS
from shared.health import Check
from shared.jobs import Worker
from shared.relay import Relay
from shared.service import At, Service
from shared.stopping import wait_any
from shared.supervise import Loop, Supervisor
from shared.timers import Timer, Timers

PRUNE_EVERY_S = 3600.0
MEASURE_EVERY_S = 5.0


def start_workers(service: Service, at: At, supervisor: Supervisor) -> Iterator[Check]:
    """Start every loop and return the checks that say how each fares."""
    consumers = service.consumers(at)
    for name, loop in _loops(service, at, consumers):
        yield supervisor.spawn(name, loop)
    for consumer in consumers:
        runner = ConsumerRunner(service.name, consumer, at.database, at.kafka, at.keyring)
        yield supervisor.spawn(f"consumer {consumer.name}", runner.run)
        yield Check(f"kafka {consumer.name}", partial(_consumer_reason, runner))


def _loops(service: Service, at: At, consumers: Sequence[Consumer]) -> Iterator[tuple[str, Loop]]:
    yield "wakeup", partial(_listen, at.database)
    yield "relay", Relay(service.name, at.database, at.kafka).run
    yield "jobs", Worker(service.name, at.database, service.jobs(at)).run
    yield "replays", Replayer(service.name, consumers, at.database, at.keyring).run
    yield "timers", Timers(at.database, [*_kit_timers(at), *service.timers(at)]).run
    yield from service.loops(at).items()


def _kit_timers(at: At) -> Iterator[Timer]:
    yield Timer("pruning", PRUNE_EVERY_S, partial(_prune, at))
    yield Timer("event metrics", MEASURE_EVERY_S, partial(_measure, at.database), leader_only=False)


async def _prune(at: At) -> None:
    await inbox.prune(at.database, keep_days=at.settings.inbox_keep_days)
    await dead_letters.prune(at.database)


async def _measure(database: Database) -> None:
    """Every process reports the same; whoever alerts takes the maximum."""
    async with database.acquire() as db:
        rows, age_s = await outbox.backlog(db)
        letters = await dead_letters.counts(db)
        waiting = await job_store.waiting(db)
    OUTBOX_ROWS.set(rows)
    OUTBOX_AGE_S.set(age_s)
    JOBS_WAITING.set(waiting)
    for state in ("parked", "waiting", "replaying"):
        DEAD_LETTERS.labels(state).set(letters.get(state, 0))


async def _listen(database: Database, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await wait_any(database.wakeup.listen(), stop.wait(), timeout_s=3600)


async def _consumer_reason(runner: ConsumerRunner) -> str | None:
    return runner.status().reason or None
