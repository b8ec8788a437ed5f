"""W2: a wallet's transactions, filtered, sorted and paged, whatever is summed up of them and whatever arrives meanwhile."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.wallet.statement.rules import BLOCK, Cursor, CursorInvalid, Filters, Position, Sort, TooManyToSort
from services.wallet.statement.summaries import balances, spending, sum_up
from shared.days import first_moment, moment_after
from shared.db import Connection, Database
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.book import faults_of
from tests.wallet.lines import BEGIN, MINUTE, add_top_up, line, open_at, read, read_all, sum_up_all, write, write_many

MANY = 20_000
ORDERS: list[tuple[Sort, bool, list[int | str]]] = [
    (Sort.DATE, False, [6, 5, "pending", 4, 3, "failed", 2, 1]),
    (Sort.DATE, True, [1, 2, "failed", 3, 4, "pending", 5, 6]),
    (Sort.NUMBER, False, [6, 5, 4, 3, 2, 1, "pending", "failed"]),
    (Sort.NUMBER, True, ["failed", "pending", 1, 2, 3, 4, 5, 6]),
    (Sort.STATE, True, ["pending", "failed", 6, 5, 4, 3, 2, 1]),
    (Sort.STATE, False, [6, 5, 4, 3, 2, 1, "failed", "pending"]),
    (Sort.KIND, True, [6, 3, 2, 4, "pending", "failed", 1, 5]),
    (Sort.AMOUNT, False, ["pending", "failed", 1, 4, 3, 6, 5, 2]),
    (Sort.AMOUNT, True, [2, 5, 6, 3, 4, 1, "failed", "pending"]),
]
FILTERS: list[tuple[Filters, list[int | str]]] = [
    (Filters(kind="charge"), [6, 3, 2]),
    (Filters(kind="top-up"), ["pending", "failed", 1]),
    (Filters(tool_id="finder"), [6, 4, 2]),
    (Filters(tool_id="nobody"), []),
    (Filters(state="completed"), [6, 5, 4, 3, 2, 1]),
    (Filters(state="pending"), ["pending"]),
    (Filters(state="failed", kind="charge"), []),
    (Filters(text="rue du"), [3, 2]),
    (Filters(text="RUE DU BAC"), [2]),
    (Filters(text="plan of"), [6]),
    (Filters(text="2"), [6, 3, 2]),
    (Filters(text="#2"), [2]),
    (Filters(text="100%_"), []),
    (Filters(incoming=True), ["pending", 4, "failed", 1]),
    (Filters(incoming=False, tool_id="finder"), [6, 2]),
    (Filters(begin=BEGIN + MINUTE * 3, end=BEGIN + MINUTE * 6), ["pending", 4, 3]),
    (Filters(begin=BEGIN + MINUTE * 8), []),
    (Filters(end=BEGIN), []),
]


@pytest_asyncio.fixture
async def database(database_of: DatabaseOf) -> Database:
    return await database_of("wallet")


@pytest_asyncio.fixture
async def db(database: Database) -> AsyncIterator[Connection]:
    async with database.acquire() as connection:
        yield connection


@pytest_asyncio.fixture
async def mixed(db: Connection) -> UUID:
    """Numbers 1 to 6, and two top-ups that were not completed between them."""
    wallet_id = await open_at(db)
    lines = [
        line(5_000, "visa", kind="top-up", at=BEGIN),
        line(-2_299, "Extract, Rue du Bac 7", at=BEGIN + MINUTE),
        line(-100, "Extract, Rue du Four 12", tool="romi", at=BEGIN + MINUTE * 3),
        line(2_299, "Wrong extract", kind="refund", at=BEGIN + MINUTE * 4),
        line(-1_000, "To the other", kind="transfer", at=BEGIN + MINUTE * 6),
        line(-700, "PLAN of 20", at=BEGIN + MINUTE * 7),
    ]
    lines[3]["tool"] = "finder"
    await write(db, wallet_id, lines)
    await add_top_up(db, wallet_id, BEGIN + MINUTE * 2, state="failed", method="bancontact")
    await add_top_up(db, wallet_id, BEGIN + MINUTE * 5)
    return wallet_id


def numbers(rows: Any) -> list[int | str]:
    return [row.number if row.number is not None else row.state for row in rows]


async def test_each_order_shows_everything_once_forward_and_back(db: Connection, mixed: UUID) -> None:
    for sort, ascending, expected in ORDERS:
        for limit in (1, 3, 50):
            pages = await read_all(db, mixed, sort=sort, ascending=ascending, limit=limit)
            found = numbers(row for page in pages for row in page.rows)
            assert found == expected, (sort, ascending, limit)
            assert pages[0].previous is None


async def test_each_filter_shows_what_fits(db: Connection, mixed: UUID) -> None:
    for filters, expected in FILTERS:
        pages = await read_all(db, mixed, filters, limit=2)
        assert numbers(row for page in pages for row in page.rows) == expected, filters
        assert all(page.searched_until is None for page in pages)


async def test_balances_before_and_after_stand_on_what_is_booked_only(db: Connection, mixed: UUID) -> None:
    rows = (await read(db, mixed)).rows
    assert [(row.balance_before_cents, row.balance_after_cents) for row in rows[:3]] == [
        (3_900, 3_200),
        (4_900, 3_900),
        (None, None),
    ]


@pytest.mark.parametrize("summed", [False, True])
async def test_what_is_summed_up_changes_nothing_that_is_found(db: Connection, summed: bool) -> None:
    wallet_id = await open_at(db)
    await write_many(db, wallet_id, BLOCK * 3 + 100, rare=100)
    if summed:
        assert await sum_up_all(db, wallet_id) == 3
        await write(db, wallet_id, [line(-5, "afterwards", tool="rarely", at=BEGIN + MINUTE * 5_000)])
    rare = [at + 1 for at in range(1, BLOCK * 3 + 100) if at % 100 == 7] + [BLOCK * 3 + 101] * summed
    for ascending in (False, True):
        pages = await read_all(db, wallet_id, Filters(tool_id="rarely"), ascending=ascending, limit=3)
        assert numbers(row for page in pages for row in page.rows) == (rare if ascending else rare[::-1])
    [found] = (await read(db, wallet_id, Filters(text="rue du bac 512"))).rows
    assert found.number == 513
    within = Filters(tool_id="rarely", begin=BEGIN + MINUTE * 200, end=BEGIN + MINUTE * 400)
    assert numbers((await read(db, wallet_id, within, ascending=True)).rows) == [208, 308]


async def test_rows_that_arrive_meanwhile_move_no_page(db: Connection, mixed: UUID) -> None:
    first = await read(db, mixed, limit=3)
    await write(db, mixed, [line(-1, "new", at=BEGIN + MINUTE * 9)])
    await add_top_up(db, mixed, BEGIN + MINUTE * 8)
    second = await read(db, mixed, limit=3, after=str(first.next))
    assert numbers([*first.rows, *second.rows]) == [6, 5, "pending", 4, 3, "failed"]
    back = await read(db, mixed, limit=3, before=str(second.previous))
    assert numbers(back.rows) == [6, 5, "pending"]
    assert back.previous is not None
    newest = await read(db, mixed, limit=3, before=str(back.previous))
    assert numbers(newest.rows) == [7, "pending", 6], "the first page is a whole one"


async def test_a_search_that_finds_little_says_how_far_it_looked_and_goes_on(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.wallet.statement.pages.MAX_BLOCKS", 2)
    wallet_id = await open_at(db)
    await write_many(db, wallet_id, BLOCK * 6)
    await add_top_up(db, wallet_id, BEGIN + MINUTE * 300)
    filters = Filters(text="rue du bac 15", incoming=False)
    pages = await read_all(db, wallet_id, filters, limit=400)
    assert len(pages) == 3
    assert all(page.searched_until for page in pages[:-1])
    assert pages[-1].searched_until is None
    found = [row.number for page in pages for row in page.rows]
    assert len(found) == len(set(found)) == 1 + 10 + 36
    top_ups = await read_all(db, wallet_id, Filters(incoming=True), limit=5)
    assert numbers(row for page in top_ups for row in page.rows) == ["pending", 1]


async def test_too_many_to_sort_by_amount_is_said(db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.wallet.statement.pages.MAX_SORTED", 10)
    wallet_id = await open_at(db)
    await write_many(db, wallet_id, 12)
    with pytest.raises(TooManyToSort):
        await read(db, wallet_id, sort=Sort.AMOUNT)
    fewer = await read(db, wallet_id, Filters(end=BEGIN + MINUTE * 10), sort=Sort.AMOUNT, limit=4)
    assert len(fewer.rows) == 4


@pytest.mark.parametrize("text", ["", "x", "0.1", "9.1.1", "0.1.-1", "-1.1.1", f"0.{10**30}.1", "0.1." + "z" * 32])
def test_a_cursor_of_somebody_elses_making_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursor.parse(text, groups=2)


def test_a_cursor_is_read_as_it_was_written() -> None:
    for position in (Position(BEGIN + timedelta(microseconds=7), 42), Position(BEGIN, row_id=new_id())):
        assert Cursor.parse(str(Cursor(1, position, -5)), groups=2) == Cursor(1, position, -5)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_is_as_long_as_its_clocks_say(day: date, hours: int) -> None:
    begin, end = first_moment(day), moment_after(day)
    assert begin is not None
    assert end is not None
    assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(hours=hours)


async def test_days_and_months_are_those_of_brussels_when_the_clocks_change(db: Connection) -> None:
    wallet_id = await open_at(db)
    moments = [datetime(2026, 3, 28, 22, 59, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC)]
    moments += [datetime(2026, 3, 29, 21, 59, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)]
    moments += [datetime(2026, 3, 31, 21, 59, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)]
    await write(db, wallet_id, [line(1_000, kind="top-up", at=BEGIN), *(line(-1, at=at) for at in moments)])
    day = date(2026, 3, 29)
    page = await read(db, wallet_id, Filters(begin=first_moment(day), end=moment_after(day)))
    assert numbers(page.rows) == [4, 3]
    found = dict(await balances(db, wallet_id, date(2026, 3, 27), date(2026, 4, 1)))
    assert [found[date(2026, 3, at)] for at in range(27, 32)] == [1_000, 999, 997, 996, 995]
    assert found[date(2026, 4, 1)] == 994
    spent = await spending(db, wallet_id, date(2026, 3, 1), date(2026, 4, 1))
    assert spent.by_tool == {"finder": {date(2026, 3, 1): 5, date(2026, 4, 1): 1}}


async def test_summing_up_twice_or_half_counts_once(db: Connection, database: Database) -> None:
    """Whatever part is summed up, the pictures tell the same as the whole book."""
    wallet_id = await open_at(db)
    lines = [line(10_000_000, kind="top-up", at=BEGIN)]
    lines += [line(-at, tool=f"tool{at % 3}", at=BEGIN + timedelta(hours=7) * at) for at in range(1, BLOCK * 5 - 56)]
    await write(db, wallet_id, lines)
    days, months = (date(2026, 1, 1), date(2026, 12, 31)), (date(2026, 1, 1), date(2026, 12, 1))
    before = (await balances(db, wallet_id, *days), (await spending(db, wallet_id, *months)).by_tool)
    assert await db.fetchval("SELECT statement_sum_up($1, 2)", wallet_id) == 2
    assert (await balances(db, wallet_id, *days), (await spending(db, wallet_id, *months)).by_tool) == before
    await sum_up(database)()
    assert await db.fetchval("SELECT count(*) FROM statement_block") == 4
    assert await sum_up_all(db, wallet_id) == 0
    assert (await balances(db, wallet_id, *days), (await spending(db, wallet_id, *months)).by_tool) == before
    by_hand = await db.fetchval(
        """
        SELECT sum(-e.amount_cents) FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.wallet_id = $1 AND t.tool_id IS NOT NULL AND t.booked_at < '2027-01-01T00:00+01:00'
        """,
        wallet_id,
    )
    assert sum(sum(spent.values()) for spent in before[1].values()) == by_hand
    assert await faults_of(database) == []


async def test_an_empty_wallet_has_pictures_and_pages_too(db: Connection) -> None:
    wallet_id = await open_at(db)
    assert (await read(db, wallet_id)).rows == []
    assert {cents for _, cents in await balances(db, wallet_id, date(2026, 1, 1), date(2026, 1, 9))} == {0}
    assert (await spending(db, wallet_id, date(2026, 1, 1), date(2026, 1, 1))).by_tool == {}
