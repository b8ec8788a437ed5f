"""Poison is parked, visible, and holds back only its key."""

from collections.abc import Sequence

import pytest

from shared import dead_letters
from shared.db import Database
from shared.events.wallet import WalletCharged
from shared.ids import new_id
from shared.kafka import Kafka
from shared.sealed import Keyring
from tests.conftest import DatabaseOf
from tests.support.events import (
    charged,
    effects,
    fetch,
    publish,
    read_topic,
    runner,
    running,
    saving,
    send_raw,
    send_unreadable,
    until,
    with_effects,
)
from tests.support.letters import Broken, drop, has_effects, has_letters, letters, replay, replayer

HEADERS = [
    ("ce_id", b"1"),
    ("ce_source", b"foreign"),
    ("ce_type", WalletCharged.type.encode()),
]


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
