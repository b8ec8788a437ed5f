"""How fast events travel: [relay] outbox to Kafka, [consume] Kafka to effect, [latency] commit to effect."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvloop

from deploy.local.bench import Figure, Servers, own_servers
from deploy.local.data_folder import DataFolder
from shared import outbox
from shared.consume import Consumer
from shared.consume_runner import ConsumerRunner
from shared.db import Connection, Database
from shared.events.base import Event
from shared.events.registry import TopicSpec
from shared.events.wallet import WalletCharged
from shared.kafka import Kafka
from shared.migrate import migrate
from shared.publisher import Row
from shared.relay import BATCH_ROWS, Relay
from shared.sealed import DataKey, Keyring

TOPIC = "wallet.events"
WALLETS = 1_000
RELAY_EVENTS = 10_000
CONSUME_EVENTS = 20_000
LATENCY_EVENTS_PER_S = 100
LATENCY_S = 15
WARM_UP_S = 3
ROUNDS = 3


async def run(servers: Servers) -> list[Figure]:
    """Three figures. The servers are left running; what was written stays in databases and topics named after the figures."""
    return [await _relay(servers), await _consume(servers), await _latency(servers)]


async def _relay(servers: Servers) -> Figure:
    """The relay and a bare producer take turns with the same messages; the medians are compared."""
    async with _bench(servers, "relay") as (database, kafka):
        events = [_event(number) for number in range(RELAY_EVENTS)]
        bare: list[float] = []
        relayed: list[float] = []
        for _ in range(ROUNDS):
            await _fill_outbox(database, events)
            async with database.acquire() as db:
                rows = [
                    Row(*row)
                    for row in await db.fetch("SELECT id, topic, key, headers, payload FROM outbox ORDER BY id")
                ]
            bare.append(RELAY_EVENTS / await _timed(_bare_producer(kafka, rows)))
            relayed.append(RELAY_EVENTS / await _timed(_run_relay(database, kafka)))
    value, against = statistics.median(relayed), statistics.median(bare)
    return Figure(
        "relay", round(value), "events/s", f"bare AIOKafkaProducer {against:.0f} events/s", round(value / against, 2)
    )


async def _bare_producer(kafka: Kafka, rows: Sequence[Row]) -> None:
    producer = kafka.producer("bench")
    await producer.start()
    try:
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows[start : start + BATCH_ROWS]
            await asyncio.gather(*(_send(producer, kafka, row) for row in batch))
    finally:
        await producer.stop()


def _send(producer: Any, kafka: Kafka, row: Row) -> Awaitable[Any]:
    headers = [(name, value.encode()) for name, value in row.headers.items()]
    return producer.send_and_wait(kafka.topic(row.topic), row.payload, row.key, headers=headers)


async def _run_relay(database: Database, kafka: Kafka) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(Relay("wallet", database, kafka, topics=()).run(stop))
    async with database.acquire() as db:
        await _until(lambda: db.fetchval("SELECT NOT EXISTS (SELECT FROM outbox)"), every_s=0.01)
    stop.set()
    await running


async def _consume(servers: Servers) -> Figure:
    """One worker, the inbox, and one row for each event, from the first of these rows to the last."""
    async with _bench(servers, "consume") as (database, kafka):
        await _fill_outbox(database, [_event(number) for number in range(CONSUME_EVENTS)])
        await _run_relay(database, kafka)
        async with _worker(database, kafka), database.acquire() as db:
            await _until_effects(db, CONSUME_EVENTS)
            seconds = await db.fetchval(
                """
                SELECT extract(epoch FROM max(at) - min(at))::float8
                FROM (SELECT pg_xact_commit_timestamp(xmin) AS at FROM effect) AS effects
                """
            )
    return Figure("consume", round(CONSUME_EVENTS / seconds), "events/s")


async def _latency(servers: Servers) -> Figure:
    """The 99th percentile of the time between two commits: of the transaction that appended, and of the effect.

    The first seconds do not count: the topic is new, and Kafka still chooses its leaders.
    """
    async with _bench(servers, "latency") as (database, kafka):
        stop = asyncio.Event()
        relay = asyncio.create_task(Relay("wallet", database, kafka).run(stop))
        async with _worker(database, kafka):
            await _append_steadily(database, LATENCY_EVENTS_PER_S * LATENCY_S)
            async with database.acquire() as db:
                await _until_effects(db, LATENCY_EVENTS_PER_S * LATENCY_S)
                p99 = await db.fetchval(
                    """
                    SELECT percentile_cont(0.99) WITHIN GROUP (
                        ORDER BY extract(epoch FROM pg_xact_commit_timestamp(e.xmin) - pg_xact_commit_timestamp(c.xmin))
                    ) * 1000
                    FROM cause AS c JOIN effect AS e ON e.number = c.number WHERE c.number >= $1
                    """,
                    LATENCY_EVENTS_PER_S * WARM_UP_S,
                )
        stop.set()
        await relay
    return Figure("latency", round(p99, 1), "ms", f"p99 at {LATENCY_EVENTS_PER_S} events/s")


async def _append_steadily(database: Database, events: int) -> None:
    began = time.perf_counter()
    for number in range(events):
        await asyncio.sleep(max(0.0, began + number / LATENCY_EVENTS_PER_S - time.perf_counter()))
        async with database.transaction() as db:
            await db.execute("INSERT INTO cause (number) VALUES ($1)", number)
            await outbox.append(db, _event(number))


async def _on_charged(db: Connection, event: WalletCharged, _: Keyring) -> None:
    await db.execute("INSERT INTO effect (number) VALUES ($1)", event.version)


@asynccontextmanager
async def _worker(database: Database, kafka: Kafka) -> AsyncIterator[None]:
    """A consumer that has joined its group."""
    stop = asyncio.Event()
    consumer = Consumer("wallet", [TOPIC], {WalletCharged: _on_charged})
    runner = ConsumerRunner("wallet", consumer, database, kafka, Keyring(_no_keys))
    running = asyncio.create_task(runner.run(stop))
    try:
        await _until(lambda: asyncio.sleep(0, runner.status().partitions > 0), every_s=0.02)
        yield
    finally:
        stop.set()
        await running


@asynccontextmanager
async def _bench(servers: Servers, name: str) -> AsyncIterator[tuple[Database, Kafka]]:
    """A database and a topic of its own."""
    dsn = servers.postgres.dsn(f"bench_{name}_{uuid4().hex[:8]}")
    kafka = Kafka(servers.kafka.address, topic_prefix=f"bench.{uuid4().hex[:8]}.")
    await migrate(dsn, [])
    await kafka.create_topics({TOPIC: TopicSpec("wallet")})
    database = Database(dsn, application_name="bench")
    await database.open()
    try:
        async with database.acquire() as db:
            await db.execute(
                "CREATE TABLE effect (number bigint NOT NULL); CREATE TABLE cause (number bigint PRIMARY KEY)"
            )
        yield database, kafka
    finally:
        await database.close()


async def _fill_outbox(database: Database, events: Sequence[Event]) -> None:
    for start in range(0, len(events), 1_000):
        async with database.transaction() as db:
            await outbox.append(db, *events[start : start + 1_000])


async def _until_effects(db: Connection, wanted: int) -> None:
    await _until(lambda: db.fetchval("SELECT count(*) >= $1 FROM effect", wanted), every_s=0.1)


async def _until(is_so: Callable[[], Awaitable[bool]], *, every_s: float) -> None:
    while True:
        if await is_so():
            return
        await asyncio.sleep(every_s)


async def _timed(work: Awaitable[None]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _no_keys(_: list[UUID]) -> dict[UUID, DataKey | None]:
    return {}


def _event(number: int) -> WalletCharged:
    return WalletCharged(
        version=number,
        wallet_id=UUID(int=number % WALLETS),
        charge_id=UUID(int=number),
        tool_id="bench",
        amount_excl_cents=1900,
        amount_incl_cents=2299,
        balance_cents=2701,
        account_id=UUID(int=7),
    )


def measure(_: DataFolder) -> list[Figure]:
    """On servers of its own: no running stack disturbs them, and they disturb none."""
    with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder, own_servers(Path(folder)) as servers:
        return uvloop.run(run(servers))
