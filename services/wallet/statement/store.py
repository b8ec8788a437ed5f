"""The statements behind a wallet's list, one a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.wallet.statement.rules import Filters, Position, Row, block_of
from shared.db import Connection

_BOOKED = """
    SELECT id, number, kind, tool_id, description, amount_cents, balance_after_cents, 'completed' AS state, at, vat_cents, account_id
    FROM statement_entries($1, $2::bigint[], $3::bigint[], $4::text[], $5, $6, $7, $8, $9, $10, $11, $12)
"""
_BLOCKS = """
    SELECT block FROM statement_block
    WHERE wallet_id = $1 AND block BETWEEN $2 AND $3
        AND ($4::text IS NULL OR $4 = ANY (kinds)) AND ($5::text IS NULL OR $5 = ANY (tools))
        AND ($6::bigint IS NULL OR max_cents >= $6) AND ($7::bigint IS NULL OR min_cents <= $7)
        AND ($8::text IS NULL OR strpos(descriptions, $8) > 0 OR block = $9 OR kinds && $11::text[])
"""
_BLOCKS_DOWN = _BLOCKS + " ORDER BY block DESC LIMIT $10"
_BLOCKS_UP = _BLOCKS + " ORDER BY block LIMIT $10"

_OPEN = """
    SELECT id, NULL::bigint AS number, kind, tool_id, description, amount_cents, NULL::bigint AS balance_after_cents, state, at, vat_cents,
           account_id
    FROM statement_open
    WHERE wallet_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR tool_id = $3)
        AND ($4::bigint IS NULL OR amount_cents >= $4) AND ($5::bigint IS NULL OR amount_cents <= $5)
        AND ($6::text IS NULL OR strpos(lower(description), $6) > 0 OR (kind || '/' || description) = ANY ($13::text[]))
        AND state = ANY ($7::text[])
        AND at >= coalesce($8::timestamptz, '-infinity') AND at < coalesce($9::timestamptz, 'infinity')
"""
_OPEN_DOWN = (
    _OPEN + " AND ($10::timestamptz IS NULL OR (at, id) < ($10, $11::uuid)) ORDER BY at DESC, id DESC LIMIT $12"
)
_OPEN_UP = _OPEN + " AND ($10::timestamptz IS NULL OR (at, id) > ($10, $11::uuid)) ORDER BY at, id LIMIT $12"


@dataclass(frozen=True)
class Extent:
    """last: the number of the wallet's last entry. summed: of the last that is summed up."""

    last: int
    summed: int


async def get_extent(db: Connection, wallet_id: UUID) -> Extent:
    """Of nothing for a wallet that does not exist."""
    row = await db.fetchrow(
        """
        SELECT w.entry_count AS last,
               (SELECT coalesce(max(b.block) + 1, 0) * statement_block_size() FROM statement_block b WHERE b.wallet_id = w.id) AS summed
        FROM wallet w WHERE w.id = $1
        """,
        wallet_id,
    )
    return Extent(row["last"], row["summed"]) if row else Extent(0, 0)


async def number_at(db: Connection, wallet_id: UUID, moment: datetime) -> int:
    """Of the first entry booked then or later; one more than the last where there is none."""
    return await db.fetchval("SELECT statement_number_at($1, $2)", wallet_id, moment)


async def booked_at(db: Connection, wallet_id: UUID, number: int) -> datetime:
    """When the entry with this number was booked, which exists."""
    return await db.fetchval(
        """
        SELECT t.booked_at FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.wallet_id = $1 AND e.number = $2
        """,
        wallet_id,
        number,
    )


async def find_blocks(
    db: Connection, wallet_id: UUID, filters: Filters, low: int, high: int, *, down: bool, limit: int
) -> list[int]:
    """The summed-up blocks from low to high in which something may fit, in the order of reading."""
    rows = await db.fetch(
        _BLOCKS_DOWN if down else _BLOCKS_UP,
        wallet_id,
        low,
        high,
        filters.kind,
        filters.tool_id,
        filters.min_cents,
        filters.max_cents,
        filters.needle,
        None if filters.number is None else block_of(filters.number),
        limit,
        [one.kind for one in filters.shown],
    )
    return [row["block"] for row in rows]


async def read_booked(
    db: Connection, wallet_id: UUID, filters: Filters, ranges: Sequence[tuple[int, int]], *, down: bool, limit: int
) -> list[Row]:
    """The entries in these ranges that fit, range after range in the order of reading."""
    rows = await db.fetch(
        _BOOKED,
        wallet_id,
        [low for low, _ in ranges],
        [high for _, high in ranges],
        [filters.kind] if filters.kind else None,
        filters.tool_id,
        filters.min_cents,
        filters.max_cents,
        filters.needle,
        filters.number,
        down,
        limit,
        [str(one) for one in filters.shown],
    )
    return [Row(**row) for row in rows]


async def read_open(
    db: Connection,
    wallet_id: UUID,
    filters: Filters,
    states: Sequence[str],
    place: Position | None,
    *,
    down: bool,
    limit: int,
) -> list[Row]:
    """What is not booked and in one of these states, beyond this place."""
    rows = await db.fetch(
        _OPEN_DOWN if down else _OPEN_UP,
        wallet_id,
        filters.kind,
        filters.tool_id,
        filters.min_cents,
        filters.max_cents,
        filters.needle,
        list(states),
        filters.begin,
        filters.end,
        place.at if place else None,
        place.id_bound if place else None,
        limit,
        [str(one) for one in filters.shown],
    )
    return [Row(**row) for row in rows]


async def tools_of(db: Connection, organisation_id: UUID, wallet_id: UUID) -> list[str]:
    """That have been paid from this wallet, or may be: what one can filter by."""
    rows = await db.fetch(
        """
        SELECT tool_id FROM registration WHERE organisation_id = $1
        UNION SELECT tool_id FROM statement_spending WHERE wallet_id = $2
        """,
        organisation_id,
        wallet_id,
    )
    return [row["tool_id"] for row in rows]
