"""Appending is part of the business transaction, and costs it one statement."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import format_trace_id

from shared import outbox
from shared.correlation import correlated
from shared.db import Database
from shared.ids import new_id
from shared.outbox import Message
from tests.conftest import DatabaseOf
from tests.support.events import append, charged, fetch, until

WALLET = new_id()


async def test_an_event_is_stored_with_its_cloudevents_headers(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    event = charged(WALLET, 7)
    await append(database, event)
    (row,) = await fetch(database, "SELECT topic, key, headers, payload FROM outbox")
    headers = row["headers"]
    assert (row["topic"], row["key"]) == ("wallet.events", str(WALLET).encode())
    assert type(event).model_validate_json(row["payload"]) == event
    assert headers["ce_type"] == "immoconnect.wallet.WalletCharged.v1"
    assert headers["ce_source"] == "immoconnect/wallet"
    assert headers["ce_subject"] == str(WALLET)
    assert headers["ce_sequence"] == "7"
    assert headers["ce_specversion"] == "1.0"
    assert headers["content-type"] == "application/json"
    assert UUID(headers["ce_id"]).version == 7
    assert headers["ce_time"].endswith("+00:00")


async def test_headers_are_those_that_the_published_description_requires(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    await append(database, charged(WALLET, 1))
    (row,) = await fetch(database, "SELECT headers FROM outbox")
    document = json.loads((Path(__file__).parents[2] / "docs/events/asyncapi.json").read_text())
    message = document["components"]["messages"]["immoconnect.wallet.WalletCharged.v1"]
    assert set(message["headers"]["required"]) <= row["headers"].keys()


async def test_events_keep_the_order_in_which_they_were_appended(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    await append(database, *(charged(WALLET, version) for version in range(300)))
    rows = await fetch(database, "SELECT headers FROM outbox ORDER BY id")
    assert [int(row["headers"]["ce_sequence"]) for row in rows] == list(range(300))


async def test_what_is_rolled_back_is_never_published(database_of: DatabaseOf) -> None:
    database = await database_of("kit")

    async def change_ones_mind() -> None:
        async with database.transaction() as db:
            await outbox.append(db, charged(WALLET, 1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_ones_mind()
    assert await fetch(database, "SELECT FROM outbox") == []


async def test_appending_nothing_is_allowed(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    await append(database)
    assert await fetch(database, "SELECT FROM outbox") == []


async def test_an_event_carries_the_trace_and_the_correlation_of_the_request(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    with tracer.start_as_current_span("request") as span, correlated("request-1"):
        await append(database, charged(WALLET, 1))
        async with database.transaction() as db:
            await outbox.append(db, charged(WALLET, 2), correlation_id="another")
    rows = await fetch(database, "SELECT headers FROM outbox ORDER BY id")
    trace_id = format_trace_id(span.get_span_context().trace_id)
    assert all(row["headers"]["traceparent"].split("-")[1] == trace_id for row in rows)
    assert [row["headers"]["correlation_id"] for row in rows] == ["request-1", "another"]


async def test_a_message_too_large_for_kafka_is_refused_before_the_commit(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    with pytest.raises(asyncpg.CheckViolationError, match="outbox_size"):
        async with database.transaction() as db:
            await outbox.append_messages(db, [Message("wallet.events", b"k", b"x" * 900_001)])


async def test_the_relay_is_woken_only_by_a_commit(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    with database.wakeup.subscribe("outbox") as more:
        async with database.transaction() as db:
            await outbox.append(db, charged(WALLET, 1))
            assert not more.is_set()
        assert more.is_set()


async def test_another_process_is_woken_by_notify(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    listener = Database(database.dsn, application_name="another process")
    await listener.open()
    listening = asyncio.create_task(listener.wakeup.listen())
    try:
        with listener.wakeup.subscribe("outbox") as more:
            await until(lambda: is_listening(database), what="listening")
            await append(database, charged(WALLET, 1))
            await asyncio.wait_for(more.wait(), 5)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await listener.close()


async def is_listening(database: Database) -> bool:
    query = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    return bool(await fetch(database, query))
