"""What is summed up behind the book, and what is told from it: the balance day by day, spending by month."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.wallet.statement import store
from shared.days import first_moment
from shared.db import Connection, Database
from shared.formats import BRUSSELS

EVERY_S = 10.0
WALLETS_AT_ONCE = 50
BLOCKS_AT_ONCE = 16
MAX_TAIL = 20_000
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Spending:
    """by_tool: what was paid to each in each month, refunds taken off. is_complete: False while too much is not summed up yet."""

    by_tool: Mapping[str, Mapping[date, int]]
    is_complete: bool


def sum_up(database: Database) -> Callable[[], Awaitable[None]]:
    """Sums up what has filled its blocks, a little in each statement, until there is nothing left."""

    async def work() -> None:
        made = 1
        while made:
            async with database.acquire() as db:
                made = sum([await sum_up_wallet(db, wallet_id) for wallet_id in await _due(db)])

    return work


async def sum_up_wallet(db: Connection, wallet_id: UUID) -> int:
    """How many blocks it were."""
    return await db.fetchval("SELECT statement_sum_up($1, $2)", wallet_id, BLOCKS_AT_ONCE)


async def _due(db: Connection) -> list[UUID]:
    rows = await db.fetch(
        """
        SELECT w.id FROM wallet w
        WHERE w.entry_count >= statement_block_size() AND w.entry_count >= statement_block_size() * (1 + coalesce(
            (SELECT b.block + 1 FROM statement_block b WHERE b.wallet_id = w.id ORDER BY b.block DESC LIMIT 1), 0))
        LIMIT $1
        """,
        WALLETS_AT_ONCE,
    )
    return [row["id"] for row in rows]


async def balances(db: Connection, wallet_id: UUID, first: date, last: date) -> list[tuple[date, int]]:
    """What was in it at the end of each of these days."""
    days = [first + _DAY * at for at in range((last - first).days + 1)]
    extent = await store.get_extent(db, wallet_id)
    known = await _closings(db, wallet_id, first, last)
    summed_day = date.min
    if extent.summed:
        summed_day = (await store.booked_at(db, wallet_id, extent.summed)).astimezone(BRUSSELS).date()
    late = [day for day in days if day >= summed_day]
    found = {**known, **await _balances_after(db, wallet_id, late, extent.summed + 1)}
    result: list[tuple[date, int]] = []
    balance = known.get(date.min, 0)
    for day in days:
        balance = found.get(day, balance)
        result.append((day, balance))
    return result


async def _closings(db: Connection, wallet_id: UUID, first: date, last: date) -> dict[date, int]:
    """Of the days that are summed up; the last balance before them stands at date.min."""
    rows = await db.fetch(
        """
        (SELECT NULL::date AS day, balance_cents FROM statement_day WHERE wallet_id = $1 AND day < $2 ORDER BY day DESC LIMIT 1)
        UNION ALL
        SELECT day, balance_cents FROM statement_day WHERE wallet_id = $1 AND day BETWEEN $2 AND $3
        """,
        wallet_id,
        first,
        last,
    )
    return {row["day"] or date.min: row["balance_cents"] for row in rows}


async def _balances_after(db: Connection, wallet_id: UUID, days: Sequence[date], number: int) -> dict[date, int]:
    """At the end of these days, on which all that was booked before this number was booked, or earlier."""
    moments = [first_moment(day + _DAY) for day in days]
    rows = await db.fetch(
        "SELECT balance_cents FROM statement_balances($1, $2::timestamptz[], $3)", wallet_id, moments, number
    )
    return {day: row["balance_cents"] for day, row in zip(days, rows, strict=True)}


async def spending(db: Connection, wallet_id: UUID, first: date, last: date) -> Spending:
    """first, last: months, by their first days."""
    extent = await store.get_extent(db, wallet_id)
    rows = await db.fetch(
        """
        SELECT tool_id, month, sum(spent_cents)::bigint AS spent_cents FROM (
            SELECT tool_id, month, spent_cents FROM statement_spending WHERE wallet_id = $1
            UNION ALL
            SELECT tool_id, date_trunc('month', at AT TIME ZONE 'Europe/Brussels')::date, -amount_cents
            FROM statement_entries($1, ARRAY[$4::bigint], ARRAY[$5::bigint], NULL, NULL, NULL, NULL, NULL, NULL, false, $6)
            WHERE tool_id IS NOT NULL
        ) s WHERE month BETWEEN $2 AND $3
        GROUP BY tool_id, month HAVING sum(spent_cents) <> 0 ORDER BY tool_id, month
        """,
        wallet_id,
        first,
        last,
        extent.summed + 1,
        extent.last,
        MAX_TAIL,
    )
    by_tool: dict[str, dict[date, int]] = {}
    for row in rows:
        by_tool.setdefault(row["tool_id"], {})[row["month"]] = row["spent_cents"]
    return Spending(by_tool, extent.last - extent.summed <= MAX_TAIL)
