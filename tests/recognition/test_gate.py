"""R3, R5: a registry is asked no faster than it may be, and left alone while it fails; over all processes, and nobody waits for it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recognition.connectors.gate.rules import (
    LONGEST_PAUSE_S,
    MAX_FAILURES,
    Circuit,
    after_failure,
)
from services.recognition.connectors.gate.turns import SharedGate
from services.recognition.registries import checks_of
from services.recognition.rules import RegistryBusy, RegistryUnavailable
from shared.db import Database
from tests.conftest import DatabaseOf
from tests.recognition.scenes import NUMBER, Scene, held, http_registry

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def gate(database: Database, *, max_per_s: float = 1000, max_at_once: int = 50) -> SharedGate:
    return SharedGate(database, "professions", max_per_s=max_per_s, max_at_once=max_at_once, timeout_s=5)


async def ask(at: SharedGate, error: RegistryUnavailable | None = None) -> None:
    async with at.turn():
        if error is not None:
            raise error


async def fail(at: SharedGate, times: int) -> None:
    for _ in range(times):
        with pytest.raises(RegistryUnavailable):
            await ask(at, RegistryUnavailable("status-500"))


@given(st.integers(1, 40))
def test_a_circuit_opens_after_failures_in_a_row_for_ever_longer(failures: int) -> None:
    circuit = Circuit()
    for _ in range(failures):
        circuit = after_failure(circuit, now=NOW)
    if failures < MAX_FAILURES:
        assert circuit.state(now=NOW) == "closed"
        return
    assert circuit.state(now=NOW) == "open"
    assert circuit.open_until is not None
    assert circuit.open_until - NOW <= timedelta(seconds=LONGEST_PAUSE_S)
    assert circuit.state(now=circuit.open_until) == "half-open"


async def test_turns_are_apart_whoever_takes_them(database_of: DatabaseOf) -> None:
    """Two processes share the pace: twelve questions at ten a second are spread over more than a second."""
    database = await database_of("recognition")
    gates = [gate(database, max_per_s=10) for _ in range(2)]
    taken = await asyncio.gather(*(gates[one % 2]._take() for one in range(12)))  # pyright: ignore[reportPrivateUsage]
    ordered = sorted(taken)
    assert ordered[-1] >= 0.5
    assert len({round(wait_s, 2) for wait_s in ordered if wait_s > 0.05}) >= 5


async def test_a_turn_too_far_off_is_not_waited_for(database_of: DatabaseOf) -> None:
    at = gate(await database_of("recognition"), max_per_s=0.1)
    await ask(at)
    with pytest.raises(RegistryBusy) as busy:
        await ask(at)
    assert busy.value.reason == "paced"
    assert busy.value.retry_after_s is not None
    assert busy.value.retry_after_s >= 2


async def test_a_slow_registry_holds_a_few_hands_and_no_more(database_of: DatabaseOf) -> None:
    at = gate(await database_of("recognition"), max_at_once=1)
    async with at.turn():
        with pytest.raises(RegistryBusy) as busy:
            await ask(at)
    assert busy.value.reason == "hands-full"
    await ask(at)


async def test_who_fails_again_and_again_is_left_alone_by_everybody(database_of: DatabaseOf) -> None:
    database = await database_of("recognition")
    here, there = gate(database), gate(database)
    await fail(here, MAX_FAILURES)
    with pytest.raises(RegistryUnavailable) as refused:
        await ask(there)
    assert refused.value.reason == "left-alone"


async def test_one_question_shows_whether_a_registry_is_back(database_of: DatabaseOf) -> None:
    database = await database_of("recognition")
    at = gate(database)
    await fail(at, MAX_FAILURES)
    await wait_out(database)
    async with at.turn():
        with pytest.raises(RegistryUnavailable) as refused:
            await ask(at)
        assert refused.value.reason == "left-alone"
    await ask(at)
    async with database.acquire() as db:
        assert await db.fetchval("SELECT failures FROM registry") == 0


async def test_a_trial_that_fails_closes_the_door_for_longer(database_of: DatabaseOf) -> None:
    database = await database_of("recognition")
    at = gate(database)
    await fail(at, MAX_FAILURES)
    await wait_out(database)
    await fail(at, 1)
    async with database.acquire() as db:
        assert await db.fetchval("SELECT open_until > now() + interval '15 seconds' FROM registry")


async def test_a_registry_that_asks_to_be_left_alone_is_and_that_is_no_failure(database_of: DatabaseOf) -> None:
    database = await database_of("recognition")
    at = gate(database)
    with pytest.raises(RegistryBusy):
        await ask(at, RegistryBusy("asked-to-wait", retry_after_s=30))
    with pytest.raises(RegistryBusy) as busy:
        await ask(gate(database))
    assert (busy.value.retry_after_s or 0) > 20
    async with database.acquire() as db:
        assert await db.fetchval("SELECT failures FROM registry") == 0


async def test_a_question_that_is_too_early_waits_without_anybody_being_told(scene: Scene) -> None:
    desk = scene.desk
    at = gate(desk.database, max_per_s=0.1)
    answering = http_registry(scene.registry, desk.hash_of, gate=at)
    desk.connectors["professions"] = answering  # pyright: ignore[reportIndexIssue]
    scene.registry.says(NUMBER, held("ipi"))
    await ask(at)
    account_id = await scene.link()
    (pause_s,) = await scene.work()
    assert pause_s >= 2
    assert await scene.published() == []
    assert (await scene.get(account_id))["registries"][0]["state"] == "pending"


async def test_a_registry_left_alone_is_shown_and_the_service_stays_ready(scene: Scene) -> None:
    await fail(gate(scene.desk.database), MAX_FAILURES)
    (check,) = checks_of(scene.desk)
    reason = await check.probe()
    assert reason is not None
    assert "status-500" in reason
    assert check.required is False
    answer = await scene.app.http.get("/readyz")
    assert answer.status_code == 200


async def wait_out(database: Database) -> None:
    async with database.transaction() as db:
        await db.execute("UPDATE registry SET open_until = now() - interval '1 second'")
