"""What tests of events need: events of an invented wallet, workers running in the test's process, and a look into topics."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from shared import outbox
from shared.consume import Consumer
from shared.consume_decode import headers_of
from shared.consume_runner import ConsumerRunner
from shared.db import Connection, Database
from shared.events.base import Event, is_heartbeat
from shared.events.wallet import WalletCharged
from shared.ids import new_id
from shared.kafka import Kafka
from shared.outbox import Message
from shared.relay import Relay
from shared.sealed import Keyring

TOPIC = "wallet.events"
Loop = Callable[[asyncio.Event], Awaitable[None]]

CREATE_EFFECT = "CREATE TABLE effect (n bigint GENERATED ALWAYS AS IDENTITY, key uuid, version int)"


def charged(wallet_id: UUID, version: int) -> WalletCharged:
    return WalletCharged(
        version=version,
        wallet_id=wallet_id,
        charge_id=new_id(),
        tool_id="tool",
        amount_excl_cents=1900,
        amount_incl_cents=2299,
        balance_cents=0,
    )


async def save_effect(db: Connection, event: WalletCharged, _: Keyring) -> None:
    await db.execute("INSERT INTO effect (key, version) VALUES ($1, $2)", event.wallet_id, event.version)


def saving(name: str = "kit") -> Consumer:
    """A consumer whose effect is a row for each charge."""
    return Consumer(name, [TOPIC], {WalletCharged: save_effect})


@asynccontextmanager
async def running(*loops: Loop) -> AsyncIterator[None]:
    """Run these until the end of the block; what they raise is raised there."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(loop(stop))  # pyright: ignore[reportArgumentType]
        try:
            yield
        finally:
            stop.set()


async def until(is_so: Callable[[], Any], *, within_s: float = 20.0, what: str = "it") -> None:
    """Wait for something that must come true; the test fails when it does not in time."""
    deadline = time.monotonic() + within_s
    while True:
        found = is_so()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within_s:.0f} s")
        await asyncio.sleep(0.02)


async def append(database: Database, *events: Event) -> None:
    async with database.transaction() as db:
        await outbox.append(db, *events)


async def publish(kafka: Kafka, database: Database, *events: Event) -> None:
    """Append and relay, and return when all of it is in Kafka."""
    await append(database, *events)
    async with running(Relay("wallet", database, kafka, topics=()).run):
        await until(lambda: is_empty(database), what="publishing")


async def is_empty(database: Database) -> bool:
    return (await fetch(database, "SELECT count(*) AS rows FROM outbox"))[0]["rows"] == 0


async def fetch(database: Database, query: str, *arguments: Any) -> list[Any]:
    async with database.acquire() as db:
        return await db.fetch(query, *arguments)


async def effects(database: Database, key: UUID | None = None) -> list[int]:
    """The versions in the order in which they had their effect."""
    rows = await fetch(database, "SELECT version FROM effect WHERE $1::uuid IS NULL OR key = $1 ORDER BY n", key)
    return [row["version"] for row in rows]


async def has_effects(database: Database, wanted: int) -> bool:
    return len(await effects(database)) >= wanted


async def with_effects(database: Database) -> Database:
    async with database.acquire() as db:
        await db.execute(CREATE_EFFECT)
    return database


def runner(kafka: Kafka, database: Database, keyring: Keyring, consumer: Consumer) -> ConsumerRunner:
    return ConsumerRunner("wallet", consumer, database, kafka, keyring)


async def send_raw(
    kafka: Kafka,
    *,
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes | None]] = (),
    topic: str = TOPIC,
) -> None:
    """What any program might write there."""
    producer = kafka.producer("test")
    await producer.start()
    try:
        await producer.send_and_wait(kafka.topic(topic), value, key, headers=list(headers))
    finally:
        await producer.stop()


async def send_unreadable(kafka: Kafka, *, partition: int, topic: str = TOPIC) -> None:
    """Between two sound records without a `ce_type`, one that no client in Python can read: a header's name is not UTF-8."""
    producer: Any = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    try:
        batch = producer.create_batch()
        batch.append(key=b"first", value=b"1", timestamp=None)
        batch.append(key=b"second", value=b"2", timestamp=None, headers=[("éé", b"x")])
        batch.close()
        raw = bytearray(batch._build())
        name = raw.index("éé".encode())
        raw[name : name + 4] = b"\xff\xfe\xff\xfe"
        raw[17:21] = struct.pack(">I", calc_crc32c(bytes(raw[21:])))
        batch._buffer = bytes(raw)
        await (await producer.send_batch(batch, kafka.topic(topic), partition=partition))
        await producer.send_and_wait(kafka.topic(topic), b"3", b"third", partition=partition)
    finally:
        await producer.stop()


async def read_topic(kafka: Kafka, topic: str = TOPIC, *, heartbeats: bool = False) -> list[Message]:
    """All that is in a topic at this moment, in order within each partition."""
    consumer: Any = AIOKafkaConsumer(
        kafka.topic(topic), bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    try:
        messages: list[Message] = []
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                messages += [Message(topic, item.key, item.value, headers_of(item.headers)) for item in records]
    finally:
        await consumer.stop()
    return [message for message in messages if heartbeats or not is_heartbeat(message.headers.get("ce_type", ""))]
