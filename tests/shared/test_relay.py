"""From the outbox to Kafka: all of it, in order per key, by one relay at a time."""

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from shared import outbox
from shared.db import Database
from shared.events.base import Heartbeat
from shared.ids import new_id
from shared.kafka import Kafka
from shared.outbox import Message
from shared.publisher import Publisher, Row
from shared.relay import Relay
from tests.conftest import PARTITIONS, DatabaseOf
from tests.support.events import TOPIC, append, charged, fetch, is_empty, publish, read_topic, running, until


def versions_by_key(messages: list[Message]) -> dict[bytes | None, list[int]]:
    found: dict[bytes | None, list[int]] = defaultdict(list)
    for message in messages:
        found[message.key].append(int(message.headers["ce_sequence"]))
    return found


async def test_what_is_published_is_what_was_appended(database_of: DatabaseOf, kafka: Kafka) -> None:
    database = await database_of("kit")
    event = charged(new_id(), 3)
    await append(database, event)
    (stored,) = await fetch(database, "SELECT key, headers, payload FROM outbox")
    await publish(kafka, database)
    (message,) = await read_topic(kafka)
    assert (message.key, message.headers, message.payload) == (stored["key"], stored["headers"], stored["payload"])


async def test_what_kafka_acknowledged_is_deleted(database_of: DatabaseOf, kafka: Kafka) -> None:
    database = await database_of("kit")
    await publish(kafka, database, *(charged(new_id(), 1) for _ in range(1200)))
    assert await is_empty(database)
    assert len(await read_topic(kafka)) == 1200


async def test_events_of_a_key_are_published_in_order_while_others_commit_late(
    database_of: DatabaseOf, kafka: Kafka
) -> None:
    """Many writers at once; each holds its aggregate's lock, as the outbox asks, and dawdles between append and commit."""
    database = await database_of("kit")
    wallets = [new_id() for _ in range(8)]
    versions: dict[Any, int] = defaultdict(int)
    locks = defaultdict[Any, asyncio.Lock](asyncio.Lock)
    dice = random.Random(11)

    async def write() -> None:
        for _ in range(40):
            wallet = dice.choice(wallets)
            async with locks[wallet], database.transaction() as db:
                for _ in range(dice.randint(1, 3)):
                    versions[wallet] += 1
                    await outbox.append(db, charged(wallet, versions[wallet]))
                    await asyncio.sleep(dice.random() * 0.01)

    async with running(Relay("wallet", database, kafka, topics=()).run):
        await asyncio.gather(*(write() for _ in range(4)))
        await until(lambda: is_empty(database), what="publishing")
    found = versions_by_key(await read_topic(kafka))
    assert found == {
        str(wallet).encode(): list(range(1, versions[wallet] + 1)) for wallet in wallets if versions[wallet]
    }


async def test_a_large_event_goes_out_like_any_other(database_of: DatabaseOf, kafka: Kafka) -> None:
    database = await database_of("kit")
    payloads = [bytes([65 + number]) * size for number, size in enumerate((900_000, 10, 700_000, 900_000, 10))]
    async with database.transaction() as db:
        await outbox.append_messages(db, [Message(TOPIC, b"one", payload) for payload in payloads])
    await publish(kafka, database)
    assert [message.payload for message in await read_topic(kafka)] == payloads


async def test_only_one_relay_publishes_and_the_next_takes_over(database_of: DatabaseOf, kafka: Kafka) -> None:
    database = await database_of("kit")
    first, second = (Relay("wallet", database, kafka, topics=()) for _ in range(2))
    async with running(second.run):
        await until(lambda: second.is_leader)
        async with running(first.run):
            await append(database, *(charged(new_id(), 1) for _ in range(10)))
            await until(lambda: is_empty(database))
            assert not first.is_leader
            holder = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            await fetch(database, holder)
            await append(database, charged(new_id(), 1))
            await until(lambda: is_empty(database), what="taking over")
            await until(lambda: first.is_leader != second.is_leader)
    assert len(await read_topic(kafka)) == 11


async def test_after_a_failure_only_each_keys_prefix_is_deleted(
    database_of: DatabaseOf, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await database_of("kit")
    unlucky, lucky = new_id(), new_id()
    await append(database, *(charged(wallet, version) for version in (1, 2, 3) for wallet in (unlucky, lucky)))
    left: list[Any] = []
    send = Publisher._send  # pyright: ignore[reportPrivateUsage]

    async def fail_once(self: Publisher, row: Row) -> asyncio.Future[Any]:
        if not left and row.key == str(unlucky).encode() and row.headers["ce_sequence"] == "2":
            failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            failed.set_exception(KafkaError("refused"))
            return failed
        return await send(self, row)

    async def see_what_is_left(self: Relay, error: BaseException) -> None:
        left.extend(await fetch(database, "SELECT key, headers FROM outbox ORDER BY id"))
        await give_up(self, error)

    give_up = Relay._give_up_producer  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(Publisher, "_send", fail_once)
    monkeypatch.setattr(Relay, "_give_up_producer", see_what_is_left)
    await publish(kafka, database)
    assert [(row["key"], row["headers"]["ce_sequence"]) for row in left] == [
        (str(unlucky).encode(), "2"),
        (str(unlucky).encode(), "3"),
    ]
    found = versions_by_key(await read_topic(kafka))
    assert found[str(lucky).encode()] == [1, 2, 3]
    assert found[str(unlucky).encode()][-2:] == [2, 3]


async def test_a_topic_that_is_missing_does_not_stop_the_others(
    database_of: DatabaseOf, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await database_of("kit")
    partitions_for = Publisher._send  # pyright: ignore[reportPrivateUsage]

    async def unknown(self: Publisher, row: Row) -> asyncio.Future[Any]:
        if row.topic == "missing":
            raise KafkaError("unknown topic")
        return await partitions_for(self, row)

    monkeypatch.setattr(Publisher, "_send", unknown)
    async with database.transaction() as db:
        await outbox.append_messages(db, [Message("missing", b"k", b"x"), Message(TOPIC, b"k", b"y")])
    async with running(Relay("wallet", database, kafka, topics=()).run):
        await until(lambda: topics_left(database, ["missing"]))


async def topics_left(database: Database, topics: list[str]) -> bool:
    return [row["topic"] for row in await fetch(database, "SELECT topic FROM outbox ORDER BY id")] == topics


async def test_every_partition_gets_heartbeats_that_promise_no_more_than_is_true(
    database_of: DatabaseOf, kafka: Kafka
) -> None:
    database = await database_of("kit")
    topics = ("wallet.events", "organisation.tools")  # the second is compacted, and refuses messages without a key
    before = datetime.now(UTC)
    async with running(Relay("wallet", database, kafka, topics=topics, heartbeat_s=0.2).run):
        await append(database, *(charged(new_id(), 1) for _ in range(50)))
        await until(lambda: is_empty(database))
        await asyncio.sleep(0.7)
    for topic in topics:
        beats = [m for m in await read_topic(kafka, topic, heartbeats=True) if m.key == b"heartbeat"]
        times = [Heartbeat.model_validate_json(beat.payload or b"").as_of for beat in beats]
        assert len(beats) >= 2 * PARTITIONS
        assert all(before - timedelta(seconds=1) < time < datetime.now(UTC) for time in times)
        assert {beat.headers["ce_type"] for beat in beats} == {"immoconnect.wallet.Heartbeat.v1"}


async def test_a_heartbeat_is_not_younger_than_what_is_still_unpublished(
    database_of: DatabaseOf, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one topic cannot be published to, the others' heartbeats stay at the time of the oldest event that is left."""
    database = await database_of("kit")
    send = Publisher._send  # pyright: ignore[reportPrivateUsage]

    async def unknown(self: Publisher, row: Row) -> asyncio.Future[Any]:
        if row.topic == "missing":
            raise KafkaError("unknown topic")
        return await send(self, row)

    monkeypatch.setattr(Publisher, "_send", unknown)
    async with database.transaction() as db:
        await outbox.append_messages(db, [Message("missing", b"k", b"x")])
    (stuck,) = await fetch(database, "SELECT created_at FROM outbox")
    async with running(Relay("wallet", database, kafka, topics=(TOPIC,), heartbeat_s=0.1).run):
        await asyncio.sleep(1.5)
    beats = await read_topic(kafka, heartbeats=True)
    assert beats
    assert max(Heartbeat.model_validate_json(beat.payload or b"").as_of for beat in beats) <= stuck["created_at"]
