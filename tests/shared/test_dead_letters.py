"""Poison is parked, visible and replayable, and holds back only its key."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from opentelemetry import trace

from shared import dead_letters
from shared.consume import Consumer
from shared.db import Connection, Database
from shared.dead_letter_replay import Replayer
from shared.dead_letter_store import DeadLetter, State
from shared.dead_letters import DeadLetterNotFound, DeadLetterNotParked
from shared.errors import Conflict
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
    read_topic,
    runner,
    running,
    save_effect,
    saving,
    send_raw,
    send_unreadable,
    until,
    with_effects,
)

HEADERS = [
    ("ce_id", b"1"),
    ("ce_source", b"foreign"),
    ("ce_type", WalletCharged.type.encode()),
]


class RuleBroken(Conflict):
    code = "rule-broken"


class Broken:
    """A handler that refuses some versions until it is repaired."""

    def __init__(self, *versions: int, error: Exception | None = None) -> None:
        self.versions = set(versions)
        self.tries = 0
        self._error = error or RuleBroken()
        self.consumer = Consumer("kit", [TOPIC], {WalletCharged: self.on_charged})

    async def on_charged(self, db: Connection, event: WalletCharged, keyring: Keyring) -> None:
        await save_effect(db, event, keyring)
        if event.version in self.versions:
            self.tries += 1
            raise self._error

    def repair(self) -> None:
        self.versions = set()


def replayer(database: Database, keyring: Keyring, consumer: Consumer) -> Replayer:
    return Replayer("wallet", [consumer], database, keyring)


async def letters(database: Database, *states: State) -> list[DeadLetter]:
    async with database.acquire() as db:
        return await dead_letters.list_letters(
            db, states=states or ("parked", "waiting", "replaying", "replayed", "dropped")
        )


async def has_letters(database: Database, wanted: int) -> bool:
    return len(await letters(database)) == wanted


async def has_effects(database: Database, wanted: int) -> bool:
    return len(await effects(database)) == wanted


async def replay(database: Database, letter: DeadLetter) -> None:
    async with database.transaction() as db:
        await dead_letters.replay(db, "wallet", letter.id)


async def drop(database: Database, letter: DeadLetter) -> None:
    async with database.transaction() as db:
        await dead_letters.drop(db, "wallet", letter.id)


async def test_an_event_that_breaks_a_rule_is_parked_at_once_and_holds_back_only_its_key(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    poisoned, sound = new_id(), new_id()
    broken = Broken(2)
    await publish(kafka, database, *(charged(poisoned, version) for version in (1, 2, 3, 4)))
    await publish(kafka, database, *(charged(sound, version) for version in (1, 3)))
    async with running(runner(kafka, database, keyring, broken.consumer).run):
        await until(lambda: has_letters(database, 3))
        await until(lambda: has_effects(database, 3))
    assert await effects(database, poisoned) == [1]
    assert await effects(database, sound) == [1, 3]
    found = await letters(database)
    assert [(letter.state, letter.headers["ce_sequence"]) for letter in found] == [
        ("parked", "2"),
        ("waiting", "3"),
        ("waiting", "4"),
    ]
    assert found[0].reason == "rule-broken"
    assert found[0].type == WalletCharged.type
    assert found[0].key == str(poisoned).encode()


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


async def test_an_unknown_error_gets_some_tries_before_it_is_parked(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    broken = Broken(1, error=ZeroDivisionError("nobody@example.org may not see this"))
    async with running(runner(kafka, database, keyring, broken.consumer).run):
        await publish(kafka, database, charged(new_id(), 1))
        await until(lambda: has_letters(database, 1))
    (letter,) = await letters(database)
    assert (letter.reason, letter.attempts, broken.tries) == ("ZeroDivisionError", 5, 6)
    assert letter.error == "ZeroDivisionError: [hidden] may not see this"


@pytest.mark.parametrize(
    ("headers", "value", "reason"),
    [
        (HEADERS, b"\x00\xff garbage", "undecodable"),
        (HEADERS, b"{}", "contract"),
        (HEADERS, b"[1, 2]", "contract"),
        (HEADERS, None, "undecodable"),
        ([], b"{}", "undecodable"),
        ([("ce_type", None)], b"{}", "undecodable"),
        ([("ce_type", HEADERS[2][1]), ("ce_id", None)], b"{}", "undecodable"),
        ([("ce_id", b"\xff\xfe"), ("ce_type", HEADERS[2][1]), ("ce_source", None)], b"{}", "contract"),
        ([*HEADERS, ("odd\x00name", b"\x00")], b"{", "undecodable"),
        ([("ce_id", b"i" * 50_000), ("ce_type", HEADERS[2][1])], b"{", "undecodable"),
        ([("ce_type", b"immoconnect.wallet.Heartbeat.v1")], b"no time", "undecodable"),
    ],
)
async def test_whatever_was_written_is_parked_with_a_reason_and_never_vanishes(
    database_of: DatabaseOf,
    kafka: Kafka,
    keyring: Keyring,
    headers: Sequence[tuple[str, bytes | None]],
    value: bytes | None,
    reason: str,
) -> None:
    database = await with_effects(await database_of("kit"))
    await send_raw(kafka, key=b"poison", value=value, headers=headers)
    await publish(kafka, database, charged(new_id(), 1))
    async with running(runner(kafka, database, keyring, saving()).run):
        await until(lambda: has_effects(database, 1))
        await until(lambda: has_letters(database, 1))
    (letter,) = await letters(database)
    assert (letter.state, letter.reason, letter.payload) == ("parked", reason, value)


async def test_a_record_that_the_driver_cannot_read_is_parked_too(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallets = [new_id() for _ in range(9)]
    await publish(kafka, database, *(charged(wallet, 1) for wallet in wallets))
    await send_unreadable(kafka, partition=1)
    await publish(kafka, database, *(charged(wallet, 2) for wallet in wallets))
    async with running(runner(kafka, database, keyring, saving()).run):
        await until(lambda: has_effects(database, 18))
        await until(lambda: has_letters(database, 3))
    for wallet in wallets:
        assert await effects(database, wallet) == [1, 2]
    assert [letter.key for letter in await letters(database)] == [b"first", None, b"third"]
    assert (await letters(database))[1].headers == {"unreadable": "the name of a header is not UTF-8"}


@pytest.mark.parametrize("key", [None, b"\xff\x00\xfe", b"k" * 100_000])
async def test_any_key_is_possible(database_of: DatabaseOf, kafka: Kafka, keyring: Keyring, key: bytes | None) -> None:
    database = await database_of("kit")
    consumer = saving()
    for _ in range(2):
        await send_raw(kafka, key=key, value=b"garbage")
    working = runner(kafka, database, keyring, consumer), replayer(database, keyring, consumer)
    async with running(*(each.run for each in working)):
        await until(lambda: has_letters(database, 2))
        expected = ["parked", "parked"] if key is None else ["parked", "waiting"]
        assert [letter.state for letter in await letters(database)] == expected
        await drop(database, (await letters(database))[0])
        await until(lambda: is_next_parked(database))


async def is_next_parked(database: Database) -> bool:
    return [letter.state for letter in await letters(database)] == ["dropped", "parked"]


async def test_every_change_is_mirrored_to_the_topic_of_dead_letters(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    broken = Broken(1)
    working = runner(kafka, database, keyring, broken.consumer), replayer(database, keyring, broken.consumer)
    async with running(*(each.run for each in working)):
        await publish(kafka, database, charged(wallet, 1), charged(wallet, 2))
        await until(lambda: has_letters(database, 2))
        broken.repair()
        await replay(database, (await letters(database))[0])
        await until(lambda: has_effects(database, 2))
    await publish(kafka, database)
    mirrored = await read_topic(kafka, "wallet.dead-letters")
    states = [(message.headers["ce_sequence"], message.headers["dead_letter_state"]) for message in mirrored]
    assert states == [("1", "parked"), ("2", "waiting"), ("1", "replaying"), ("1", "replayed"), ("2", "replayed")]
    assert {message.key for message in mirrored} == {str(wallet).encode()}
    assert mirrored[0].headers["dead_letter_reason"] == "rule-broken"
    assert WalletCharged.model_validate_json(mirrored[0].payload or b"").wallet_id == wallet


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


async def test_what_was_settled_long_ago_is_forgotten_and_open_letters_never(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    broken = Broken(1)
    async with running(runner(kafka, database, keyring, broken.consumer).run):
        await publish(kafka, database, *(charged(new_id(), 1) for _ in range(3)))
        await until(lambda: has_letters(database, 3))
    first, second, _ = await letters(database)
    await drop(database, first)
    await drop(database, second)
    await fetch(database, "UPDATE dead_letter SET changed_at = now() - interval '31 days' WHERE id <> $1", second.id)
    assert await dead_letters.prune(database) == 1
    assert [letter.state for letter in await letters(database)] == ["dropped", "parked"]
