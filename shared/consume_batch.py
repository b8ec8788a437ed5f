"""A batch of events in one transaction; when that fails, one by one.

Knows nothing of Kafka. The inbox makes every path safe to repeat, so whoever calls may begin again at any moment.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import cast

import asyncpg
import structlog

from shared import dead_letters, inbox
from shared.consume import Consumer
from shared.consume_decode import Beat, Received
from shared.consume_errors import MAX_TRIES, Verdict, pause_s, reason_of, verdict
from shared.consume_writes import Writes
from shared.correlation import traced
from shared.db import Connection, Database
from shared.dead_letter_store import Refusal
from shared.event_metrics import CONSUMED
from shared.redact import describe
from shared.sealed import Keyring

HANDLE_WITHIN_S = 60.0
ONE_BY_ONE_WITHIN_S = 60.0
CROSSINGS = 4

_LOG = structlog.get_logger(__name__)


class Waiting(Exception):
    """Something that the events need is away; nothing is lost by trying all of them again later."""


class Slow(Exception):
    """Going one by one took long; what is done is remembered, the rest should be fetched again."""


class BatchHandler:
    def __init__(self, service: str, consumer: Consumer, database: Database, keyring: Keyring) -> None:
        self._service = service
        self._consumer = consumer
        self._database = database
        self._keyring = keyring

    async def handle(
        self, received: Sequence[Received], beats: Sequence[Beat], next_offsets: Mapping[tuple[str, int], int]
    ) -> None:
        """Handle or park every event. Raises Waiting or Slow, after which some may have been handled."""
        try:
            await self._fetch_keys(received)
            await self._uncrossed(received, beats, next_offsets)
        except Waiting:
            raise
        except Exception as error:
            if verdict(error) is Verdict.WAIT:
                raise Waiting(describe(error)) from error
            _LOG.info("batch_failed", consumer=self._consumer.name, events=len(received), error=describe(error))
            await self._one_by_one(received)
            await self._finish(beats, next_offsets)

    async def _uncrossed(
        self, received: Sequence[Received], beats: Sequence[Beat], next_offsets: Mapping[tuple[str, int], int]
    ) -> None:
        """Two transactions that crossed are nobody's fault, and the next try usually succeeds."""
        for crossed in range(1, CROSSINGS + 1):
            try:
                await self._in_one_transaction(received, beats, next_offsets)
                return
            except asyncpg.TransactionRollbackError:
                if crossed == CROSSINGS:
                    raise
                await asyncio.sleep(pause_s(crossed, first_s=0.02))

    async def _in_one_transaction(
        self, received: Sequence[Received], beats: Sequence[Beat], next_offsets: Mapping[tuple[str, int], int]
    ) -> None:
        counted: list[tuple[str, str]] = []
        async with asyncio.timeout(HANDLE_WITHIN_S), self._database.transaction() as db:
            if received:
                counted = await self._handle_unseen(db, received)
            if beats and self._consumer.on_heartbeat is not None:
                await self._consumer.on_heartbeat(db, beats)
            if next_offsets:
                await inbox.remember_positions(db, self._consumer.name, next_offsets)
        for event_type, outcome in counted:
            self._count(event_type, outcome)

    async def _handle_unseen(self, db: Connection, received: Sequence[Received]) -> list[tuple[str, str]]:
        """Type and outcome of each. An event whose lane is held waits, also when the lane was closed by this very batch."""
        name = self._consumer.name
        unseen = await inbox.take(db, name, [event.event_id for event in received])
        held = await dead_letters.held_lanes(db, name, {event.lane for event in received if event.event_id in unseen})
        refusals: list[Refusal] = []
        outcomes: list[tuple[str, str]] = []
        writes = Writes(db) if self._consumer.only_writes else None
        for event in received:
            if event.event_id not in unseen:
                outcomes.append((event.type, "seen"))
                continue
            unseen.discard(event.event_id)
            if event.lane in held:
                refusals.append(Refusal(event, "waiting", "waiting"))
                outcomes.append((event.type, "waiting"))
            elif event.fault is not None:
                held.add(event.lane)
                refusals.append(Refusal(event, "parked", event.fault.reason, event.fault.error))
                outcomes.append((event.type, "parked"))
            else:
                await self._write(db, writes, event)
                outcomes.append((event.type, "handled"))
        if writes is not None:
            await writes.send()
        if refusals:
            await dead_letters.refuse(db, self._service, name, refusals)
        return outcomes

    async def _write(self, db: Connection, writes: Writes | None, received: Received) -> None:
        if writes is None:
            await self._call_handler(db, received)
            return
        is_apart = type(received.event) in self._consumer.apart
        if is_apart:
            await writes.send()
        writes.enter(received.lane)
        await self._call_handler(cast(Connection, writes), received)
        if is_apart:
            await writes.send()

    async def _call_handler(self, db: Connection, received: Received) -> None:
        event = received.event
        if event is not None:
            with traced(f"{self._consumer.name} {received.type}", received.headers):
                await self._consumer.handlers[type(event)](db, event, self._keyring)

    async def _one_by_one(self, received: Sequence[Received]) -> None:
        deadline = time.monotonic() + ONE_BY_ONE_WITHIN_S
        for event in received:
            await self._until_settled(event)
            if time.monotonic() > deadline:
                raise Slow

    async def _until_settled(self, received: Received) -> None:
        for attempt in range(1, MAX_TRIES + 1):
            try:
                await self._fetch_keys([received])
                await self._uncrossed([received], [], {})
                return
            except Waiting:
                raise
            except Exception as error:
                judged = verdict(error)
                if judged is Verdict.WAIT:
                    raise Waiting(describe(error)) from error
                if judged is Verdict.PARK or attempt == MAX_TRIES:
                    await self._park(received, error, attempt)
                    return
                await asyncio.sleep(pause_s(attempt))

    async def _park(self, received: Received, error: Exception, attempts: int) -> None:
        name = self._consumer.name
        refusal = Refusal(received, "parked", reason_of(error), describe(error), attempts)
        try:
            async with self._database.transaction() as db:
                if await inbox.take(db, name, [received.event_id]):
                    await dead_letters.refuse(db, self._service, name, [refusal])
        except Exception as failure:
            raise Waiting(describe(failure)) from failure
        self._count(received.type, "parked")
        _LOG.warning("event_parked", consumer=name, type=received.type, lane=received.lane, error=describe(error))

    async def _finish(self, beats: Sequence[Beat], next_offsets: Mapping[tuple[str, int], int]) -> None:
        try:
            await self._in_one_transaction([], beats, next_offsets)
        except Exception as error:
            raise Waiting(describe(error)) from error

    async def _fetch_keys(self, received: Sequence[Received]) -> None:
        """Before the transaction, because it may ask identity. Whatever goes wrong there is not the event's fault."""
        subjects = {subject for item in received if item.event is not None for subject in item.event.sealed_subjects()}
        if not subjects:
            return
        try:
            await self._keyring.fetch(subjects)
        except Exception as error:
            raise Waiting(f"data keys: {describe(error)}") from error

    def _count(self, event_type: str, outcome: str) -> None:
        label = event_type if event_type in self._consumer.known else "other"
        CONSUMED.labels(self._consumer.name, label, outcome).inc()
