"""Roles that employees ask for, one statement a function."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class RoleRequest:
    """What waits for an answer."""

    id: UUID
    organisation_id: UUID
    registration_id: UUID
    tool_id: str
    usage_mode: str
    account_id: UUID
    role: str


@dataclass(frozen=True)
class NamedRequest:
    """As managers see it. name: empty where it is not known yet. held: which recognitions the person has."""

    account_id: UUID
    name: str
    role: str
    requested_at: datetime
    current_role: str | None
    held: frozenset[str]


async def insert_request(db: Connection, request: RoleRequest, *, now: datetime) -> None:
    """Violates role_request_waits where another of theirs waits there."""
    await db.execute(
        """
        INSERT INTO role_request (id, organisation_id, registration_id, account_id, role, requested_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        request.id,
        request.organisation_id,
        request.registration_id,
        request.account_id,
        request.role,
        now,
    )


async def find_waiting(
    db: Connection, organisation_id: UUID, registration_id: UUID, account_id: UUID
) -> RoleRequest | None:
    row = await db.fetchrow(
        """
        SELECT q.id, q.organisation_id, q.registration_id, r.tool_id, r.usage_mode, q.account_id, q.role
        FROM role_request q JOIN registration r ON r.id = q.registration_id
        WHERE q.registration_id = $2 AND q.account_id = $3 AND q.organisation_id = $1 AND q.outcome IS NULL
        """,
        organisation_id,
        registration_id,
        account_id,
    )
    return _request(row) if row else None


async def end_request(
    db: Connection, request_id: UUID, outcome: str, *, answered_by: UUID | None, answer: str, now: datetime
) -> None:
    await db.execute(
        """
        UPDATE role_request SET outcome = $2, answered_by = $3, answer = $4, ended_at = $5
        WHERE id = $1 AND outcome IS NULL
        """,
        request_id,
        outcome,
        answered_by,
        answer,
        now,
    )


async def end_of_registration(db: Connection, registration_id: UUID, *, now: datetime) -> list[RoleRequest]:
    """All that wait there become obsolete."""
    rows = await db.fetch(
        """
        UPDATE role_request q SET outcome = 'obsolete', ended_at = $2 FROM registration r
        WHERE q.registration_id = $1 AND q.outcome IS NULL AND r.id = q.registration_id
        RETURNING q.id, q.organisation_id, q.registration_id, r.tool_id, r.usage_mode, q.account_id, q.role
        """,
        registration_id,
        now,
    )
    return _in_order(rows)


async def end_of_employee(
    db: Connection, organisation_id: UUID, account_id: UUID, *, now: datetime
) -> list[RoleRequest]:
    rows = await db.fetch(
        """
        UPDATE role_request q SET outcome = 'obsolete', ended_at = $3 FROM registration r
        WHERE q.organisation_id = $1 AND q.account_id = $2 AND q.outcome IS NULL AND r.id = q.registration_id
        RETURNING q.id, q.organisation_id, q.registration_id, r.tool_id, r.usage_mode, q.account_id, q.role
        """,
        organisation_id,
        account_id,
        now,
    )
    return _in_order(rows)


async def waiting_in(db: Connection, registration_id: UUID, *, today: date, limit: int = 100) -> list[NamedRequest]:
    """The oldest first."""
    rows = await db.fetch(
        """
        SELECT q.account_id, concat_ws(' ', p.first_name, p.last_name) AS name, q.role, q.requested_at,
               a.role AS current_role,
               ARRAY (SELECT DISTINCT h.kind FROM recognition_held h WHERE h.account_id = q.account_id
                      AND (h.valid_until IS NULL OR h.valid_until >= $2)) AS held
        FROM role_request q
        LEFT JOIN person p ON p.account_id = q.account_id
        LEFT JOIN access a ON a.registration_id = q.registration_id AND a.account_id = q.account_id
        WHERE q.registration_id = $1 AND q.outcome IS NULL ORDER BY q.requested_at, q.id LIMIT $3
        """,
        registration_id,
        today,
        limit,
    )
    return [
        NamedRequest(
            row["account_id"],
            row["name"],
            row["role"],
            row["requested_at"],
            row["current_role"],
            frozenset(row["held"]),
        )
        for row in rows
    ]


def _in_order(rows: list[Any]) -> list[RoleRequest]:
    return sorted(map(_request, rows), key=lambda one: one.id)


def _request(row: Any) -> RoleRequest:
    return RoleRequest(
        row["id"],
        row["organisation_id"],
        row["registration_id"],
        row["tool_id"],
        row["usage_mode"],
        row["account_id"],
        row["role"],
    )
