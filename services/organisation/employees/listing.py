"""The list of an organisation's employees: filtered, searched, sorted, and a page at a time however many there are.

The statements are put together from the constants below at the start, so that each filter and order has one of its own whose conditions
and columns are those of an index: a page reads as many rows as it shows. A search reads as many as it has to look through.
"""

import base64
import binascii
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json

from services.organisation.employees.store import NamedEmployee, named_employee
from shared.db import Connection
from shared.errors import Invalid
from shared.markers import N_

Which = Literal["all", "awaiting", "managers", "blocked"]
Sort = Literal["name", "state", "since"]
Audience = Literal["managers", "colleagues"]

MAX_WORDS = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CursorInvalid(Invalid):
    code = "cursor-invalid"
    message = N_("This place in the list is not known. Begin at the top again.")


class _Order(NamedTuple):
    """after: whose columns are $4, $5 and $6; they begin with an organisation's own index."""

    after: str
    by: str


_COLUMNS = """
    SELECT e.account_id, e.type, e.email, e.phone, e.fax, e.state, e.manager, e.version, e.since, e.sort_name, e.state_rank,
           trim(concat_ws(' ', p.first_name, p.last_name)) AS name
    FROM employee e LEFT JOIN person p ON p.account_id = e.account_id
"""
_COUNT = "SELECT count(*) FROM employee e"
_WHERE = "WHERE e.organisation_id = $1 AND e.state <> 'removed'"
_SEARCH = "AND ($2::text[] IS NULL OR (e.sort_name || ' ' || lower(e.email)) LIKE ALL ($2::text[]))"
_FILTERS: Mapping[tuple[Audience, Which], str] = {
    ("managers", "all"): "",
    ("managers", "awaiting"): "AND e.state_rank = 0",
    ("managers", "managers"): "AND e.manager",
    ("managers", "blocked"): "AND e.state_rank = 2",
    ("colleagues", "all"): "AND e.state_rank = 1",
    ("colleagues", "awaiting"): "AND false",
    ("colleagues", "managers"): "AND e.manager",
    ("colleagues", "blocked"): "AND false",
}
_ORDERS: Mapping[Sort, _Order] = {
    "name": _Order(
        'AND (e.sort_name, e.account_id) > ($4::text COLLATE "C", $5::uuid) AND $6::bigint IS NOT NULL',
        "ORDER BY e.sort_name, e.account_id",
    ),
    "state": _Order(
        'AND (e.state_rank, e.sort_name, e.account_id) > ($6::bigint::smallint, $4::text COLLATE "C", $5::uuid)',
        "ORDER BY e.state_rank, e.sort_name, e.account_id",
    ),
    "since": _Order(
        """
        AND (e.since, e.account_id) < (timestamptz 'epoch' + $6::bigint * interval '1 microsecond', $5::uuid)
        AND $4::text IS NOT NULL
        """,
        "ORDER BY e.since DESC, e.account_id DESC",
    ),
}
_FIRST = "LIMIT $3"
_FIRST_PAGES = {
    (audience, which, sort): " ".join((_COLUMNS, _WHERE, filtered, _SEARCH, order.by, _FIRST))
    for (audience, which), filtered in _FILTERS.items()
    for sort, order in _ORDERS.items()
}
_NEXT_PAGES = {
    (audience, which, sort): " ".join((_COLUMNS, _WHERE, filtered, _SEARCH, order.after, order.by, _FIRST))
    for (audience, which), filtered in _FILTERS.items()
    for sort, order in _ORDERS.items()
}
_COUNTS = {key: " ".join((_COUNT, _WHERE, filtered, _SEARCH)) for key, filtered in _FILTERS.items()}


@dataclass(frozen=True)
class Listing:
    """What someone wants to see of an organisation. audience: colleagues see who is active. words: as typed."""

    organisation_id: UUID
    audience: Audience
    which: Which = "all"
    sort: Sort = "name"
    words: str = ""

    @property
    def patterns(self) -> list[str] | None:
        """Each word must be in the name or the address, in whatever order. None for no search."""
        words = folded(self.words).split()[:MAX_WORDS]
        return ["%" + word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%" for word in words] or None


class Cursor(NamedTuple):
    """After whom the next page begins. number: the rank of the state, or microseconds since 1970."""

    sort_name: str
    account_id: UUID
    number: int

    def packed(self) -> str:
        return base64.urlsafe_b64encode(to_json([self.sort_name, self.account_id, self.number])).decode().rstrip("=")

    @classmethod
    def unpacked(cls, text: str) -> "Cursor":
        """Raises CursorInvalid."""
        try:
            sort_name, account_id, number = from_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            found = cls(str(sort_name), UUID(account_id), int(number))
        except (ValueError, TypeError, AttributeError, binascii.Error) as error:
            raise CursorInvalid(field="after") from error
        if abs(found.number) >= 2**62 or "\x00" in found.sort_name:
            raise CursorInvalid(field="after")
        return found


class Page(NamedTuple):
    """next: None at the end."""

    employees: Sequence[NamedEmployee]
    next: Cursor | None


def statement(listing: Listing, *, first: bool) -> str:
    """Managers are all in one state, so by state they stand as by name."""
    sort = "name" if listing.which == "managers" and listing.sort == "state" else listing.sort
    return (_FIRST_PAGES if first else _NEXT_PAGES)[listing.audience, listing.which, sort]


async def page_of(db: Connection, listing: Listing, *, after: Cursor | None, limit: int) -> Page:
    """One more row is read than shown, to know whether there are more."""
    arguments: list[object] = [listing.organisation_id, listing.patterns, limit + 1]
    if after is not None:
        arguments += [after.sort_name, after.account_id, after.number]
    rows = await db.fetch(statement(listing, first=after is None), *arguments)
    shown = [named_employee(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(shown, None)
    last = rows[limit - 1]
    number = (last["since"] - _EPOCH) // _MICROSECOND if listing.sort == "since" else last["state_rank"]
    return Page(shown, Cursor(last["sort_name"], last["account_id"], number))


async def count_of(db: Connection, listing: Listing) -> int:
    return await db.fetchval(_COUNTS[listing.audience, listing.which], listing.organisation_id, listing.patterns)


async def count_awaiting(db: Connection, organisation_id: UUID) -> int:
    return await db.fetchval(
        "SELECT count(*) FROM employee WHERE organisation_id = $1 AND state = 'requested'", organisation_id
    )


def folded(text: str) -> str:
    """Without capitals and accents, as the database's function of that name."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if not "\u0300" <= char <= "\u036f").lower()
