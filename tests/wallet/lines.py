"""A book full of entries at once, at times of one's own: what a statement is read from."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.wallet.ledger.handlers import open_wallet
from services.wallet.statement.pages import Asked, Page, read_page
from services.wallet.statement.rules import Filters, Sort
from services.wallet.statement.summaries import sum_up_wallet
from services.wallet.topups import store as top_ups
from services.wallet.topups.rules import State, TopUp
from shared.db import Connection
from shared.ids import new_id

BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

_BOOK = """
    , booked AS (
        INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at) SELECT id, kind, tool, text, at FROM line ORDER BY n
    ), numbered AS (
        SELECT l.*, w.entry_count + n AS number, w.balance_cents + sum(cents) OVER (ORDER BY n) AS balance
        FROM line l, wallet w WHERE w.id = $1
    ), moved AS (
        UPDATE wallet SET entry_count = l.number, balance_cents = l.balance, last_booked_at = l.at
        FROM (SELECT * FROM numbered ORDER BY n DESC LIMIT 1) l WHERE wallet.id = $1
    )
    INSERT INTO ledger_entry (transaction_id, line, account, party, wallet_id, amount_cents, number, balance_after_cents)
    SELECT id, 1, 'wallet', NULL, $1::uuid, cents, number, balance FROM numbered
    UNION ALL SELECT id, 2, 'clearing', 'test', NULL, -cents, NULL, NULL FROM numbered
"""
_LINES = """
    WITH line AS MATERIALIZED (
        SELECT n, uuidv7() AS id, l ->> 'kind' AS kind, l ->> 'tool' AS tool, (l ->> 'cents')::bigint AS cents, l ->> 'text' AS text,
               (l ->> 'at')::timestamptz AS at
        FROM jsonb_array_elements($2) WITH ORDINALITY x (l, n)
    )
"""
_MANY = """
    WITH line AS MATERIALIZED (
        SELECT n + 1 AS n, uuidv7() AS id, CASE n WHEN 0 THEN 'top-up' ELSE 'charge' END AS kind,
               CASE WHEN n = 0 THEN NULL WHEN n % $4 = 7 THEN 'rarely' ELSE 'finder' END AS tool,
               CASE n WHEN 0 THEN 100000000 ELSE -(500 + n * 7919 % 3000) END AS cents,
               CASE n WHEN 0 THEN 'visa' ELSE 'Rue du Bac ' || n END AS text, $3::timestamptz + n * interval '1 minute' AS at
        FROM generate_series(0::bigint, $2 - 1) n
    )
"""


async def open_at(db: Connection) -> UUID:
    wallet_id = new_id()
    await open_wallet(db, wallet_id, low_threshold_cents=0, now=BEGIN)
    return wallet_id


def line(
    cents: int, text: str = "", *, kind: str = "charge", tool: str | None = "finder", at: datetime = BEGIN
) -> dict[str, Any]:
    return {
        "cents": cents,
        "text": text,
        "kind": kind,
        "tool": tool if kind == "charge" else None,
        "at": at.isoformat(),
    }


async def write(db: Connection, wallet_id: UUID, lines: Sequence[dict[str, Any]]) -> None:
    """As booked in this order; the money comes from and goes to the test's own account."""
    await db.execute(_LINES + _BOOK, wallet_id, list(lines))


async def write_many(db: Connection, wallet_id: UUID, count: int, *, rare: int = 1_000) -> None:
    """A top-up, then charges a minute apart; each so many is another tool's."""
    await db.execute(_MANY + _BOOK, wallet_id, count, BEGIN, rare)


async def sum_up_all(db: Connection, wallet_id: UUID) -> int:
    total = 0
    while made := await sum_up_wallet(db, wallet_id):
        total += made
    return total


async def add_top_up(
    db: Connection, wallet_id: UUID, at: datetime, *, state: str = "pending", method: str = "visa"
) -> UUID:
    top_up_id = new_id()
    top_up = TopUp(
        id=top_up_id,
        wallet_id=wallet_id,
        amount_cents=5_000,
        currency="EUR",
        method=method,
        provider="mollie",
        reference=None,
        checkout_url=None,
        requested_by=new_id(),
        state=State.CREATED,
        reason=None,
        created_at=at,
        ended_at=None,
    )
    await top_ups.insert_top_up(db, top_up, next_check_at=at)
    await db.execute(
        """
        UPDATE top_up SET state = $2, reference = $3, reason = $4, ended_at = $5, next_check_at = NULL WHERE id = $1
        """,
        top_up_id,
        state,
        f"tr_{top_up_id.hex}",
        None if state == "pending" else "canceled",
        None if state == "pending" else at,
    )
    return top_up_id


async def read(
    db: Connection, wallet_id: UUID, filters: Filters | None = None, sort: Sort = Sort.DATE, **more: Any
) -> Page:
    return await read_page(db, Asked(wallet_id, filters or Filters(), sort, **more))


async def read_all(
    db: Connection, wallet_id: UUID, filters: Filters | None = None, sort: Sort = Sort.DATE, **more: Any
) -> list[Page]:
    """All pages, forward; and back again, which must show the same rows."""
    pages = [await read(db, wallet_id, filters, sort, **more)]
    while pages[-1].next:
        pages.append(await read(db, wallet_id, filters, sort, after=str(pages[-1].next), **more))
    back = pages[-1]
    for earlier in reversed(pages[:-1]):
        assert back.previous is not None
        back = await read(db, wallet_id, filters, sort, before=str(back.previous), **more)
        if not any(page.searched_until for page in pages):
            assert [row.id for row in back.rows] == [row.id for row in earlier.rows]
    return pages
