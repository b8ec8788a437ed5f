"""The Kafka side of a Consumer: fetch, hand over, commit; wait without losing the membership of the group."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from shared import inbox
from shared.consume import Consumer
from shared.consume_batch import BatchHandler, Slow, Waiting
from shared.consume_decode import Beat, Received, decode, headers_of
from shared.consume_errors import pause_s
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable
from shared.event_metrics import CONSUME_S, CONSUMED, CONSUMER_LAG, CONSUMER_WAITING
from shared.kafka import Kafka, KafkaConsumer
from shared.redact import describe
from shared.sealed import Keyring
from shared.stopping import sleep_or_stop

BATCH_EVENTS = 200
_POLL_MS = 250
_LAG_EVERY_S = 5.0
_ANSWER_WITHIN_S = 5.0
_STALLED_AFTER_S = 60.0
_STOP_WITHIN_S = 5.0
# Below the rebalance timeout: a batch in hand may end, and commit, before its partitions go to somebody else.
_REVOKE_WITHIN_S = 20.0

_LOG = structlog.get_logger(__name__)
_Records = Mapping[TopicPartition, Sequence[Any]]


@dataclass(frozen=True)
class _Unreadable:
    """Stands for a record that the driver cannot read, because the name of a header is not UTF-8."""

    offset: int
    key: None = None
    value: None = None
    headers: tuple[tuple[str, bytes], ...] = (("unreadable", b"the name of a header is not UTF-8"),)


@dataclass(frozen=True)
class ConsumerStatus:
    """lag: messages not yet handled, None while unknown. reason: empty when ready."""

    name: str
    ready: bool
    reason: str
    partitions: int
    lag: int | None


class ConsumerRunner(ConsumerRebalanceListener):
    def __init__(self, service: str, consumer: Consumer, database: Database, kafka: Kafka, keyring: Keyring) -> None:
        self._declared = consumer
        self._known = consumer.known
        self._handler = BatchHandler(service, consumer, database, keyring)
        self._database = database
        self._kafka = kafka
        self._client: KafkaConsumer = None
        self._in_hand = asyncio.Lock()
        self._committing: asyncio.Task[None] | None = None
        self._is_careful = False
        self._joined = False
        self._partitions = 0
        self._lag: int | None = None
        self._progress_at = time.monotonic()
        self._waiting_for = "not connected to Kafka"

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, then finish the batch in hand; through every outage of Kafka and the database."""
        failures = 0
        while not stop.is_set():
            self._client = client = self._kafka.consumer(self._declared.name, self._declared.topics, self)
            try:
                if not await _start(client, stop):
                    return
                failures, self._waiting_for = 0, ""
                watch = asyncio.create_task(self._watch(client))
                try:
                    await self._consume(client, stop)
                finally:
                    watch.cancel()
                    await self._committed()
            except (KafkaError, OSError, UnicodeDecodeError) as error:
                failures += 1
                self._is_careful = isinstance(error, UnicodeDecodeError)
                self._waiting_for = f"Kafka: {describe(error)}"
                _LOG.warning("consumer_interrupted", consumer=self._declared.name, error=describe(error))
                await sleep_or_stop(stop, pause_s(failures, most_s=5.0))
            finally:
                self._client, self._joined = None, False
                with suppress(KafkaError, OSError, TimeoutError):
                    await asyncio.wait_for(client.stop(), timeout=_STOP_WITHIN_S)

    def status(self) -> ConsumerStatus:
        """Ready: it has its partitions, nothing holds it up, it moves, and it knows how far behind it is."""
        reasons = {
            self._waiting_for: bool(self._waiting_for),
            "not yet assigned": not self._joined,
            "no progress": time.monotonic() - self._progress_at > _STALLED_AFTER_S,
            "Kafka does not answer": self._lag is None,
        }
        reason = next((text for text, applies in reasons.items() if applies), "")
        return ConsumerStatus(self._declared.name, not reason, reason, self._partitions, self._lag)

    async def _consume(self, client: KafkaConsumer, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            records = await self._fetch(client)
            self._progress_at = time.monotonic()
            if not records:
                continue
            try:
                async with self._in_hand:
                    await self._handle(records)
                    await self._committed()
                    self._committing = asyncio.create_task(_commit(client, records))
            except Waiting as error:
                failures += 1
                self._wait_for(str(error))
                _rewind(client, records)
                await self._pause(client, stop, pause_s(failures))
            except Slow:
                _rewind(client, records)
            else:
                failures = 0
                self._wait_for("")

    async def _fetch(self, client: KafkaConsumer) -> _Records:
        """The next records. After the driver met one that it cannot read, one by one until that one is found and can be parked:

        with several at once it would drop the sound ones that it had read before.
        """
        if not self._is_careful:
            return await client.getmany(timeout_ms=_POLL_MS, max_records=BATCH_EVENTS)
        partitions = list(client.assignment())
        random.shuffle(partitions)
        for partition in partitions:
            try:
                records: _Records = await client.getmany(partition, timeout_ms=_POLL_MS, max_records=1)
            except UnicodeDecodeError:
                self._is_careful = False
                offset = await client.position(partition)
                client.seek(partition, offset + 1)
                return {partition: [_Unreadable(offset)]}
            if records:
                return records
        return {}

    async def _handle(self, records: _Records) -> None:
        started = time.monotonic()
        received: list[Received] = []
        beats: dict[tuple[str, int], Beat] = {}
        for partition, items in records.items():
            topic = self._kafka.name_of(partition.topic)
            for item in items:
                headers = headers_of(item.headers)
                found = decode(
                    topic, partition.partition, item.offset, item.key, headers, item.value, known=self._known
                )
                if isinstance(found, Received):
                    received.append(found)
                elif isinstance(found, Beat):
                    beats[topic, partition.partition] = found
                else:
                    CONSUMED.labels(self._declared.name, "other", "skipped").inc()
        if received or (beats and self._declared.on_heartbeat):
            await self._handler.handle(received, list(beats.values()), self._next_offsets(records) if received else {})
            CONSUME_S.labels(self._declared.name).observe(time.monotonic() - started)

    def _next_offsets(self, records: _Records) -> dict[tuple[str, int], int]:
        return {
            (self._kafka.name_of(partition.topic), partition.partition): items[-1].offset + 1
            for partition, items in records.items()
        }

    async def _committed(self) -> None:
        """The offsets of the batch before are committed while this one is fetched and handled."""
        if self._committing is not None:
            await self._committing

    async def _pause(self, client: KafkaConsumer, stop: asyncio.Event, seconds: float) -> None:
        """Wait, but keep asking Kafka for nothing, so that the group does not take this member for dead."""
        deadline = time.monotonic() + seconds
        while not stop.is_set() and (left_s := deadline - time.monotonic()) > 0:
            client.pause(*client.assignment())
            unwanted: _Records = await client.getmany(timeout_ms=int(min(left_s, _POLL_MS / 1000) * 1000) + 1)
            _rewind(client, unwanted)
        if self._joined:
            client.resume(*client.assignment())

    def _wait_for(self, what: str) -> None:
        if what and not self._waiting_for:
            _LOG.warning("consumer_waits", consumer=self._declared.name, reason=what)
        self._waiting_for = what
        CONSUMER_WAITING.labels(self._declared.name).set(1 if what else 0)

    async def _watch(self, client: KafkaConsumer) -> None:
        """Ask Kafka how far the topics are: that tells the lag, and whether Kafka answers at all, which `getmany` does not."""
        while True:
            try:
                self._lag = await asyncio.wait_for(self._measure_lag(client), timeout=_ANSWER_WITHIN_S)
                CONSUMER_LAG.labels(self._declared.name).set(self._lag)
            except (KafkaError, OSError, TimeoutError, IllegalStateError):
                self._lag = None
            await asyncio.sleep(_LAG_EVERY_S if self._lag is not None else _LAG_EVERY_S / 10)

    async def _measure_lag(self, client: KafkaConsumer) -> int:
        partitions = client.assignment()
        if self._kafka.engine == "kafka":
            ends: dict[TopicPartition, int] = await client.end_offsets(partitions)
        else:
            ends = {partition: client.highwater(partition) or 0 for partition in partitions}
        return sum([max(0, end - await client.position(partition)) for partition, end in ends.items()])

    async def on_partitions_revoked(  # pyright: ignore[reportIncompatibleMethodOverride] - the driver awaits it
        self, revoked: set[TopicPartition]
    ) -> None:
        """Let the batch in hand end. If it takes too long it ends later, and whoever repeats it finds it in the inbox."""
        self._joined = False
        with suppress(TimeoutError):
            async with asyncio.timeout(_REVOKE_WITHIN_S), self._in_hand:
                await self._committed()

    async def on_partitions_assigned(  # pyright: ignore[reportIncompatibleMethodOverride] - the driver awaits it
        self, assigned: set[TopicPartition]
    ) -> None:
        """Nothing is fetched before it is known where to begin: `getmany` goes on while the driver awaits this."""
        client = self._client
        client.pause(*assigned)
        try:
            if self._kafka.engine == "kafka":
                with suppress(*DATABASE_AWAY, DatabaseUnavailable, KafkaError):
                    await self._seek_where_kafka_forgot(client, assigned)
        finally:
            self._joined, self._partitions, self._lag = True, len(assigned), None
            client.resume(*assigned)

    async def _seek_where_kafka_forgot(self, client: KafkaConsumer, assigned: set[TopicPartition]) -> None:
        async with self._database.acquire() as db:
            known = await inbox.positions(db, self._declared.name)
        for partition in assigned:
            position = known.get((self._kafka.name_of(partition.topic), partition.partition))
            if position is not None and await client.committed(partition) is None:
                client.seek(partition, position)


async def _start(client: KafkaConsumer, stop: asyncio.Event) -> bool:
    """Connect and join the group, unless `stop` is set first."""
    starting = asyncio.create_task(client.start())
    while not starting.done():
        await asyncio.wait([starting], timeout=_POLL_MS / 1000)
        if stop.is_set() and not starting.done():
            starting.cancel()
            return False
    await starting
    return True


async def _commit(client: KafkaConsumer, records: _Records) -> None:
    """When this fails the events come again, and the inbox knows them."""
    try:
        await client.commit({partition: items[-1].offset + 1 for partition, items in records.items()})
    except (KafkaError, IllegalStateError) as error:
        _LOG.info("offsets_not_committed", error=describe(error))


def _rewind(client: KafkaConsumer, records: _Records) -> None:
    """Back to where these began. A partition that was taken away meanwhile is somebody else's concern."""
    for partition, items in records.items():
        with suppress(IllegalStateError):
            client.seek(partition, items[0].offset)
