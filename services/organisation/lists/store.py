"""Lists of organisations, one statement a function."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class ListState:
    """version: counts the imports."""

    name: str
    version: int
    entries: int
    imported_at: datetime
    reason: str


@dataclass(frozen=True)
class Concerned:
    id: UUID
    enterprise_number: str
    name: str


async def lists_of(db: Connection, organisation_id: UUID, tool_id: str) -> frozenset[str]:
    """The tool's lists that the organisation is on."""
    rows = await db.fetch(
        """
        SELECT l.list FROM listed_organisation l JOIN organisation o ON o.enterprise_number = l.enterprise_number
        WHERE o.id = $1 AND l.tool_id = $2
        """,
        organisation_id,
        tool_id,
    )
    return frozenset(row["list"] for row in rows)


async def find_lists(db: Connection, tool_id: str) -> dict[str, ListState]:
    rows = await db.fetch(
        """
        SELECT name, version, entries, imported_at, reason FROM organisation_list WHERE tool_id = $1
        ORDER BY name
        """,
        tool_id,
    )
    return {row["name"]: ListState(**row) for row in rows}


async def numbers_on(db: Connection, tool_id: str, name: str) -> frozenset[str]:
    rows = await db.fetch(
        "SELECT enterprise_number FROM listed_organisation WHERE tool_id = $1 AND list = $2", tool_id, name
    )
    return frozenset(row["enterprise_number"] for row in rows)


async def save_list(db: Connection, tool_id: str, state: ListState) -> None:
    await db.execute(
        """
        INSERT INTO organisation_list (tool_id, name, version, entries, imported_at, reason)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT organisation_list_pk DO UPDATE
        SET version = excluded.version, entries = excluded.entries, imported_at = excluded.imported_at,
            reason = excluded.reason
        """,
        tool_id,
        state.name,
        state.version,
        state.entries,
        state.imported_at,
        state.reason,
    )


async def add_numbers(db: Connection, tool_id: str, name: str, numbers: Collection[str]) -> None:
    await db.execute(
        """
        INSERT INTO listed_organisation (tool_id, list, enterprise_number)
        SELECT $1, $2, number FROM unnest($3::text[]) AS number
        """,
        tool_id,
        name,
        list(numbers),
    )


async def remove_numbers(db: Connection, tool_id: str, name: str, numbers: Collection[str]) -> None:
    await db.execute(
        "DELETE FROM listed_organisation WHERE tool_id = $1 AND list = $2 AND enterprise_number = ANY ($3::text[])",
        tool_id,
        name,
        list(numbers),
    )


async def organisations_concerned(db: Connection, tool_id: str, numbers: Collection[str]) -> list[Concerned]:
    """Those of these numbers that work with the tool."""
    rows = await db.fetch(
        """
        SELECT o.id, o.enterprise_number, o.name FROM organisation o
        WHERE o.enterprise_number = ANY ($2::text[])
          AND EXISTS (SELECT 1 FROM registration r WHERE r.organisation_id = o.id AND r.tool_id = $1)
        ORDER BY o.id
        """,
        tool_id,
        list(numbers),
    )
    return [Concerned(row["id"], row["enterprise_number"], row["name"]) for row in rows]
