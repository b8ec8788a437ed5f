"""Who besides the managers may change access, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class ToolManager:
    organisation_id: UUID
    registration_id: UUID
    tool_id: str
    usage_mode: str
    account_id: UUID


async def insert_tool_manager(
    db: Connection, organisation_id: UUID, registration_id: UUID, account_id: UUID, *, by: UUID, now: datetime
) -> bool:
    """False for someone who is one already."""
    status = await db.execute(
        """
        INSERT INTO tool_manager (registration_id, account_id, organisation_id, appointed_by, appointed_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT ON CONSTRAINT tool_manager_pk DO NOTHING
        """,
        registration_id,
        account_id,
        organisation_id,
        by,
        now,
    )
    return status == "INSERT 0 1"


async def delete_tool_manager(db: Connection, registration_id: UUID, account_id: UUID) -> bool:
    """False for someone who is none."""
    status = await db.execute(
        "DELETE FROM tool_manager WHERE registration_id = $1 AND account_id = $2", registration_id, account_id
    )
    return status == "DELETE 1"


async def delete_of_registration(db: Connection, registration_id: UUID) -> list[UUID]:
    rows = await db.fetch("DELETE FROM tool_manager WHERE registration_id = $1 RETURNING account_id", registration_id)
    return sorted(row["account_id"] for row in rows)


async def managed_by(db: Connection, organisation_id: UUID, account_id: UUID) -> list[ToolManager]:
    rows = await db.fetch(
        """
        SELECT m.organisation_id, m.registration_id, r.tool_id, r.usage_mode, m.account_id
        FROM tool_manager m JOIN registration r ON r.id = m.registration_id
        WHERE m.organisation_id = $1 AND m.account_id = $2 ORDER BY m.registration_id
        """,
        organisation_id,
        account_id,
    )
    return [_tool_manager(row) for row in rows]


async def delete_of_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> list[ToolManager]:
    rows = await db.fetch(
        """
        DELETE FROM tool_manager m USING registration r
        WHERE m.organisation_id = $1 AND m.account_id = $2 AND r.id = m.registration_id
        RETURNING m.organisation_id, m.registration_id, r.tool_id, r.usage_mode, m.account_id
        """,
        organisation_id,
        account_id,
    )
    return sorted((_tool_manager(row) for row in rows), key=lambda one: one.registration_id)


async def is_tool_manager(db: Connection, registration_id: UUID, account_id: UUID) -> bool:
    return await db.fetchval(
        "SELECT EXISTS (SELECT FROM tool_manager WHERE registration_id = $1 AND account_id = $2)",
        registration_id,
        account_id,
    )


def _tool_manager(row: Any) -> ToolManager:
    return ToolManager(
        row["organisation_id"], row["registration_id"], row["tool_id"], row["usage_mode"], row["account_id"]
    )
