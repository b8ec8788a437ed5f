"""What was seen is remembered for as long as it may come again."""

import asyncio

import pytest

from shared import inbox
from shared.consume import Consumer
from shared.db import Connection
from shared.events.wallet import WalletCharged
from shared.ids import new_id
from shared.inbox import positions, prune
from shared.kafka import Kafka
from shared.sealed import Keyring
from tests.conftest import DatabaseOf
from tests.support.events import (
    TOPIC,
    append,
    charged,
    effects,
    fetch,
    has_effects,
    publish,
    runner,
    running,
    save_effect,
    saving,
    until,
    with_effects,
)


async def test_a_stopped_consumer_catches_up(database_of: DatabaseOf, kafka: Kafka, keyring: Keyring) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    await publish(kafka, database, charged(wallet, 1))
    async with running(runner(kafka, database, keyring, saving()).run):
        await until(lambda: has_effects(database, 1))
    await publish(kafka, database, *(charged(wallet, version) for version in range(2, 601)))
    again = runner(kafka, database, keyring, saving())
    async with running(again.run):
        await until(lambda: has_effects(database, 600))
        await until(lambda: again.status().lag == 0, what="knowing that nothing is left")
    assert await effects(database, wallet) == list(range(1, 601))


async def test_a_consumer_that_kafka_has_forgotten_goes_on_where_its_database_says(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a service was off for longer than Kafka keeps offsets, and its inbox is pruned. The database is in no hurry."""
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    await publish(kafka, database, *(charged(wallet, version) for version in (1, 2, 3)))
    async with running(runner(kafka, database, keyring, saving()).run):
        await until(lambda: has_effects(database, 3))
    async with database.acquire() as db:
        (next_offset,) = (await positions(db, "kit")).values()
        assert next_offset == 3
        await db.execute("UPDATE inbox SET received_at = now() - interval '15 days'")
    assert await prune(database, keep_days=14) == 3
    await publish(kafka, database, charged(wallet, 4))
    elsewhere = Kafka(kafka.bootstrap, topic_prefix=kafka.topic_prefix)
    monkeypatch.setattr(inbox, "positions", slowly_known)
    forgotten = Consumer("kit", [TOPIC], {WalletCharged: save_effect})
    object.__setattr__(elsewhere, "group", lambda name: f"{kafka.topic_prefix}{name}.forgotten")  # pyright: ignore
    async with running(runner(elsewhere, database, keyring, forgotten).run):
        await until(lambda: has_effects(database, 4))
    assert await effects(database, wallet) == [1, 2, 3, 4]


async def slowly_known(db: Connection, consumer: str) -> dict[tuple[str, int], int]:
    await asyncio.sleep(1)
    return await positions(db, consumer)


async def test_pruning_keeps_what_kafka_may_deliver_again(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    ages = "SELECT 'kit', age::text, now() - (age + 0.5) * interval '1 day' FROM generate_series(0, 20) AS age"
    await fetch(database, f"INSERT INTO inbox (consumer, event_id, received_at) {ages}")
    assert await prune(database, keep_days=14) == 7
    left = await fetch(database, "SELECT max(event_id::int) AS oldest, count(*) AS rows FROM inbox")
    assert (left[0]["oldest"], left[0]["rows"]) == (13, 14)


async def test_an_event_that_is_delivered_twice_has_one_effect(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    await append(database, charged(wallet, 1))
    copy = "INSERT INTO outbox (topic, key, headers, payload) SELECT topic, key, headers, payload FROM outbox"
    await fetch(database, copy)
    await publish(kafka, database, charged(wallet, 2))
    async with running(runner(kafka, database, keyring, saving()).run):
        await until(lambda: has_effects(database, 2))
    async with running(runner(kafka, database, keyring, saving()).run):
        await publish(kafka, database, charged(wallet, 3))
        await until(lambda: has_effects(database, 3))
    assert await effects(database, wallet) == [1, 2, 3]
