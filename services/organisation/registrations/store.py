"""Registrations, one statement a function."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.organisation.employees.rules import State
from services.organisation.registrations.rules import Registration, Standing, Verdict
from services.organisation.tools.expressions import parse
from services.organisation.tools.needs import Circumstances
from shared.db import Connection


async def insert_registration(
    db: Connection, registration: Registration, *, registered_by: UUID, now: datetime
) -> None:
    """Violates registration_exists when the tool is registered in this usage mode."""
    await db.execute(
        """
        INSERT INTO registration (id, organisation_id, tool_id, usage_mode, state, mandated_account_id,
                                  mandated_recognition, terms_version, registered_by, registered_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        registration.id,
        registration.organisation_id,
        registration.tool_id,
        registration.usage_mode,
        registration.state,
        registration.mandated_account_id,
        registration.mandated_recognition,
        registration.terms_version,
        registered_by,
        now,
    )


async def registrations_of(db: Connection, organisation_id: UUID) -> list[Registration]:
    rows = await db.fetch(
        """
        SELECT id, organisation_id, tool_id, usage_mode, state, suspended_reason, mandated_account_id,
               mandated_recognition, terms_version
        FROM registration WHERE organisation_id = $1 ORDER BY tool_id, usage_mode
        """,
        organisation_id,
    )
    return [_registration(row) for row in rows]


async def find_registration(db: Connection, organisation_id: UUID, registration_id: UUID) -> Registration | None:
    row = await db.fetchrow(
        """
        SELECT id, organisation_id, tool_id, usage_mode, state, suspended_reason, mandated_account_id,
               mandated_recognition, terms_version
        FROM registration WHERE organisation_id = $1 AND id = $2
        """,
        organisation_id,
        registration_id,
    )
    return _registration(row) if row else None


async def delete_registration(db: Connection, registration_id: UUID) -> None:
    """Nobody has access in it any more."""
    await db.execute("DELETE FROM registration WHERE id = $1", registration_id)


async def move_mandate(db: Connection, registration_id: UUID, account_id: UUID, recognition: str) -> None:
    await db.execute(
        "UPDATE registration SET mandated_account_id = $2, mandated_recognition = $3 WHERE id = $1",
        registration_id,
        account_id,
        recognition,
    )


_STANDINGS = """
    SELECT r.id, r.organisation_id, r.tool_id, r.usage_mode, u.register_rule, r.suspended_reason,
           r.mandated_account_id, r.mandated_recognition, e.state, coalesce(e.is_erased, false) AS is_erased,
           coalesce(e.manager, false) AS is_manager,
           coalesce(t.terms_required_from <= $1, false) AND r.terms_version <> t.terms_version AS is_under_old_terms,
           ARRAY (SELECT DISTINCT h.kind FROM recognition_held h WHERE h.account_id = r.mandated_account_id
                  AND (h.valid_until IS NULL OR h.valid_until >= $1)) AS held,
           ARRAY (SELECT l.list FROM listed_organisation l
                  WHERE l.enterprise_number = o.enterprise_number AND l.tool_id = r.tool_id) AS lists
    FROM registration r
    JOIN organisation o ON o.id = r.organisation_id
    JOIN tool t ON t.id = r.tool_id
    JOIN usage_mode u ON (u.tool_id, u.id) = (r.tool_id, r.usage_mode)
    LEFT JOIN employee e ON (e.organisation_id, e.account_id) = (r.organisation_id, r.mandated_account_id)
"""


async def standings_of_person(db: Connection, account_id: UUID, *, today: date) -> list[Standing]:
    """Every registration that stands under a recognition of this person."""
    rows = await db.fetch(_STANDINGS + " WHERE r.mandated_account_id = $2", today, account_id)
    return [_standing(row) for row in rows]


async def standings_of_employee(
    db: Connection, account_id: UUID, organisation_ids: Sequence[UUID], *, today: date
) -> list[Standing]:
    """Those of them in these organisations."""
    rows = await db.fetch(
        _STANDINGS + " WHERE r.mandated_account_id = $2 AND r.organisation_id = ANY ($3::uuid[])",
        today,
        account_id,
        organisation_ids,
    )
    return [_standing(row) for row in rows]


async def standings_of_tool(
    db: Connection, tool_id: str, organisation_ids: Sequence[UUID], *, today: date
) -> list[Standing]:
    rows = await db.fetch(
        _STANDINGS + " WHERE r.tool_id = $2 AND r.organisation_id = ANY ($3::uuid[])",
        today,
        tool_id,
        organisation_ids,
    )
    return [_standing(row) for row in rows]


async def save_verdicts(db: Connection, verdicts: Sequence[Verdict]) -> None:
    """All at once, however many they are."""
    await db.execute(
        """
        UPDATE registration AS r
        SET state = CASE WHEN v.reason IS NULL THEN 'active' ELSE 'suspended' END,
            suspended_reason = v.reason, mandated_recognition = v.recognition
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS v (id, reason, recognition)
        WHERE r.id = v.id
        """,
        [verdict.standing.registration_id for verdict in verdicts],
        [verdict.reason for verdict in verdicts],
        [verdict.recognition for verdict in verdicts],
    )


async def organisations_with_tool(db: Connection, tool_id: str, *, after: UUID, limit: int) -> list[UUID]:
    """In the order of their ids, those after the given one."""
    rows = await db.fetch(
        """
        SELECT DISTINCT organisation_id FROM registration WHERE tool_id = $1 AND organisation_id > $2
        ORDER BY organisation_id LIMIT $3
        """,
        tool_id,
        after,
        limit,
    )
    return [row["organisation_id"] for row in rows]


async def people_with_tool(db: Connection, tool_id: str, organisation_ids: Sequence[UUID]) -> list[UUID]:
    """Who is mandated or has access there."""
    rows = await db.fetch(
        """
        SELECT mandated_account_id AS account_id FROM registration
        WHERE tool_id = $1 AND organisation_id = ANY ($2::uuid[]) AND mandated_account_id IS NOT NULL
        UNION SELECT account_id FROM access WHERE tool_id = $1 AND organisation_id = ANY ($2::uuid[])
        """,
        tool_id,
        organisation_ids,
    )
    return [row["account_id"] for row in rows]


def _registration(row: Any) -> Registration:
    return Registration(
        row["id"],
        row["organisation_id"],
        row["tool_id"],
        row["usage_mode"],
        row["state"],
        row["suspended_reason"],
        row["mandated_account_id"],
        row["mandated_recognition"],
        row["terms_version"],
    )


def _standing(row: Any) -> Standing:
    return Standing(
        registration_id=row["id"],
        organisation_id=row["organisation_id"],
        tool_id=row["tool_id"],
        usage_mode=row["usage_mode"],
        register_rule=parse(row["register_rule"]),
        suspended_reason=row["suspended_reason"],
        mandated_account_id=row["mandated_account_id"],
        mandated_recognition=row["mandated_recognition"],
        mandated_state=State(row["state"]) if row["state"] else None,
        is_erased=row["is_erased"],
        circumstances=Circumstances(frozenset(row["held"]), row["is_manager"], frozenset(row["lists"])),
        is_under_old_terms=row["is_under_old_terms"],
    )
