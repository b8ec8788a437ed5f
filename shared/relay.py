"""From the outbox to Kafka: everything once or more, in the order of the outbox per key, deleted when acknowledged.

One relay of a service leads, by an advisory lock on a connection of its own; it reads and deletes over that same connection, so
that one who has lost the lock can do neither. What it sent and could not delete is sent again by the next: consumers know it by its
`ce_id`.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from shared.consume_errors import pause_s
from shared.db import DATABASE_AWAY, Connection, Database
from shared.event_metrics import PUBLISH_FAILURES, RELAY_LEADER
from shared.events.registry import topics_owned_by
from shared.kafka import MAX_PRODUCER_BATCH_BYTES, Kafka
from shared.publisher import Publisher, Row, Sent
from shared.redact import describe
from shared.stopping import sleep_or_stop, wait_any

BATCH_ROWS = 500
# A batch fits into one producer batch even if all of it goes to one partition; then nothing can overtake inside the producer.
MAX_BATCH_BYTES = MAX_PRODUCER_BATCH_BYTES // 2
POLL_S = 0.5
HEARTBEAT_S = 5.0
_ELECTION_S = 0.5
_LOCK_KEY = 0x1AA0_0002
_DRAIN_S = 3.0
_HEADERS_BYTES = 600
_STATEMENT_WITHIN_S = 30.0

_LOG = structlog.get_logger(__name__)


class _Lost(Exception):
    """The connection that holds the lock is gone."""


class _Failed(Exception):
    """Kafka did not take a message; the producer must be replaced."""


class Relay:
    """topics: those that get heartbeats; by default the ones that the service owns."""

    def __init__(
        self,
        service: str,
        database: Database,
        kafka: Kafka,
        *,
        topics: Sequence[str] | None = None,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._database = database
        self._topics = topics_owned_by(service) if topics is None else topics
        self._heartbeat_s = heartbeat_s
        self._publisher = Publisher(service, kafka)
        self._next_beat = 0.0
        self._as_of = datetime.min.replace(tzinfo=UTC)
        self.is_leader = False

    async def run(self, stop: asyncio.Event) -> None:
        """Stand for election, lead, publish, until `stop` is set; through every outage of the database and of Kafka."""
        failures = 0
        while not stop.is_set():
            try:
                await self._serve(stop)
                failures = 0
            except (*DATABASE_AWAY, KafkaError, _Lost, _Failed) as error:
                failures += 1
                _LOG.warning("relay_interrupted", error=describe(error), failures=failures)
                await sleep_or_stop(stop, pause_s(failures, most_s=2.0))
        await self._publisher.close()

    async def _serve(self, stop: asyncio.Event) -> None:
        db = await self._database.connect()
        lost = asyncio.Event()
        db.add_termination_listener(lambda _: lost.set())
        try:
            while not await db.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):
                if await sleep_or_stop(stop, _ELECTION_S):
                    return
            self._lead(True)
            with self._database.wakeup.serving("outbox"), self._database.wakeup.subscribe("outbox") as more:
                await self._publish(db, more, stop, lost)
        finally:
            self._lead(False)
            db.terminate()

    async def _publish(self, db: Connection, more: asyncio.Event, stop: asyncio.Event, lost: asyncio.Event) -> None:
        """Send batch after batch; while one is on its way, delete the one before it and read the one after it."""
        if not self._publisher.is_open:
            await self._publisher.open()
        delivered: list[int] = []
        batch = await _read(db, [])
        while not stop.is_set():
            await self._beat_when_due(db, stop, lost)
            if not batch:
                await wait_any(more.wait(), stop.wait(), lost.wait(), timeout_s=min(POLL_S, self._heartbeat_s))
                more.clear()
                batch = await _read(db, [])
                continue
            sending = asyncio.create_task(self._publisher.send(batch))
            try:
                await _delete(db, delivered)
                following = await _read(db, [row.id for row in batch])
            except BaseException:
                sending.cancel()
                raise
            sent: Sent = await _unless(sending, stop, lost)
            delivered = sent.acknowledged
            if sent.error is not None:
                await _delete(db, delivered)
                await self._give_up_producer(sent.error)
            if not following:
                await _delete(db, delivered)
                delivered = []
            batch = following
        await _delete(db, delivered)

    async def _beat_when_due(self, db: Connection, stop: asyncio.Event, lost: asyncio.Event) -> None:
        """What is committed later than `as_of` cannot be known here; what is committed before is published, or still in the table."""
        if time.monotonic() < self._next_beat or not self._topics:
            return
        self._next_beat = time.monotonic() + self._heartbeat_s
        # The time is taken before the snapshot of the statement. A row that is still there was committed after it was created.
        query = "SELECT least(statement_timestamp(), min(created_at)) FROM outbox"
        known = await db.fetchval(query, timeout=_STATEMENT_WITHIN_S)
        self._as_of = max(self._as_of, known)
        try:
            await _unless(asyncio.create_task(self._publisher.beat(self._topics, self._as_of)), stop, lost)
        except KafkaError as error:
            await self._give_up_producer(error)

    async def _give_up_producer(self, error: BaseException) -> None:
        PUBLISH_FAILURES.inc()
        await self._publisher.close()
        raise _Failed(describe(error)) from error

    def _lead(self, leads: bool) -> None:
        self.is_leader = leads
        RELAY_LEADER.set(int(leads))


async def _read(db: Connection, except_ids: Sequence[int]) -> list[Row]:
    """The next rows in order. Not "after the last id": a lower id may be committed later than a higher one."""
    rows = await db.fetch(
        """
        SELECT id, topic, key, headers, payload FROM (
            SELECT id, topic, key, headers, payload, size, sum(size) OVER (ORDER BY id) AS size_so_far
            FROM (
                SELECT id, topic, key, headers, payload, coalesce(octet_length(payload), 0) + $4 AS size
                FROM outbox WHERE id <> ALL ($1::bigint[])
            ) AS following
            ORDER BY id LIMIT $2
        ) AS following
        WHERE size_so_far <= $3 OR size_so_far = size
        ORDER BY id
        """,
        except_ids,
        BATCH_ROWS,
        MAX_BATCH_BYTES,
        _HEADERS_BYTES,
        timeout=_STATEMENT_WITHIN_S,
    )
    return [Row(*row) for row in rows]


async def _delete(db: Connection, ids: Sequence[int]) -> None:
    if ids:
        await db.execute("DELETE FROM outbox WHERE id = ANY ($1::bigint[])", ids, timeout=_STATEMENT_WITHIN_S)


async def _unless(task: asyncio.Task[Any], stop: asyncio.Event, lost: asyncio.Event) -> Any:
    """The result of the task. Raises _Lost when the lock is lost first, or when `stop` was set and Kafka does not answer."""
    deadline: float | None = None
    while not task.done():
        await asyncio.wait([task], timeout=POLL_S)
        if stop.is_set():
            deadline = deadline or time.monotonic() + _DRAIN_S
        if not task.done() and (lost.is_set() or (deadline and time.monotonic() > deadline)):
            task.cancel()
            raise _Lost("stopped while sending" if stop.is_set() else "the connection is gone")
    return task.result()
