"""The access page's table, a page at a time: the order by name is a stretch of an index."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from services.organisation.employees.rules import State
from shared.db import Connection

Which = Literal["all", "with", "without", "insufficient", "tool-managers"]
Sort = Literal["name", "-name", "access", "-access"]


@dataclass(frozen=True)
class Wanted:
    """words: parts of names, each of which must be there. only: these people, whatever else is asked; None for everyone."""

    words: Sequence[str] = ()
    which: Which = "all"
    sort: Sort = "name"
    offset: int = 0
    limit: int = 50
    only: Sequence[UUID] | None = None


@dataclass(frozen=True)
class AccessRow:
    """A line of the access page. name: empty where it is not known yet. held: until when, by kind; None for no end."""

    account_id: UUID
    name: str
    state: State
    is_manager: bool
    is_tool_manager: bool
    role: str | None
    held: Mapping[str, date | None]


_HEAD = """
    SELECT page.*, trim(concat_ws(' ', p.first_name, p.last_name)) AS name, held.kinds
    FROM (SELECT e.account_id, e.state, e.manager, a.role, m.account_id IS NOT NULL AS is_tool_manager, e.sort_name
"""
_FOUND = """
    FROM employee e
    LEFT JOIN access a ON a.registration_id = $2 AND a.account_id = e.account_id
    LEFT JOIN tool_manager m ON m.registration_id = $2 AND m.account_id = e.account_id
    WHERE e.organisation_id = $1 AND e.state IN ('active', 'blocked')
      AND CASE $3 WHEN 'with' THEN a.role IS NOT NULL WHEN 'without' THEN a.role IS NULL
                  WHEN 'insufficient' THEN NOT a.usable WHEN 'tool-managers' THEN m.account_id IS NOT NULL ELSE true END
      AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS word WHERE strpos(e.sort_name, folded(word)) = 0)
      AND ($5::uuid[] IS NULL OR e.account_id = ANY ($5))
"""
_TAIL = """
        LIMIT $6 OFFSET $7) AS page
    LEFT JOIN person p ON p.account_id = page.account_id
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(kind, valid_until) AS kinds FROM (
            SELECT h.kind, CASE WHEN bool_or(h.valid_until IS NULL) THEN NULL ELSE max(h.valid_until) END AS valid_until
            FROM recognition_held h
            WHERE h.account_id = page.account_id AND h.kind = ANY ($8::text[])
              AND (h.valid_until IS NULL OR h.valid_until >= $9)
            GROUP BY h.kind) AS each) AS held ON true
"""
_ORDER: Mapping[Sort, str] = {
    "name": "e.sort_name, e.account_id",
    "-name": "e.sort_name DESC, e.account_id DESC",
    "access": "a.role NULLS LAST, e.sort_name, e.account_id",
    "-access": "a.role DESC NULLS FIRST, e.sort_name, e.account_id",
}


async def access_page(
    db: Connection, organisation_id: UUID, registration_id: UUID, wanted: Wanted, *, kinds: Collection[str], today: date
) -> list[AccessRow]:
    """Employees who are active or blocked. kinds: the recognitions that anybody wants to know of."""
    rows = await db.fetch(
        _HEAD + _FOUND + " ORDER BY " + _ORDER[wanted.sort] + _TAIL,
        organisation_id,
        registration_id,
        wanted.which,
        list(wanted.words),
        list(wanted.only) if wanted.only is not None else None,
        wanted.limit,
        wanted.offset,
        list(kinds),
        today,
    )
    return [_row(row) for row in rows]


async def count_page(db: Connection, organisation_id: UUID, registration_id: UUID, wanted: Wanted) -> int:
    """How many there are on all pages."""
    return await db.fetchval(
        "SELECT count(*)" + _FOUND,
        organisation_id,
        registration_id,
        wanted.which,
        list(wanted.words),
        list(wanted.only) if wanted.only is not None else None,
    )


def _row(row: Any) -> AccessRow:
    kinds: dict[str, str | None] = row["kinds"] or {}
    return AccessRow(
        account_id=row["account_id"],
        name=row["name"],
        state=State(row["state"]),
        is_manager=row["manager"],
        is_tool_manager=row["is_tool_manager"],
        role=row["role"],
        held={kind: date.fromisoformat(until) if until else None for kind, until in kinds.items()},
    )
