"""Each event has its effect once, in order per key, whatever is delivered twice, late or by somebody else."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import format_trace_id

from shared import outbox
from shared.consume import Consumer
from shared.consume_decode import Beat
from shared.correlation import correlated, current_correlation_id
from shared.db import Connection, Database
from shared.errors import Unavailable
from shared.events.identity import EmailAddressChanged
from shared.events.wallet import BalanceLow, WalletCharged
from shared.ids import new_id
from shared.kafka import Kafka
from shared.relay import Relay
from shared.sealed import DataKey, Keyring, Sealed
from tests.conftest import PARTITIONS, DatabaseOf
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
    send_raw,
    until,
    with_effects,
)


async def test_events_have_their_effect_once_and_in_order(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallets = [new_id() for _ in range(5)]
    await publish(kafka, database, *(charged(wallet, version) for version in range(1, 101) for wallet in wallets))
    async with running(runner(kafka, database, keyring, saving()).run):
        await until(lambda: has_effects(database, 500))
    for wallet in wallets:
        assert await effects(database, wallet) == list(range(1, 101))


async def test_two_consumers_of_one_service_have_their_effects_each(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    await publish(kafka, database, charged(new_id(), 1))
    runners = [runner(kafka, database, keyring, saving(name)) for name in ("kit", "kit-views")]
    async with running(*(each.run for each in runners)):
        await until(lambda: has_effects(database, 2))


async def test_two_instances_share_the_partitions_and_keep_the_order(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallets = [new_id() for _ in range(12)]
    first, second = (runner(kafka, database, keyring, saving()) for _ in range(2))
    relay = Relay("wallet", database, kafka, topics=())
    async with running(relay.run, first.run):
        await append(database, *(charged(wallet, version) for version in range(1, 31) for wallet in wallets))
        await until(lambda: first.status().partitions == PARTITIONS)
        async with running(second.run):
            await until(lambda: 0 < second.status().partitions < PARTITIONS, what="sharing")
            await append(database, *(charged(wallet, version) for version in range(31, 61) for wallet in wallets))
            await until(lambda: has_effects(database, 60 * len(wallets)))
        await until(lambda: first.status().partitions == PARTITIONS, what="taking the partitions back")
    for wallet in wallets:
        assert await effects(database, wallet) == list(range(1, 61))


async def test_a_batch_is_one_transaction(database_of: DatabaseOf, kafka: Kafka, keyring: Keyring) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    await publish(kafka, database, *(charged(wallet, version) for version in range(1, 101)))
    async with running(runner(kafka, database, keyring, saving()).run):
        await until(lambda: has_effects(database, 100))
    (row,) = await fetch(database, "SELECT count(DISTINCT xmin::text) AS transactions FROM effect")
    assert row["transactions"] < 10


async def test_events_without_a_handler_or_of_a_newer_producer_are_skipped(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    headers = [("ce_id", b"1"), ("ce_source", b"x"), ("ce_type", b"immoconnect.wallet.SomethingNew.v9")]
    await send_raw(kafka, key=str(wallet).encode(), value=b"\xff not even JSON", headers=headers)
    await publish(
        kafka,
        database,
        BalanceLow(version=1, wallet_id=wallet, balance_cents=1, threshold_cents=5),
        charged(wallet, 2),
    )
    async with running(runner(kafka, database, keyring, saving()).run):
        await until(lambda: has_effects(database, 1))
    assert await fetch(database, "SELECT FROM dead_letter") == []
    assert len(await fetch(database, "SELECT FROM inbox")) == 1


async def test_while_something_is_away_the_consumer_waits_and_keeps_its_partitions(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    is_away = True

    async def on_charged(db: Connection, event: WalletCharged, keys: Keyring) -> None:
        await save_effect(db, event, keys)
        if is_away:
            raise Unavailable()

    await publish(kafka, database, *(charged(wallet, version) for version in (1, 2, 3)))
    waiting = runner(kafka, database, keyring, Consumer("kit", [TOPIC], {WalletCharged: on_charged}))
    async with running(waiting.run):
        await until(lambda: "unavailable" in waiting.status().reason)
        await asyncio.sleep(2)
        assert not waiting.status().ready
        assert waiting.status().partitions == PARTITIONS
        assert await effects(database) == []
        is_away = False
        await until(lambda: has_effects(database, 3))
        await until(lambda: waiting.status().ready, what="being ready again")
    assert await effects(database, wallet) == [1, 2, 3]
    assert await fetch(database, "SELECT FROM dead_letter") == []


async def test_transactions_that_crossed_are_simply_repeated(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    tries = 0

    async def on_charged(db: Connection, event: WalletCharged, keys: Keyring) -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        await save_effect(db, event, keys)

    await publish(kafka, database, charged(new_id(), 1))
    crossing = runner(kafka, database, keyring, Consumer("kit", [TOPIC], {WalletCharged: on_charged}))
    async with running(crossing.run):
        await until(lambda: has_effects(database, 1), within_s=10)
    assert await fetch(database, "SELECT FROM dead_letter") == []


async def test_the_keys_of_sealed_fields_are_there_before_the_transaction(
    database_of: DatabaseOf, kafka: Kafka
) -> None:
    database = await database_of("kit")
    account = new_id()
    asked: list[list[UUID]] = []
    is_identity_away = True

    async def load(subjects: list[UUID]) -> dict[UUID, DataKey | None]:
        asked.append(subjects)
        if is_identity_away:
            raise Unavailable()
        return dict.fromkeys(subjects, DataKey(1, b"k" * 32))

    sealing = Keyring(lambda subjects: _keys(subjects))
    await sealing.fetch([account])
    event = EmailAddressChanged(version=1, account_id=account, email=sealing.seal(account, "email", "a@example.org"))
    opened: list[str | None] = []

    async def on_changed(db: Connection, event: EmailAddressChanged, keys: Keyring) -> None:
        opened.append(keys.open(Sealed(event.email), "email"))

    await publish(kafka, database, event)
    consumer = Consumer("kit", ["identity.events"], {EmailAddressChanged: on_changed})
    waiting = runner(kafka, database, Keyring(load), consumer)
    async with running(waiting.run):
        await until(lambda: "data keys" in waiting.status().reason)
        is_identity_away = False
        await until(lambda: opened == ["a@example.org"])
    assert asked[-1] == [account]


async def _keys(subjects: list[UUID]) -> dict[UUID, DataKey | None]:
    return dict.fromkeys(subjects, DataKey(1, b"k" * 32))


async def test_effects_continue_the_trace_and_the_correlation_of_the_request(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await database_of("kit")
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    seen: list[tuple[str, str | None]] = []

    async def on_charged(db: Connection, event: WalletCharged, keys: Keyring) -> None:
        context = trace.get_current_span().get_span_context()
        seen.append((format_trace_id(context.trace_id), current_correlation_id()))
        await outbox.append(db, charged(event.wallet_id, 99))

    with tracer.start_as_current_span("request") as span, correlated("request-7"):
        await append(database, charged(new_id(), 1))
    await publish(kafka, database)
    tracing = runner(kafka, database, keyring, Consumer("kit", [TOPIC], {WalletCharged: on_charged}))
    async with running(tracing.run):
        await until(lambda: bool(seen))
    trace_id = format_trace_id(span.get_span_context().trace_id)
    assert seen == [(trace_id, "request-7")]
    (row,) = await fetch(database, "SELECT headers FROM outbox")
    assert row["headers"]["correlation_id"] == "request-7"
    assert trace_id in row["headers"]["traceparent"]


async def test_heartbeats_reach_those_who_ask_after_the_effects_that_they_promise(
    database_of: DatabaseOf, kafka: Kafka, keyring: Keyring
) -> None:
    database = await with_effects(await database_of("kit"))
    wallet = new_id()
    beats: list[tuple[Beat, list[int]]] = []

    async def on_heartbeat(db: Connection, received: Sequence[Beat]) -> None:
        rows = await db.fetch("SELECT version FROM effect ORDER BY n")
        beats.extend((beat, [row["version"] for row in rows]) for beat in received)

    consumer = Consumer("kit", [TOPIC], {WalletCharged: save_effect}, on_heartbeat=on_heartbeat)
    reading = runner(kafka, database, keyring, consumer)
    await append(database, charged(wallet, 1))
    appended_at = datetime.now(UTC)
    async with running(Relay("wallet", database, kafka, topics=(TOPIC,), heartbeat_s=0.3).run, reading.run):
        await until(lambda: any(beat.as_of > appended_at for beat, _ in beats))
        await until(lambda: {beat.partition for beat, _ in beats} == set(range(PARTITIONS)))
    assert {beat.topic for beat, _ in beats} == {TOPIC}
    partition = await home(database)
    assert all(seen == [1] for beat, seen in beats if beat.as_of > appended_at and beat.partition == partition)
    assert len(await fetch(database, "SELECT FROM inbox")) == 1


async def home(database: Database) -> int:
    """The partition of the only key."""
    (row,) = await fetch(database, "SELECT partition FROM consumer_position WHERE next_offset > 0 LIMIT 1")
    return row["partition"]
