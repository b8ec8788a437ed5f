"""The whole log of the followed topics, read from its beginning without a group, in the order of time across topics.

Events of one key come in order in any case. That those of different topics come about as they once did matters where one changes
rows that another topic's events make, such as when a person is forgotten.
"""

import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition

from shared.consume import Consumer
from shared.consume_decode import Beat, Received, decode, headers_of
from shared.events.base import Event
from shared.kafka import Kafka, KafkaConsumer

Ends = dict[TopicPartition, int]
_FETCH_MS = 500
_BEAT = b".Heartbeat.v1"


class LogCut(Exception):
    """Kafka has forgotten the beginning of a topic. The text names it."""


@dataclass
class Chunk:
    """records: how many were read, heartbeats and what nobody handles among them. next_offsets: by topic and partition."""

    received: list[Received] = field(default_factory=list[Received])
    beats: dict[tuple[str, int], Beat] = field(default_factory=dict[tuple[str, int], Beat])
    next_offsets: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    records: int = 0


class Log:
    def __init__(self, kafka: Kafka, consumer: Consumer) -> None:
        self._kafka = kafka
        self._topics = consumer.topics
        self._known: Mapping[str, type[Event]] = consumer.known
        self._client: KafkaConsumer = None
        self._ahead: dict[TopicPartition, deque[Any]] = {}
        self._next: Ends = {}

    async def open(self, compacted: Sequence[str]) -> None:
        """compacted: topics whose beginning may be missing. Raises LogCut, KafkaError."""
        self._client = self._kafka.reader("gateway-rebuild", self._topics)
        await self._client.start()
        partitions: list[TopicPartition] = sorted(self._client.assignment())
        self._next = await self._client.beginning_offsets(partitions)
        await self._client.seek_to_beginning(*partitions)
        for partition, offset in self._next.items():
            if offset > 0 and self._kafka.name_of(partition.topic) not in compacted:
                raise LogCut(f"{partition.topic} begins at {offset} in partition {partition.partition}")
        self._ahead = {partition: deque() for partition in partitions}

    async def close(self) -> None:
        if self._client is not None:
            await self._client.stop()

    async def ends(self) -> Ends:
        return await self._client.end_offsets(list(self._ahead))

    def left(self, until: Ends) -> int:
        return sum(max(0, end - self._next[partition]) for partition, end in until.items())

    async def read(self, until: Ends, *, most: int) -> Chunk | None:
        """The next events up to these offsets; None when there are none left."""
        waiting = {partition for partition, end in until.items() if self._next[partition] < end}
        if not waiting:
            return None
        await self._fetch(waiting, until)
        heads = [
            (ahead[0].timestamp, index, partition)
            for index, (partition, ahead) in enumerate(self._ahead.items())
            if ahead and partition in waiting
        ]
        heapq.heapify(heads)
        chunk, last_beats = Chunk(), dict[TopicPartition, Any]()
        while heads and len(chunk.received) < most:
            _, index, partition = heads[0]
            ahead = self._ahead[partition]
            record = ahead.popleft()
            self._next[partition] = record.offset + 1
            self._take(chunk, last_beats, partition, record)
            if self._next[partition] >= until[partition]:
                heapq.heappop(heads)
            elif ahead:
                heapq.heapreplace(heads, (ahead[0].timestamp, index, partition))
            else:
                break  # what comes next there may be older than what the others have
        self._add_beats(chunk, last_beats)
        return chunk

    async def _fetch(self, waiting: set[TopicPartition], until: Ends) -> None:
        """Have at least one record at hand of each partition that waits, but for those that end in a gap."""
        while empty := [partition for partition in waiting if not self._ahead[partition]]:
            fetched: Mapping[TopicPartition, list[Any]] = await self._client.getmany(*empty, timeout_ms=_FETCH_MS)
            for partition, records in fetched.items():
                self._ahead[partition].extend(records)
            if not fetched:
                for partition in empty:
                    position: int = await self._client.position(partition)
                    if position >= until[partition]:
                        self._next[partition] = position
                        waiting.discard(partition)

    def _take(self, chunk: Chunk, beats: dict[TopicPartition, Any], partition: TopicPartition, record: Any) -> None:
        chunk.records += 1
        if any(name == "ce_type" and value.endswith(_BEAT) for name, value in record.headers):
            beats[partition] = record
            return
        found = self._decode(partition, record)
        if isinstance(found, Received):
            chunk.received.append(found)
            chunk.next_offsets[found.topic, found.partition] = record.offset + 1

    def _add_beats(self, chunk: Chunk, last: Mapping[TopicPartition, Any]) -> None:
        """Of each partition the last one says it all."""
        for partition, record in last.items():
            found = self._decode(partition, record)
            if isinstance(found, Beat):
                chunk.beats[found.topic, found.partition] = found

    def _decode(self, partition: TopicPartition, record: Any) -> Received | Beat | None:
        topic = self._kafka.name_of(partition.topic)
        headers = headers_of(record.headers)
        return decode(topic, partition.partition, record.offset, record.key, headers, record.value, known=self._known)
