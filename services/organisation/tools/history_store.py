"""Every version of a tool, and who made it: one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.organisation.tools.rules import Entry
from services.organisation.tools.store import CatalogueTool
from shared.db import Connection


@dataclass(frozen=True)
class Version:
    """changed_by: an account id, `operator` or `edition`. name: of that account's owner, empty where nobody knows or it is gone."""

    tool_id: str
    version: int
    entry: Entry
    changed_by: str
    name: str
    reason: str
    changed_at: datetime


async def add_version(db: Connection, tool: CatalogueTool, *, changed_by: str, reason: str, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO tool_version (tool_id, version, entry, changed_by, reason, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        tool.id,
        tool.version,
        tool.entry.model_dump(mode="json"),
        changed_by,
        reason,
        now,
    )


_VERSIONS = """
    SELECT v.tool_id, v.version, v.entry, v.changed_by, v.reason, v.changed_at,
           coalesce(concat_ws(' ', p.first_name, p.last_name), '') AS name
    FROM tool_version v LEFT JOIN person p ON p.account_id::text = v.changed_by
"""


async def present_versions(db: Connection, tool_ids: Sequence[str] | None = None) -> list[Version]:
    """Of all tools, or of these, as they are now, by their ids."""
    rows = await db.fetch(
        _VERSIONS
        + """
        JOIN tool t ON (t.id, t.version) = (v.tool_id, v.version)
        WHERE $1::text[] IS NULL OR v.tool_id = ANY ($1) ORDER BY v.tool_id LIMIT 500
        """,
        None if tool_ids is None else list(tool_ids),
    )
    return [_version(row) for row in rows]


async def versions_of(db: Connection, tool_id: str, *, before: int, limit: int) -> list[Version]:
    """The newest first; those below this one."""
    rows = await db.fetch(
        _VERSIONS + " WHERE v.tool_id = $1 AND v.version < $2 ORDER BY v.version DESC LIMIT $3", tool_id, before, limit
    )
    return [_version(row) for row in rows]


async def count_registrations(db: Connection, tool_ids: Sequence[str]) -> dict[str, int]:
    """How many organisations work with each."""
    rows = await db.fetch(
        "SELECT tool_id, count(DISTINCT organisation_id) AS n FROM registration WHERE tool_id = ANY ($1::text[]) GROUP BY tool_id",
        list(tool_ids),
    )
    return {row["tool_id"]: row["n"] for row in rows}


def _version(row: Any) -> Version:
    return Version(
        row["tool_id"],
        row["version"],
        Entry.model_validate(row["entry"]),
        row["changed_by"],
        row["name"].strip(),
        row["reason"],
        row["changed_at"],
    )
