"""Whatever is filtered and sorted by, one page of a large wallet reads few rows. The plans are generic ones, as the service's become."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio

from services.wallet.statement.pages import MAX_BLOCKS
from services.wallet.statement.rules import BLOCK, Filters, Sort, State
from services.wallet.statement.summaries import balances, spending
from shared.db import Connection, Database
from tests.conftest import DatabaseOf
from tests.wallet.lines import BEGIN, MINUTE, add_top_up, open_at, read, sum_up_all, write_many

MANY = 30_000
PAGES = 12 * 50
"""Of 8 KiB, read or found in memory: some fifty rows from two tables and their indexes, and the searches for where they begin."""


class Counter:
    """How many pages of the database one thing touches, whatever statements it consists of."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def _touched(self) -> int:
        return await self._db.fetchval(
            """
            SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0)
                + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0))::bigint
            FROM pg_statio_user_tables
            """
        )

    async def of(self, work: Any) -> int:
        await self._db.execute("SELECT pg_stat_force_next_flush()")
        before = await self._touched()
        await work
        await self._db.execute("SELECT pg_stat_force_next_flush()")
        await self._db.execute("SELECT pg_stat_clear_snapshot()")
        return await self._touched() - before


@pytest_asyncio.fixture
async def large(database_of: DatabaseOf) -> tuple[Database, UUID]:
    database = await database_of("wallet")
    async with database.acquire() as db:
        wallet_id = await open_at(db)
        await write_many(db, wallet_id, MANY, rare=10_000)
        for at in range(60):
            await add_top_up(db, wallet_id, BEGIN + MINUTE * at * 600, state=("pending", "failed")[at % 2])
        await sum_up_all(db, wallet_id)
        await db.execute("ANALYZE")
        await db.execute("SET plan_cache_mode = force_generic_plan")
    return database, wallet_id


async def test_a_page_costs_the_same_wherever_it_is(large: tuple[Database, UUID]) -> None:
    database, wallet_id = large
    middle = BEGIN + MINUTE * (MANY // 2)
    wishes: dict[str, tuple[Filters, Sort]] = {
        "latest": (Filters(), Sort.DATE),
        "by number": (Filters(), Sort.NUMBER),
        "by kind": (Filters(), Sort.KIND),
        "by state": (Filters(), Sort.STATE),
        "until then": (Filters(end=middle), Sort.DATE),
        "since then": (Filters(begin=middle), Sort.DATE),
        "a day": (Filters(begin=middle, end=middle + timedelta(days=1)), Sort.AMOUNT),
        "a kind": (Filters(kind="charge"), Sort.DATE),
        "incoming": (Filters(incoming=True, state="completed"), Sort.DATE),
        "nobody's": (Filters(tool_id="nobody"), Sort.DATE),
        "a number": (Filters(text="777"), Sort.DATE),
    }
    async with database.acquire() as db:
        count = Counter(db)
        costs = {name: await count.of(read(db, wallet_id, filters, sort)) for name, (filters, sort) in wishes.items()}
        deep = await read(db, wallet_id, Filters(end=middle), limit=50)
        costs["deep"] = await count.of(read(db, wallet_id, after=str(deep.next)))
        costs["back"] = await count.of(read(db, wallet_id, before=str(deep.next)))
    blocks = MANY // BLOCK
    # Sorting a day sorts its 1,440 rows; a rare kind or number is looked for in the blocks, and then in those that may have it.
    allowed = {"a day": 1_441 * 16, "by kind": PAGES + blocks * 20, "a number": BLOCK * 100}
    too_much = {name: cost for name, cost in costs.items() if cost > allowed.get(name, PAGES + blocks)}
    assert not too_much, costs


async def test_what_is_rare_is_found_without_reading_the_rest(large: tuple[Database, UUID]) -> None:
    database, wallet_id = large
    async with database.acquire() as db:
        count = Counter(db)
        rare = await count.of(read(db, wallet_id, Filters(tool_id="rarely")))
        text = await count.of(read(db, wallet_id, Filters(text="rue du bac 12345")))
        state: State = "completed"
        top_up = await count.of(read(db, wallet_id, Filters(kind="top-up", state=state)))
    # Four blocks have the rare tool, one the text, one the top-up; each row looked at is some eight pages.
    assert max(rare, text, top_up) < 5 * BLOCK * 10
    assert max(rare, text, top_up) < MANY


async def test_pictures_read_days_and_months_and_not_the_book(large: tuple[Database, UUID]) -> None:
    database, wallet_id = large
    first, last = date(2025, 12, 1), date(2026, 11, 30)
    async with database.acquire() as db:
        count = Counter(db)
        assert len(await balances(db, wallet_id, first, last)) == 365
        line = await count.of(balances(db, wallet_id, first, last))
        bars = await count.of(spending(db, wallet_id, first.replace(day=1), last.replace(day=1)))
    assert line < 365 * 60
    assert bars < BLOCK * 16


async def test_the_database_stops_reading_at_the_end_of_a_page(large: tuple[Database, UUID]) -> None:
    """EXPLAIN says so, too: rows behind the page are not touched."""
    database, wallet_id = large
    async with database.acquire() as db:
        rows = await db.fetch(
            """
            EXPLAIN (ANALYZE, BUFFERS, TIMING OFF)
            SELECT * FROM statement_entries($1, ARRAY[1::bigint], ARRAY[$2::bigint], NULL, NULL, NULL, NULL, NULL, NULL, true, 51)
            """,
            wallet_id,
            MANY,
        )
    text = "\n".join(row[0] for row in rows)
    found = re.search(r"Buffers: shared hit=(\d+)(?: read=(\d+))?", text)
    assert found is not None
    assert int(found[1]) + int(found[2] or 0) < PAGES + 400, text
    assert MAX_BLOCKS * BLOCK < MANY, "a page never reads the whole of this wallet"
