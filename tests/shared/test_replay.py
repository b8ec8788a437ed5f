"""A replay runs what was parked and what waits behind it, in order, and lets nothing overtake."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from opentelemetry import trace

from shared import dead_letters
from shared.consume import Consumer
from shared.db import Connection, Database
from shared.dead_letter_store import State
from shared.dead_letters import DeadLetterNotFound, DeadLetterNotParked
from shared.events.wallet import WalletCharged
from shared.ids import new_id
from shared.kafka import Kafka
from shared.sealed import Keyring
from tests.conftest import DatabaseOf
from tests.support.events import (
    TOPIC,
    append,
    charged,
    effects,
    fetch,
    publish,
    runner,
    running,
    until,
    with_effects,
)
from tests.support.letters import Broken, RuleBroken, drop, has_effects, has_letters, letters, replay, replayer


async def test_a_replay_runs_the_parked_event_and_then_what_waits_in_order(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    broken = Broken(2)
    working = runner(kafka, database, keyring, broken.consumer), replayer(database, keyring, broken.consumer)
    async with running(*(each.run for each in working)):
        await publish(kafka, database, *(charged(wallet, version) for version in range(1, 8)))
        await until(lambda: has_letters(database, 6))
        broken.repair()
        await replay(database, (await letters(database))[0])
        await until(lambda: has_effects(database, 7))
        await publish(kafka, database, charged(wallet, 8))
        await until(lambda: has_effects(database, 8))
    assert await effects(database, wallet) == list(range(1, 9))
    assert {letter.state for letter in await letters(database)} == {"replayed"}


async def test_a_replay_keeps_the_id_so_that_a_second_delivery_is_known(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    broken = Broken(1)
    await append(database, charged(wallet, 1))
    await fetch(database, "CREATE TABLE copy AS SELECT topic, key, headers, payload FROM outbox")
    working = runner(kafka, database, keyring, broken.consumer), replayer(database, keyring, broken.consumer)
    async with running(*(each.run for each in working)):
        await publish(kafka, database)
        await until(lambda: has_letters(database, 1))
        (parked,) = await letters(database)
        broken.repair()
        await replay(database, parked)
        await until(lambda: has_effects(database, 1))
        await fetch(database, "INSERT INTO outbox (topic, key, headers, payload) SELECT * FROM copy")
        await publish(kafka, database, charged(wallet, 2))
        await until(lambda: has_effects(database, 2))
    (copy,) = await fetch(database, "SELECT headers FROM copy")
    assert parked.event_id.endswith(copy["headers"]["ce_id"])
    assert await effects(database, wallet) == [1, 2]


async def test_a_replay_that_fails_is_parked_again_with_the_new_error(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    broken = Broken(1, 3)
    working = runner(kafka, database, keyring, broken.consumer), replayer(database, keyring, broken.consumer)
    async with running(*(each.run for each in working)):
        await publish(kafka, database, *(charged(wallet, version) for version in (1, 2, 3, 4)))
        await until(lambda: has_letters(database, 4))
        await replay(database, (await letters(database))[0])
        await until(lambda: is_settled(database, "parked", tried=1))
        assert await effects(database) == []
        broken.versions = {3}
        await replay(database, (await letters(database))[0])
        await until(lambda: has_effects(database, 2))
        await until(lambda: is_parked(database, version=3))
    assert await effects(database, wallet) == [1, 2]
    assert [letter.state for letter in await letters(database)] == ["replayed", "replayed", "parked", "waiting"]


async def is_settled(database: Database, state: State, *, tried: int) -> bool:
    first = (await letters(database))[0]
    return first.state == state and first.attempts > tried


async def is_parked(database: Database, *, version: int) -> bool:
    parked = await letters(database, "parked")
    return [letter.headers["ce_sequence"] for letter in parked] == [str(version)]


async def test_dropping_one_releases_what_waits_behind_it(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    broken = Broken(1)
    working = runner(kafka, database, keyring, broken.consumer), replayer(database, keyring, broken.consumer)
    async with running(*(each.run for each in working)):
        await publish(kafka, database, *(charged(wallet, version) for version in (1, 2, 3)))
        await until(lambda: has_letters(database, 3))
        await drop(database, (await letters(database))[0])
        await until(lambda: has_effects(database, 2))
    assert await effects(database, wallet) == [2, 3]
    assert [letter.state for letter in await letters(database)] == ["dropped", "replayed", "replayed"]


async def test_events_that_arrive_during_a_replay_are_neither_lost_nor_early(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallets = [new_id() for _ in range(3)]
    broken = Broken(1)
    consumers = [runner(kafka, database, keyring, broken.consumer) for _ in range(2)]
    replayers = [replayer(database, keyring, broken.consumer) for _ in range(2)]
    async with running(*(each.run for each in (*consumers, *replayers))):
        await publish(kafka, database, *(charged(wallet, version) for version in (1, 2) for wallet in wallets))
        await until(lambda: has_letters(database, 6))
        broken.repair()
        for version in range(3, 60):
            await publish(kafka, database, *(charged(wallet, version) for wallet in wallets))
            if version == 10:
                for letter in await letters(database, "parked"):
                    await replay(database, letter)
        await until(lambda: has_effects(database, 59 * 3))
    for wallet in wallets:
        assert await effects(database, wallet) == list(range(1, 60))
    assert len(await letters(database)) < 59 * 3, "in the end new events run directly again"


async def test_only_what_is_parked_can_be_replayed_or_dropped(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    broken = Broken(1)
    async with running(runner(kafka, database, keyring, broken.consumer).run):
        await publish(kafka, database, charged(wallet, 1), charged(wallet, 2))
        await until(lambda: has_letters(database, 2))
    parked, waiting = await letters(database)
    with pytest.raises(DeadLetterNotParked):
        await drop(database, waiting)
    await drop(database, parked)
    with pytest.raises(DeadLetterNotParked):
        await replay(database, parked)
    async with database.acquire() as db:
        with pytest.raises(DeadLetterNotFound):
            await dead_letters.show(db, 10**12)


async def test_a_replay_continues_the_trace_of_the_event(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    traces: list[int] = []
    is_broken = True

    async def on_charged(db: Connection, event: WalletCharged, keys: Keyring) -> None:
        traces.append(trace.get_current_span().get_span_context().trace_id)
        if is_broken:
            raise RuleBroken()

    consumer = Consumer("kit", [TOPIC], {WalletCharged: on_charged})
    await append(database, charged(new_id(), 1))
    traceparent = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
    await fetch(database, "UPDATE outbox SET headers = headers || $1", traceparent)
    working: Any = runner(kafka, database, keyring, consumer), replayer(database, keyring, consumer)
    async with running(*(each.run for each in working)):
        await publish(kafka, database)
        await until(lambda: has_letters(database, 1))
        is_broken = False
        await replay(database, (await letters(database))[0])
        await until(lambda: has_state(database, "replayed"))
    assert {f"{found:032x}" for found in traces} == {"ab" * 16}


async def has_state(database: Database, state: State) -> bool:
    return bool(await letters(database, state))


async def test_two_replays_at_once_are_one(database_of: DatabaseOf, kafka: Kafka, keyring: Keyring) -> None:
    database = await with_effects(await database_of("kit"))
    wallet: UUID = new_id()
    broken = Broken(1)
    async with running(runner(kafka, database, keyring, broken.consumer).run):
        await publish(kafka, database, charged(wallet, 1))
        await until(lambda: has_letters(database, 1))
    (parked,) = await letters(database)
    broken.repair()
    outcomes = await asyncio.gather(*(replay(database, parked) for _ in range(4)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DeadLetterNotParked"] * 3 + ["NoneType"]
    async with running(*(replayer(database, keyring, broken.consumer).run for _ in range(3))):
        await until(lambda: has_effects(database, 1))
    assert await effects(database, wallet) == [1]
