"""The background work of a worker: which loops a service needs, and how each tells whether it runs."""

import asyncio
from collections.abc import Iterator
from functools import partial

from shared.consume_runner import ConsumerRunner
from shared.db import Database
from shared.health import Check
from shared.jobs import Worker
from shared.relay import Relay
from shared.service import At, Service
from shared.stopping import wait_any
from shared.supervise import Loop, Supervisor
from shared.timers import run_timer


def start_workers(service: Service, at: At, supervisor: Supervisor) -> Iterator[Check]:
    """Start every loop and return the checks that say how each fares."""
    for name, loop in _loops(service, at):
        yield supervisor.spawn(name, loop)
    for consumer in service.consumers(at):
        runner = ConsumerRunner(service.name, consumer, at.database, at.kafka, at.keyring)
        yield supervisor.spawn(f"consumer {consumer.name}", runner.run)
        yield Check(f"kafka {consumer.name}", partial(_consumer_reason, runner))


def _loops(service: Service, at: At) -> Iterator[tuple[str, Loop]]:
    yield "wakeup", partial(_listen, at.database)
    yield "relay", Relay(service.name, at.database, at.kafka).run
    yield "jobs", Worker(service.name, at.database, service.jobs(at)).run
    for timer in service.timers(at):
        yield f"timer {timer.name}", partial(run_timer, timer, at.database)


async def _listen(database: Database, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await wait_any(database.wakeup.listen(), stop.wait(), timeout_s=3600)


async def _consumer_reason(runner: ConsumerRunner) -> str | None:
    return runner.status().reason or None
