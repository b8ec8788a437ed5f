import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.database_errors import problem_of
from shared.db import Database, constraint_of, is_database_away
from shared.errors import DatabaseUnavailable
from shared.ids import new_id
from tests.conftest import DatabaseOf

# PostgreSQL's jsonb holds no NUL and no lone surrogate, and numbers as decimals.
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture
async def database(database_of: DatabaseOf) -> Database:
    return await database_of("kit")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON)
async def test_json_comes_back_as_it_went_in(database: Database, value: Any) -> None:
    async with database.acquire() as db:
        assert await db.fetchval("SELECT $1::jsonb", value) == value


async def test_ids_dates_and_bytes_of_json_are_written_as_text(database: Database) -> None:
    subject = uuid4()
    async with database.acquire() as db:
        assert await db.fetchval("SELECT $1::jsonb", {"subject": subject}) == {"subject": str(subject)}


async def test_an_exception_rolls_back_and_leaves_the_connection_usable(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as db:
            await db.execute("INSERT INTO inbox (consumer, event_id) VALUES ('a', '1')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM inbox") == 0


async def test_a_violated_constraint_is_known_by_its_name(database: Database) -> None:
    async with database.acquire() as db:
        await db.execute("INSERT INTO inbox (consumer, event_id) VALUES ('a', '1')")
        with pytest.raises(asyncpg.UniqueViolationError) as broken:
            await db.execute("INSERT INTO inbox (consumer, event_id) VALUES ('a', '1')")
    assert constraint_of(broken.value) == "inbox_pk"
    assert constraint_of(ValueError()) is None


async def test_before_it_is_open_and_after_it_is_closed_a_database_is_unavailable(postgres_dsn: str) -> None:
    database = Database(postgres_dsn, application_name="test")
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            async with database.acquire():
                pass
        await database.open()
        await database.close()


async def test_a_server_that_is_not_there_is_away_and_not_a_mistake() -> None:
    database = Database("postgresql://immo@/x?host=/nowhere", application_name="test")
    with pytest.raises(OSError) as away:  # noqa: PT011 - which one depends on the system
        await database.open()
    assert is_database_away(away.value)


@pytest.mark.parametrize(
    ("statement", "argument", "code"),
    [
        ("SELECT $1::text", "a\0b", "value-refused"),
        ("SELECT $1::bigint", 2**63, "value-refused"),
        ("SELECT $1::text", "\ud800", "value-refused"),
        ("SELECT $1::text::uuid", "none", "value-refused"),
        ("SELECT no_such($1::int)", 1, None),
    ],
)
async def test_values_that_cannot_be_stored_are_the_senders_problem(
    database: Database, statement: str, argument: Any, code: str | None
) -> None:
    async with database.acquire() as db:
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as refused:
            await db.fetchval(statement, argument)
    problem = problem_of(refused.value)
    assert (problem.code if problem else None) == code
    assert not is_database_away(refused.value)


async def test_who_waits_too_long_for_a_lock_may_try_again(database: Database) -> None:
    async with database.transaction() as first, database.transaction() as second:
        await first.execute("SELECT pg_advisory_xact_lock(1)")
        await second.execute("SET LOCAL lock_timeout = '20ms'")
        with pytest.raises(asyncpg.LockNotAvailableError) as crossed:
            await second.execute("SELECT pg_advisory_xact_lock(1)")
    problem = problem_of(crossed.value)
    assert problem is not None
    assert problem.code == "busy"


async def test_a_pool_that_is_used_up_makes_others_wait(database: Database) -> None:
    async def use() -> int:
        async with database.acquire() as db:
            return await db.fetchval("SELECT 1 FROM pg_sleep(0.01)")

    assert await asyncio.gather(*(use() for _ in range(50))) == [1] * 50


def test_ids_grow_with_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000
    assert {made.version for made in ids} == {7}
