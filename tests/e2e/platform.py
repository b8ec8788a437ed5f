"""What the end-to-end tests know of the platform that runs for them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from aiokafka import AIOKafkaConsumer

from deploy.local.commands import lifecycle
from deploy.local.stack import Stack


@dataclass(frozen=True)
class Platform:
    """traces: the file to which every service writes its spans."""

    stack: Stack
    traces: Path

    @property
    def origin(self) -> str:
        return self.stack.url

    @property
    def tool(self) -> str:
        return self.stack.ports.url("demo-tool")

    @property
    def world(self) -> str:
        return self.stack.ports.url("world")

    def kill(self, service: str) -> None:
        """As when the machine takes it away; the supervisor starts it again."""
        port = self.stack.ports.of(service)
        listening = [one for one in psutil.net_connections("inet") if one.status == psutil.CONN_LISTEN]
        for pid in {one.pid for one in listening if one.laddr.port == port and one.pid}:
            os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def without(platform: Platform, *parts: str) -> AsyncIterator[None]:
    """Stop these parts of the running platform, and start them again at the end."""
    for part in parts:
        await asyncio.to_thread(lifecycle.hold, platform.stack.data, part)
    try:
        yield
    finally:
        for part in reversed(parts):
            await asyncio.to_thread(lifecycle.release, platform.stack.data, part)


async def messages_of(platform: Platform) -> list[tuple[str, bytes]]:
    """Everything that Kafka holds, uncompressed, with keys and headers."""
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=platform.stack.kafka, auto_offset_reset="earliest", group_id=None, enable_auto_commit=False
    )
    await consumer.start()
    try:
        topics = [topic for topic in await consumer.topics() if not topic.startswith("__")]
        consumer.subscribe(topics)
        while not consumer.assignment():
            await consumer.getmany(timeout_ms=100)
        ends = await consumer.end_offsets(consumer.assignment())
        await consumer.seek_to_beginning()
        found: list[tuple[str, bytes]] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [(one.topic, b"\n".join(_parts(one))) for one in records]
        return found
    finally:
        await consumer.stop()


def _parts(record: Any) -> Iterator[bytes]:
    yield record.key or b""
    yield record.value or b""
    for name, value in record.headers:
        yield name.encode()
        yield value or b""
