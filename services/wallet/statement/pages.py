"""A page of a wallet's list, forward or back from a place in it. How much is read does not grow with what lies around it.

What was booked is found by its number, which rises with time. Filters that look inside skip the blocks of entries in which nothing can
fit; of the others so many are read for one page and no more: `Page.searched_until` says how far that was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.wallet.statement import store
from services.wallet.statement.rules import (
    BLOCK,
    MAX_SORTED,
    Cursor,
    Filters,
    Group,
    Position,
    Row,
    Sort,
    TooManyToSort,
    block_of,
    groups_of,
    ranges_of,
)
from shared.db import Connection

FIRST_BLOCKS, MORE_BLOCKS, MAX_BLOCKS = 4, 16, 100
_Found = tuple[list[Row], Position | None]


@dataclass(frozen=True)
class Page:
    """next, previous: where the pages around it begin, None where there is none. searched_until: nothing beyond was looked at."""

    rows: list[Row]
    next: Cursor | None
    previous: Cursor | None
    searched_until: datetime | None = None


@dataclass(frozen=True)
class Asked:
    """after, before: one of them at most, as a page gave it. last: of the numbers that are looked at, None for all there are."""

    wallet_id: UUID
    filters: Filters
    sort: Sort = Sort.DATE
    ascending: bool = False
    after: str | None = None
    before: str | None = None
    limit: int = 50
    last: int | None = None


async def read_page(db: Connection, asked: Asked) -> Page:
    """Raises CursorInvalid, TooManyToSort."""
    groups = groups_of(asked.filters, asked.sort, ascending=asked.ascending)
    reader = await _Reader.of(db, asked)
    text = asked.after or asked.before
    cursor = Cursor.parse(text, groups=len(groups)) if text else None
    if asked.sort is Sort.AMOUNT:
        return await _by_amount(reader, groups[0], asked, cursor)
    if asked.before and cursor:
        found, stopped = await reader.walk(
            [(at, group.reversed()) for at, group in enumerate(groups)][cursor.group :: -1], cursor, asked.limit + 1
        )
        if len(found) <= asked.limit and stopped is None:
            cursor = None  # this is where the list begins: its first page
        else:
            rows = found[: asked.limit][::-1]
            return _page(rows, more=len(found) > asked.limit, stopped=stopped, back=True)
    start = cursor.group if cursor else 0
    found, stopped = await reader.walk(list(enumerate(groups))[start:], cursor, asked.limit + 1)
    page = _page(found[: asked.limit], more=len(found) > asked.limit, stopped=stopped, back=False)
    return page if cursor else Page(page.rows, page.next, None, page.searched_until)


def _page(rows: list[tuple[int, Row]], *, more: bool, stopped: Cursor | None, back: bool) -> Page:
    """back: it was read towards the list's beginning."""
    first, last = (Cursor(at, row.position) for at, row in (rows[0], rows[-1])) if rows else (None, None)
    beyond = (first if back else last) if more else stopped
    searched_until = stopped.position.at if stopped and not more else None
    found = [row for _, row in rows]
    return Page(found, last, beyond, searched_until) if back else Page(found, beyond, first, searched_until)


async def _by_amount(reader: "_Reader", group: Group, asked: Asked, cursor: Cursor | None) -> Page:
    """All that fits is read and sorted here, so that it must not be much."""
    found, stopped = await reader.walk([(0, group)], None, MAX_SORTED + 1)
    if len(found) > MAX_SORTED or stopped is not None:
        raise TooManyToSort(field="sort", limit=MAX_SORTED)
    rows = sorted((row for _, row in found), key=_amount_key, reverse=not asked.ascending)
    begin = 0
    if cursor is not None:
        place = (cursor.amount_cents or 0, cursor.position.key)
        passed = [(_amount_key(row) < place) if asked.ascending else (_amount_key(row) > place) for row in rows]
        here = sum(passed)
        is_there = here < len(rows) and _amount_key(rows[here]) == place
        begin = here + is_there if asked.after else max(here - asked.limit, 0)
    shown = rows[begin : begin + asked.limit]
    cursors = [Cursor(0, row.position, row.amount_cents) for row in shown]
    has_more = begin + asked.limit < len(rows)
    return Page(shown, cursors[-1] if has_more else None, cursors[0] if begin and cursors else None)


def _amount_key(row: Row) -> tuple[int, tuple[datetime, int, int]]:
    return (row.amount_cents, row.position.key)


class _Reader:
    """Reads the groups of one list."""

    def __init__(self, db: Connection, asked: Asked, low: int, high: int, summed: int) -> None:
        """low, high: the first and the last number in the time that is asked for. summed: the last entry whose block is known."""
        self._db = db
        self._wallet_id = asked.wallet_id
        self._low, self._high, self._summed = low, high, summed

    @classmethod
    async def of(cls, db: Connection, asked: Asked) -> "_Reader":
        extent = await store.get_extent(db, asked.wallet_id)
        begin, end = asked.filters.begin, asked.filters.end
        low = await store.number_at(db, asked.wallet_id, begin) if begin else 1
        high = await store.number_at(db, asked.wallet_id, end) - 1 if end else extent.last
        return cls(db, asked, low, min(high, asked.last or high), extent.summed)

    async def walk(
        self, groups: Sequence[tuple[int, Group]], cursor: Cursor | None, limit: int
    ) -> tuple[list[tuple[int, Row]], Cursor | None]:
        """Rows with their group's place, from the cursor on through these groups; and where it had to stop before there were enough."""
        rows: list[tuple[int, Row]] = []
        for place, group in groups:
            start = cursor.position if cursor and cursor.group == place else None
            found, stopped = await self._group(group, start, limit - len(rows))
            rows += [(place, row) for row in found]
            if len(rows) >= limit:
                return rows, None
            if stopped:
                return rows, Cursor(place, stopped)
        return rows, None

    async def _group(self, group: Group, start: Position | None, limit: int) -> _Found:
        booked, stopped = await self._booked(group, start, limit) if group.booked else ([], None)
        waiting: list[Row] = []
        if group.states:
            waiting = await store.read_open(
                self._db, self._wallet_id, group.filters, group.states, start, down=group.down, limit=limit
            )
        if stopped:
            waiting = [row for row in waiting if (row.position.key > stopped.key) == group.down]
        rows = sorted(booked + waiting, key=lambda row: row.position.key, reverse=group.down)[:limit]
        return rows, stopped

    async def _booked(self, group: Group, start: Position | None, limit: int) -> _Found:
        low, high = await self._bounds(start, down=group.down)
        if low > high:
            return [], None
        if not group.filters.looks_inside:
            rows = await store.read_booked(
                self._db, self._wallet_id, group.filters, [(low, high)], down=group.down, limit=limit
            )
            return rows, None
        return await self._inside(group, low, high, limit)

    async def _bounds(self, start: Position | None, *, down: bool) -> tuple[int, int]:
        low, high = self._low, self._high
        if start is None:
            return low, high
        if start.number is not None:
            return (low, min(high, start.number - 1)) if down else (max(low, start.number + 1), high)
        number = await store.number_at(self._db, self._wallet_id, start.at)
        return (low, min(high, number - 1)) if down else (max(low, number), high)

    async def _inside(self, group: Group, low: int, high: int, limit: int) -> _Found:
        """Block after block: first a few, then more, until there are enough or too many were read."""
        rows: list[Row] = []
        size, looked = FIRST_BLOCKS, 0
        while low <= high and len(rows) < limit:
            if looked >= MAX_BLOCKS:
                number = high + 1 if group.down else low - 1
                return rows, Position(await store.booked_at(self._db, self._wallet_id, number), number)
            blocks, is_end = await self._blocks(group, low, high, min(size, MAX_BLOCKS - looked))
            rows += await store.read_booked(
                self._db,
                self._wallet_id,
                group.filters,
                ranges_of(blocks, low, high),
                down=group.down,
                limit=limit - len(rows),
            )
            size, looked = MORE_BLOCKS if size == FIRST_BLOCKS else MAX_BLOCKS, looked + len(blocks)
            if group.down:
                high = low - 1 if is_end else blocks[-1] * BLOCK
            else:
                low = self._summed + 1 if is_end else (blocks[-1] + 1) * BLOCK + 1
        return rows, None

    async def _blocks(self, group: Group, low: int, high: int, size: int) -> tuple[list[int], bool]:
        """The next blocks to read, and whether no more are summed up. What is not summed up yet is read block by block, too."""
        next_block, first, last = block_of(self._summed + 1), block_of(low), block_of(high)
        if group.down and last >= next_block:
            return list(range(last, max(last - size, next_block - 1, first - 1), -1)), False
        if not group.down and first >= next_block:
            return list(range(first, min(first + size, last + 1))), False
        last = min(last, next_block - 1)
        blocks = await store.find_blocks(
            self._db, self._wallet_id, group.filters, first, last, down=group.down, limit=size
        )
        return blocks, len(blocks) < size
