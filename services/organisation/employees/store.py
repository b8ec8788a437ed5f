"""Employees, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.organisation.employees.rules import State
from shared.db import Connection


@dataclass(frozen=True)
class Employee:
    """The person's data in this organisation. version: counts the changes of this record."""

    account_id: UUID
    type: str
    email: str
    phone: str | None
    state: State
    manager: bool
    version: int


@dataclass(frozen=True)
class NamedEmployee(Employee):
    """name: empty where identity has not told it yet."""

    name: str


async def find_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> Employee | None:
    row = await db.fetchrow(
        """
        SELECT account_id, type, email, phone, state, manager, version
        FROM employee WHERE organisation_id = $1 AND account_id = $2
        """,
        organisation_id,
        account_id,
    )
    return _employee(row) if row else None


async def save_employee(
    db: Connection, organisation_id: UUID, employee: Employee, *, now: datetime, is_erased: bool = False
) -> None:
    """Insert, or replace what is there. Violates employee_last_manager where nobody would manage any more."""
    await db.execute(
        """
        INSERT INTO employee AS e (organisation_id, account_id, type, email, phone, state, manager, is_erased, since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT ON CONSTRAINT employee_pk DO UPDATE
        SET type = excluded.type, email = excluded.email, phone = excluded.phone, state = excluded.state,
            manager = excluded.manager, is_erased = excluded.is_erased, version = e.version + 1,
            since = CASE WHEN e.state = excluded.state THEN e.since ELSE excluded.since END
        """,
        organisation_id,
        employee.account_id,
        employee.type,
        employee.email,
        employee.phone,
        employee.state,
        employee.manager,
        is_erased,
        now,
    )


async def count_other_managers(db: Connection, organisation_id: UUID, account_id: UUID) -> int:
    """The organisation's row must be locked, or the count may be outdated when it arrives."""
    return await db.fetchval(
        "SELECT count(*) FROM employee WHERE organisation_id = $1 AND manager AND account_id <> $2",
        organisation_id,
        account_id,
    )


async def names_of_managers(db: Connection, organisation_id: UUID) -> list[str]:
    rows = await db.fetch(
        """
        SELECT concat_ws(' ', p.first_name, p.last_name) AS name
        FROM employee e JOIN person p ON p.account_id = e.account_id
        WHERE e.organisation_id = $1 AND e.manager AND p.last_name <> ''
        ORDER BY lower(p.last_name), lower(p.first_name)
        LIMIT 20
        """,
        organisation_id,
    )
    return [row["name"] for row in rows]


async def employees_in(
    db: Connection, organisation_id: UUID, *, states: list[State], limit: int = 5000
) -> list[NamedEmployee]:
    """By last name, then first name."""
    rows = await db.fetch(
        """
        SELECT e.account_id, e.type, e.email, e.phone, e.state, e.manager, e.version,
               concat_ws(' ', p.first_name, p.last_name) AS name
        FROM employee e LEFT JOIN person p ON p.account_id = e.account_id
        WHERE e.organisation_id = $1 AND e.state = ANY ($2::text[])
        ORDER BY lower(p.last_name), lower(p.first_name), e.account_id
        LIMIT $3
        """,
        organisation_id,
        states,
        limit,
    )
    return [_named(row) for row in rows]


async def find_named_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> NamedEmployee | None:
    row = await db.fetchrow(
        """
        SELECT e.account_id, e.type, e.email, e.phone, e.state, e.manager, e.version,
               concat_ws(' ', p.first_name, p.last_name) AS name
        FROM employee e LEFT JOIN person p ON p.account_id = e.account_id
        WHERE e.organisation_id = $1 AND e.account_id = $2
        """,
        organisation_id,
        account_id,
    )
    return _named(row) if row else None


def _employee(row: Any) -> Employee:
    return Employee(
        row["account_id"], row["type"], row["email"], row["phone"], State(row["state"]), row["manager"], row["version"]
    )


def _named(row: Any) -> NamedEmployee:
    return NamedEmployee(
        row["account_id"],
        row["type"],
        row["email"],
        row["phone"],
        State(row["state"]),
        row["manager"],
        row["version"],
        row["name"],
    )
