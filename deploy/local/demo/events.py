"""What the platform says on Kafka while the story is played: followed from its end, as any tool may."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.base import is_heartbeat
from shared.events.registry import TOPICS


@dataclass(frozen=True)
class Seen:
    """An event that passed: the name of its class, and its key."""

    name: str
    key: str


class EventLog:
    """Use as `async with`. `mark` is a place in the log; `since` what came after it."""

    def __init__(self, kafka: str) -> None:
        topics = [name for name in TOPICS if not name.endswith(".dead-letters")]
        self._consumer = AIOKafkaConsumer(*topics, bootstrap_servers=kafka, auto_offset_reset="latest")
        self._seen: list[Seen] = []
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "EventLog":
        await self._consumer.start()
        partitions: set[TopicPartition] = self._consumer.assignment()
        await self._consumer.seek_to_end(*partitions)
        for partition in partitions:
            await self._consumer.position(partition)
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    @property
    def mark(self) -> int:
        return len(self._seen)

    def since(self, mark: int) -> list[str]:
        return [event.name for event in self._seen[mark:]]

    async def wait_for(self, names: Iterable[str], *, since: int, within_s: float) -> list[str]:
        """Returns what is still missing of `names` (each as often as it is named) when the time is over, or at once when nothing is."""
        wanted = Counter(names)
        deadline = monotonic() + within_s
        while missing := list((wanted - Counter(self.since(since))).elements()):
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout=max(0.01, deadline - monotonic()))
            except TimeoutError:
                return missing
        return []

    async def _follow(self) -> None:
        async for record in self._consumer:
            headers = dict(record.headers)
            event_type = headers.get("ce_type", b"").decode(errors="replace")
            if event_type and not is_heartbeat(event_type):
                key = (record.key or b"").decode(errors="replace")
                self._seen.append(Seen(name=event_type.split(".")[-2], key=key))
                self._arrived.set()
