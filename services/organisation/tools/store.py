"""The catalogue, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.organisation.tools.expressions import written
from services.organisation.tools.rules import Entry, UsageMode
from shared.db import Connection


@dataclass(frozen=True)
class CatalogueTool:
    id: str
    entry: Entry
    version: int


async def lock_tool(db: Connection, tool_id: str) -> CatalogueTool | None:
    """For the operator's change; also holds off a second operator who publishes the same new tool."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('tool ' || $1, 0))", tool_id)
    row = await db.fetchrow("SELECT id, entry, version FROM tool WHERE id = $1 FOR UPDATE", tool_id)
    return _tool(row) if row else None


async def find_tool(db: Connection, tool_id: str) -> CatalogueTool | None:
    row = await db.fetchrow("SELECT id, entry, version FROM tool WHERE id = $1", tool_id)
    return _tool(row) if row else None


async def find_tool_for_use(db: Connection, tool_id: str) -> CatalogueTool | None:
    """As find_tool, and until the transaction ends its rules stay as they are."""
    row = await db.fetchrow("SELECT id, entry, version FROM tool WHERE id = $1 FOR SHARE", tool_id)
    return _tool(row) if row else None


async def all_tools(db: Connection) -> list[CatalogueTool]:
    rows = await db.fetch("SELECT id, entry, version FROM tool ORDER BY id LIMIT 500")
    return [_tool(row) for row in rows]


async def save_tool(db: Connection, tool: CatalogueTool, *, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO tool (id, entry, terms_version, terms_required_from, version, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT tool_pk DO UPDATE
        SET entry = excluded.entry, terms_version = excluded.terms_version,
            terms_required_from = excluded.terms_required_from, version = excluded.version, changed_at = excluded.changed_at
        """,
        tool.id,
        tool.entry.model_dump(mode="json"),
        tool.entry.terms.version,
        tool.entry.terms.required_from,
        tool.version,
        now,
    )


async def add_terms(db: Connection, tool_id: str, version: str, texts: dict[str, str], *, now: datetime) -> None:
    """Does nothing for a version that exists."""
    await db.execute(
        """
        INSERT INTO tool_terms (tool_id, version, texts, published_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT tool_terms_pk DO NOTHING
        """,
        tool_id,
        version,
        texts,
        now,
    )


async def find_terms(db: Connection, tool_id: str, version: str) -> dict[str, str] | None:
    return await db.fetchval("SELECT texts FROM tool_terms WHERE tool_id = $1 AND version = $2", tool_id, version)


async def save_usage_modes(db: Connection, tool_id: str, modes: Sequence[UsageMode]) -> None:
    """With all that registering asks for, restrictions too."""
    await db.execute(
        """
        INSERT INTO usage_mode (tool_id, id, register_rule, use_rule)
        SELECT $1, id, register_rule, use_rule
        FROM unnest($2::text[], $3::text[], $4::text[]) AS m (id, register_rule, use_rule)
        ON CONFLICT ON CONSTRAINT usage_mode_pk DO UPDATE
        SET register_rule = excluded.register_rule, use_rule = excluded.use_rule
        """,
        tool_id,
        [mode.id for mode in modes],
        [written(mode.rule_to_register()) for mode in modes],
        [written(mode.rule_to_use()) for mode in modes],
    )


async def save_roles(db: Connection, tool_id: str, modes: Sequence[UsageMode]) -> None:
    roles = [(mode.id, role.id, place) for mode in modes for place, role in enumerate(mode.roles)]
    await db.execute(
        """
        INSERT INTO usage_mode_role (tool_id, usage_mode, id, place)
        SELECT $1, usage_mode, id, place FROM unnest($2::text[], $3::text[], $4::smallint[]) AS r (usage_mode, id, place)
        ON CONFLICT ON CONSTRAINT usage_mode_role_pk DO UPDATE SET place = excluded.place
        """,
        tool_id,
        [mode_id for mode_id, _, _ in roles],
        [role_id for _, role_id, _ in roles],
        [place for _, _, place in roles],
    )


async def delete_other_roles(db: Connection, tool_id: str, modes: Sequence[UsageMode]) -> None:
    """Violates access_role_in_use for a role that someone has."""
    roles = [(mode.id, role.id) for mode in modes for role in mode.roles]
    await db.execute(
        """
        DELETE FROM usage_mode_role WHERE tool_id = $1
            AND (usage_mode, id) NOT IN (SELECT usage_mode, id FROM unnest($2::text[], $3::text[]) AS r (usage_mode, id))
        """,
        tool_id,
        [mode_id for mode_id, _ in roles],
        [role_id for _, role_id in roles],
    )


async def delete_other_usage_modes(db: Connection, tool_id: str, modes: Sequence[UsageMode]) -> None:
    """Violates registration_usage_mode_in_use for a usage mode that an organisation has registered."""
    await db.execute(
        "DELETE FROM usage_mode WHERE tool_id = $1 AND id <> ALL ($2::text[])", tool_id, [mode.id for mode in modes]
    )


def _tool(row: Any) -> CatalogueTool:
    return CatalogueTool(row["id"], Entry.model_validate(row["entry"]), row["version"])
