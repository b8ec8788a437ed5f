"""Who has which role in which registration, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.organisation.registrations.rules import Grant
from services.organisation.tools.expressions import parse
from services.organisation.tools.needs import Circumstances
from services.organisation.tools.rules import Entry, UsageMode
from shared.db import Connection


@dataclass(frozen=True)
class Choice:
    """A registration in which an employee can be given a role. role: what they have now."""

    registration_id: UUID
    tool_id: str
    entry: Entry
    mode: UsageMode
    role: str | None


async def insert_access(db: Connection, grant: Grant, *, granted_by: UUID, now: datetime) -> None:
    """Violates access_role_in_use for a role that the usage mode does not have."""
    await db.execute(
        """
        INSERT INTO access (registration_id, account_id, organisation_id, tool_id, usage_mode, role, usable,
                            granted_by, granted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        grant.registration_id,
        grant.account_id,
        grant.organisation_id,
        grant.tool_id,
        grant.usage_mode,
        grant.role,
        grant.usable,
        granted_by,
        now,
    )


async def delete_access(db: Connection, registration_id: UUID, account_id: UUID) -> None:
    await db.execute("DELETE FROM access WHERE registration_id = $1 AND account_id = $2", registration_id, account_id)


async def delete_access_of_registration(db: Connection, registration_id: UUID) -> list[tuple[UUID, str]]:
    """Who had which role."""
    rows = await db.fetch("DELETE FROM access WHERE registration_id = $1 RETURNING account_id, role", registration_id)
    return sorted((row["account_id"], row["role"]) for row in rows)


async def delete_access_of_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute("DELETE FROM access WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id)


_GRANTS = """
    SELECT a.registration_id, a.organisation_id, a.tool_id, a.usage_mode, a.account_id, a.role, a.usable, u.use_rule,
           e.manager,
           ARRAY (SELECT DISTINCT h.kind FROM recognition_held h WHERE h.account_id = a.account_id
                  AND (h.valid_until IS NULL OR h.valid_until >= $1)) AS held,
           ARRAY (SELECT l.list FROM listed_organisation l
                  WHERE l.enterprise_number = o.enterprise_number AND l.tool_id = a.tool_id) AS lists
    FROM access a
    JOIN usage_mode u ON (u.tool_id, u.id) = (a.tool_id, a.usage_mode)
    JOIN employee e ON (e.organisation_id, e.account_id) = (a.organisation_id, a.account_id)
    JOIN organisation o ON o.id = a.organisation_id
"""


async def find_grant(db: Connection, registration_id: UUID, account_id: UUID, *, today: date) -> Grant | None:
    row = await db.fetchrow(
        _GRANTS + " WHERE a.registration_id = $2 AND a.account_id = $3", today, registration_id, account_id
    )
    return _grant(row) if row else None


async def grants_of_person(db: Connection, account_id: UUID, *, today: date) -> list[Grant]:
    """Every role that this person has anywhere."""
    rows = await db.fetch(_GRANTS + " WHERE a.account_id = $2", today, account_id)
    return [_grant(row) for row in rows]


async def grants_of_employee(
    db: Connection, account_id: UUID, organisation_ids: Sequence[UUID], *, today: date
) -> list[Grant]:
    """Those of them in these organisations."""
    rows = await db.fetch(
        _GRANTS + " WHERE a.account_id = $2 AND a.organisation_id = ANY ($3::uuid[])",
        today,
        account_id,
        organisation_ids,
    )
    return [_grant(row) for row in rows]


async def grants_of_tool(db: Connection, tool_id: str, organisation_ids: Sequence[UUID], *, today: date) -> list[Grant]:
    rows = await db.fetch(
        _GRANTS + " WHERE a.tool_id = $2 AND a.organisation_id = ANY ($3::uuid[])", today, tool_id, organisation_ids
    )
    return [_grant(row) for row in rows]


async def save_usable(db: Connection, grants: Sequence[Grant]) -> None:
    """All at once, however many they are."""
    await db.execute(
        """
        UPDATE access AS a SET usable = u.usable
        FROM unnest($1::uuid[], $2::uuid[], $3::boolean[]) AS u (registration_id, account_id, usable)
        WHERE a.registration_id = u.registration_id AND a.account_id = u.account_id
        """,
        [grant.registration_id for grant in grants],
        [grant.account_id for grant in grants],
        [grant.usable for grant in grants],
    )


async def role_of(db: Connection, registration_id: UUID, account_id: UUID) -> str | None:
    return (await roles_of(db, [(registration_id, account_id)])).get((registration_id, account_id))


async def roles_of(db: Connection, of: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], str]:
    """By registration and account; who has no role is left out."""
    rows = await db.fetch(
        """
        SELECT a.registration_id, a.account_id, a.role
        FROM unnest($1::uuid[], $2::uuid[]) AS w (registration_id, account_id) JOIN access a USING (registration_id, account_id)
        """,
        [registration_id for registration_id, _ in of],
        [account_id for _, account_id in of],
    )
    return {(row["registration_id"], row["account_id"]): row["role"] for row in rows}


async def is_role_held(db: Connection, registration_id: UUID, role: str) -> bool:
    """By anybody."""
    return await db.fetchval(
        "SELECT EXISTS (SELECT FROM access WHERE registration_id = $1 AND role = $2)", registration_id, role
    )


async def access_choices(db: Connection, organisation_id: UUID, account_id: UUID) -> list[Choice]:
    rows = await db.fetch(
        """
        SELECT r.id, r.tool_id, r.usage_mode, t.entry, a.role
        FROM registration r
        JOIN tool t ON t.id = r.tool_id
        LEFT JOIN access a ON a.registration_id = r.id AND a.account_id = $2
        WHERE r.organisation_id = $1 ORDER BY r.tool_id, r.usage_mode
        """,
        organisation_id,
        account_id,
    )
    return [choice for row in rows if (choice := _choice(row)) is not None]


def _choice(row: Any) -> Choice | None:
    entry = Entry.model_validate(row["entry"])
    mode = entry.usage_mode(row["usage_mode"])
    return Choice(row["id"], row["tool_id"], entry, mode, row["role"]) if mode else None


def _grant(row: Any) -> Grant:
    return Grant(
        registration_id=row["registration_id"],
        organisation_id=row["organisation_id"],
        tool_id=row["tool_id"],
        usage_mode=row["usage_mode"],
        account_id=row["account_id"],
        role=row["role"],
        usable=row["usable"],
        use_rule=parse(row["use_rule"]),
        circumstances=Circumstances(frozenset(row["held"]), row["manager"], frozenset(row["lists"])),
    )
