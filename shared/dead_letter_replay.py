"""Runs what operators replay or release: lane by lane, in order, each letter in a transaction of its own under the lane's lock."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from shared import dead_letter_store as store
from shared import dead_letters
from shared.consume import Consumer
from shared.consume_decode import Received, decode
from shared.consume_errors import MAX_TRIES, Verdict, pause_s, verdict
from shared.correlation import traced
from shared.db import Connection, Database
from shared.dead_letter_store import DeadLetter
from shared.events.base import Event
from shared.redact import describe
from shared.sealed import Keyring
from shared.stopping import sleep_or_stop, wait_any

POLL_S = 2.0
_LOG = structlog.get_logger(__name__)


class UnreadableLetter(Exception):
    """The letter still cannot be read. The text says why."""


class Replayer:
    """consumers: all of the service. Any number of processes may run one; the locks keep them apart."""

    def __init__(self, service: str, consumers: Sequence[Consumer], database: Database, keyring: Keyring) -> None:
        self._service = service
        self._consumers = {consumer.name: consumer for consumer in consumers}
        self._known: Mapping[str, Mapping[str, type[Event]]] = {consumer.name: consumer.known for consumer in consumers}
        self._database = database
        self._keyring = keyring

    async def run(self, stop: asyncio.Event) -> None:
        failures = 0
        with self._database.wakeup.subscribe("dead_letter") as more, self._database.wakeup.serving("dead_letter"):
            while not stop.is_set():
                more.clear()
                try:
                    await self._run_lanes(stop)
                    failures = 0
                except Exception as error:
                    if verdict(error) is not Verdict.WAIT:
                        raise
                    failures += 1
                    _LOG.info("replay_waits", error=describe(error))
                    await sleep_or_stop(stop, pause_s(failures))
                else:
                    await wait_any(more.wait(), stop.wait(), timeout_s=POLL_S)

    async def _run_lanes(self, stop: asyncio.Event) -> None:
        async with self._database.acquire() as db:
            lanes = await store.runnable_lanes(db, list(self._consumers))
        for consumer, lane in lanes:
            while not stop.is_set() and await self._run_head(self._consumers[consumer], lane):
                pass

    async def _run_head(self, consumer: Consumer, lane: str) -> bool:
        """Settle the first open letter of a lane. False when there is none to run: the lane is free, or its head is parked."""
        for attempt in range(1, MAX_TRIES + 1):
            async with self._database.acquire() as db:
                letter = await store.find_head(db, consumer.name, lane)
            if letter is None or letter.state == "parked":
                return False
            try:
                await self._settle(consumer, letter, attempt)
                return True
            except Exception as error:
                judged = verdict(error)
                if judged is Verdict.WAIT:
                    raise
                # An operator who replays wants to know at once; what only waited gets the tries of any event.
                if judged is Verdict.PARK or letter.state == "replaying" or attempt == MAX_TRIES:
                    await self._settle(consumer, letter, attempt, error)
                    return False
            await asyncio.sleep(pause_s(attempt))
        return False

    async def _settle(
        self, consumer: Consumer, letter: DeadLetter, attempt: int, failed: Exception | None = None
    ) -> None:
        """Handle the letter, or park it with the error. Nothing happens when another process was faster."""
        received = None if failed is not None else self._decode(consumer, letter)
        if received is not None and received.event is not None:
            await self._keyring.fetch(received.event.sealed_subjects())
        async with self._database.transaction() as db:
            await store.lock_lane(db, consumer.name, letter.lane)
            head = await store.find_head(db, consumer.name, letter.lane)
            if head is None or head.id != letter.id or head.state != letter.state:
                return
            if received is not None:
                await self._call_handler(db, consumer, received)
            await dead_letters.settle(db, self._service, letter, failed, tried=attempt)
        _LOG.info("dead_letter_settled", dead_letter_id=letter.id, consumer=consumer.name, replayed=failed is None)

    def _decode(self, consumer: Consumer, letter: DeadLetter) -> Received | None:
        """None for what this version does not handle (any more): then there is nothing to do. Raises UnreadableLetter."""
        found = decode(
            letter.topic,
            letter.partition or 0,
            letter.offset or 0,
            letter.key,
            letter.headers,
            letter.payload,
            known=self._known[consumer.name],
        )
        if not isinstance(found, Received):
            return None
        if found.fault is not None:
            raise UnreadableLetter(f"{found.fault.reason}: {found.fault.error}")
        return found

    async def _call_handler(self, db: Connection, consumer: Consumer, received: Received) -> None:
        event = received.event
        if event is None:
            return
        with traced(f"{consumer.name} {received.type} replayed", received.headers):
            await consumer.handlers[type(event)](db, event, self._keyring)
