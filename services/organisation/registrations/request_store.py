"""Roles that employees ask for, one statement a function."""

from collections.abc import Sequence
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
    is_manager: bool


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


async def end_where_granted(
    db: Connection, wanted: Sequence[tuple[UUID, UUID, str]], *, answered_by: UUID, now: datetime
) -> list[RoleRequest]:
    """Requests for exactly these (registration, account, role): they have been given what they asked for."""
    rows = await db.fetch(
        """
        UPDATE role_request q SET outcome = 'granted', answered_by = $4, ended_at = $5
        FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS w (registration_id, account_id, role), registration r
        WHERE (q.registration_id, q.account_id, q.role) = (w.registration_id, w.account_id, w.role)
          AND q.outcome IS NULL AND r.id = q.registration_id
        RETURNING q.id, q.organisation_id, q.registration_id, r.tool_id, r.usage_mode, q.account_id, q.role
        """,
        [registration_id for registration_id, _, _ in wanted],
        [account_id for _, account_id, _ in wanted],
        [role for _, _, role in wanted],
        answered_by,
        now,
    )
    return _in_order(rows)


async def end_for_unknown_roles(
    db: Connection, tool_id: str, organisation_ids: Sequence[UUID], *, now: datetime
) -> list[RoleRequest]:
    """Requests for roles that the catalogue does not have any more become obsolete."""
    rows = await db.fetch(
        """
        UPDATE role_request q SET outcome = 'obsolete', ended_at = $3 FROM registration r
        WHERE q.organisation_id = ANY ($2::uuid[]) AND q.outcome IS NULL AND r.id = q.registration_id AND r.tool_id = $1
          AND NOT EXISTS (SELECT FROM usage_mode_role u WHERE (u.tool_id, u.usage_mode, u.id) = ($1, r.usage_mode, q.role))
        RETURNING q.id, q.organisation_id, q.registration_id, r.tool_id, r.usage_mode, q.account_id, q.role
        """,
        tool_id,
        list(organisation_ids),
        now,
    )
    return _in_order(rows)


async def count_since(db: Connection, organisation_id: UUID, account_id: UUID, since: datetime) -> int:
    """How many this person has made, whatever became of them."""
    return await db.fetchval(
        "SELECT count(*) FROM role_request WHERE account_id = $2 AND organisation_id = $1 AND requested_at >= $3",
        organisation_id,
        account_id,
        since,
    )


async def delete_of_person(db: Connection, account_id: UUID) -> None:
    """What was written to them as an answer is about them."""
    await db.execute("DELETE FROM role_request WHERE account_id = $1", account_id)


async def prune(db: Connection, before: datetime, *, limit: int = 5_000) -> int:
    """Answered so long ago that nobody reads it any more."""
    status = await db.execute(
        """
        DELETE FROM role_request WHERE id IN
            (SELECT id FROM role_request WHERE outcome IS NOT NULL AND ended_at < $1 ORDER BY ended_at LIMIT $2)
        """,
        before,
        limit,
    )
    return int(status.removeprefix("DELETE "))


async def count_for(db: Connection, organisation_id: UUID, account_id: UUID, *, is_manager: bool) -> int:
    """How many wait for an answer that this employee may give."""
    return await db.fetchval(
        """
        SELECT count(*) FROM role_request q
        WHERE q.organisation_id = $1 AND q.outcome IS NULL
          AND ($3 OR EXISTS (SELECT FROM tool_manager m WHERE m.registration_id = q.registration_id AND m.account_id = $2))
        """,
        organisation_id,
        account_id,
        is_manager,
    )


async def waiting_in(db: Connection, registration_id: UUID, *, today: date, limit: int = 100) -> list[NamedRequest]:
    """The oldest first."""
    rows = await db.fetch(
        """
        SELECT q.account_id, trim(concat_ws(' ', p.first_name, p.last_name)) AS name, q.role, q.requested_at,
               a.role AS current_role, e.manager,
               ARRAY (SELECT DISTINCT h.kind FROM recognition_held h WHERE h.account_id = q.account_id
                      AND (h.valid_until IS NULL OR h.valid_until >= $2)) AS held
        FROM role_request q
        JOIN employee e ON (e.organisation_id, e.account_id) = (q.organisation_id, q.account_id)
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
            row["manager"],
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
