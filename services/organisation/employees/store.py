"""Employees, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.organisation.employees.rules import Membership, State
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
    fax: str | None = None

    @property
    def membership(self) -> Membership:
        return Membership(self.state, manager=self.manager)


@dataclass(frozen=True)
class NamedEmployee:
    """For others to look at. name: empty where identity has not told it yet. since: when the present state began."""

    account_id: UUID
    name: str
    type: str
    email: str
    phone: str | None
    fax: str | None
    state: State
    manager: bool
    version: int
    since: datetime


async def find_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> Employee | None:
    row = await db.fetchrow(
        """
        SELECT account_id, type, email, phone, fax, state, manager, version
        FROM employee WHERE organisation_id = $1 AND account_id = $2
        """,
        organisation_id,
        account_id,
    )
    return _employee(row) if row else None


async def save_employee(
    db: Connection, organisation_id: UUID, employee: Employee, *, now: datetime, is_erased: bool = False
) -> None:
    """Insert, or replace what is there; of who is erased no name stays to sort by.

    Violates employee_last_manager where nobody would manage any more.
    """
    await db.execute(
        """
        INSERT INTO employee AS e (organisation_id, account_id, type, email, phone, fax, state, manager, is_erased, since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT ON CONSTRAINT employee_pk DO UPDATE
        SET type = excluded.type, email = excluded.email, phone = excluded.phone, fax = excluded.fax,
            state = excluded.state, manager = excluded.manager, is_erased = excluded.is_erased, version = e.version + 1,
            sort_name = CASE WHEN excluded.is_erased THEN '~' ELSE e.sort_name END,
            since = CASE WHEN e.state = excluded.state THEN e.since ELSE excluded.since END
        """,
        organisation_id,
        employee.account_id,
        employee.type,
        employee.email,
        employee.phone,
        employee.fax,
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


async def find_named_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> NamedEmployee | None:
    row = await db.fetchrow(
        """
        SELECT e.account_id, e.type, e.email, e.phone, e.fax, e.state, e.manager, e.version, e.since,
               trim(concat_ws(' ', p.first_name, p.last_name)) AS name
        FROM employee e LEFT JOIN person p ON p.account_id = e.account_id
        WHERE e.organisation_id = $1 AND e.account_id = $2
        """,
        organisation_id,
        account_id,
    )
    return named_employee(row) if row else None


async def tools_standing_on(db: Connection, organisation_id: UUID, account_id: UUID, language: str) -> list[str]:
    """The names of the tools that the organisation uses under a recognition of this person."""
    rows = await db.fetch(
        """
        SELECT DISTINCT t.entry -> 'names' ->> $3 AS name
        FROM registration r JOIN tool t ON t.id = r.tool_id
        WHERE r.organisation_id = $1 AND r.mandated_account_id = $2 AND r.state = 'active'
        ORDER BY 1
        """,
        organisation_id,
        account_id,
        language,
    )
    return [row["name"] for row in rows]


def named_employee(row: Any) -> NamedEmployee:
    return NamedEmployee(
        account_id=row["account_id"],
        name=row["name"],
        type=row["type"],
        email=row["email"],
        phone=row["phone"],
        fax=row["fax"],
        state=State(row["state"]),
        manager=row["manager"],
        version=row["version"],
        since=row["since"],
    )


def _employee(row: Any) -> Employee:
    return Employee(
        row["account_id"],
        row["type"],
        row["email"],
        row["phone"],
        State(row["state"]),
        row["manager"],
        row["version"],
        row["fax"],
    )
