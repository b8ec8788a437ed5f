"""The relay's hands: a producer that sends a batch in order and says exactly what Kafka acknowledged."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka.errors import KafkaError

from shared.event_metrics import PUBLISHED
from shared.events.base import Heartbeat, heartbeat_type
from shared.ids import new_id
from shared.kafka import Kafka, KafkaProducer

_CLOSE_WITHIN_S = 2.0
_BEAT_KEY = b"heartbeat"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the outbox."""

    id: int
    topic: str
    key: bytes | None
    headers: dict[str, str]
    payload: bytes | None


@dataclass(frozen=True)
class Sent:
    """acknowledged: ids that may be deleted, of each key only what precedes its first failure. error: the first failure."""

    acknowledged: list[int]
    error: BaseException | None


class Publisher:
    """Lives as long as its producer is sound. After an error close it and open another: what a broken one would still send is unknown."""

    def __init__(self, service: str, kafka: Kafka) -> None:
        self._service = service
        self._kafka = kafka
        self._producer: KafkaProducer = None

    async def open(self) -> None:
        """Raises KafkaError (or OSError) while Kafka is away."""
        producer = self._kafka.producer(f"immo.{self._service}.relay")
        try:
            await producer.start()
        except BaseException:
            await _close(producer)
            raise
        self._producer = producer

    @property
    def is_open(self) -> bool:
        return self._producer is not None

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _close(producer)

    async def send(self, rows: Sequence[Row]) -> Sent:
        """Send all, wait for all. While Kafka is away this lasts until it is back."""
        results: list[Any] = []
        unsendable: dict[str, BaseException] = {}
        for row in rows:
            if row.topic not in unsendable:
                try:
                    results.append(await self._send(row))
                    continue
                except KafkaError as error:
                    unsendable[row.topic] = error
            results.append(unsendable[row.topic])
        futures: list[asyncio.Future[Any]] = [result for result in results if isinstance(result, asyncio.Future)]
        if futures:
            await asyncio.wait(futures)
        return _outcome(rows, results)

    async def beat(self, topics: Sequence[str], as_of: datetime) -> None:
        """Tell every partition of these topics that all of before `as_of` is in it. Raises KafkaError."""
        payload = Heartbeat(as_of=as_of).model_dump_json().encode()
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(new_id()),
            "ce_source": f"immoconnect/{self._service}",
            "ce_type": heartbeat_type(self._service),
            "ce_time": as_of.isoformat(),
            "content-type": "application/json",
        }
        futures: list[asyncio.Future[Any]] = []
        for name in topics:
            topic = self._kafka.topic(name)
            for partition in await self._producer.partitions_for(topic):
                # A compacted topic refuses messages without a key.
                sending = self._producer.send(topic, payload, _BEAT_KEY, partition, headers=_encoded(headers))
                futures.append(await sending)
        await asyncio.gather(*futures)

    async def _send(self, row: Row) -> asyncio.Future[Any]:
        topic = self._kafka.topic(row.topic)
        return await self._producer.send(topic, row.payload, row.key, headers=_encoded(row.headers))


def _encoded(headers: dict[str, str]) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in headers.items()]


def _outcome(rows: Sequence[Row], results: Sequence[Any]) -> Sent:
    acknowledged: list[int] = []
    broken: set[tuple[str, bytes | None]] = set()
    first: BaseException | None = None
    for row, result in zip(rows, results, strict=True):
        error = result.exception() if isinstance(result, asyncio.Future) else result
        if error is not None:
            first = first or error
            broken.add((row.topic, row.key))
        elif row.key is None or (row.topic, row.key) not in broken:
            acknowledged.append(row.id)
            PUBLISHED.labels(row.topic).inc()
    return Sent(acknowledged, first)


async def _close(producer: KafkaProducer) -> None:
    with suppress(KafkaError, OSError, TimeoutError):
        await asyncio.wait_for(producer.stop(), timeout=_CLOSE_WITHIN_S)
