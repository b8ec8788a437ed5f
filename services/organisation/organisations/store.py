"""Organisations, one statement a function."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.organisation.data.rules import Address
from services.organisation.employees.rules import State
from shared.db import Connection


@dataclass(frozen=True)
class Organisation:
    id: UUID
    enterprise_number: str
    name: str
    address: Address
    email: str
    phone: str | None


@dataclass(frozen=True)
class Brief:
    id: UUID
    enterprise_number: str
    name: str
    is_closed: bool


@dataclass(frozen=True)
class OwnOrganisation:
    """awaiting: how many people wait for confirmation; 0 for who is not a manager."""

    id: UUID
    enterprise_number: str
    name: str
    my_state: State
    manager: bool
    awaiting: int


async def insert_organisation(db: Connection, organisation: Organisation, *, created_by: UUID, now: datetime) -> None:
    """Violates organisation_exists when someone else was faster."""
    address = organisation.address
    await db.execute(
        """
        INSERT INTO organisation (id, enterprise_number, name, street, house_number, box, postal_code, city, country,
                                  email, phone, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        organisation.id,
        organisation.enterprise_number,
        organisation.name,
        address.street,
        address.number or None,
        address.box or None,
        address.postal_code,
        address.city,
        address.country,
        organisation.email,
        organisation.phone,
        created_by,
        now,
    )


async def lock_organisation(db: Connection, organisation_id: UUID) -> Brief | None:
    """Everything that changes an organisation waits for this row."""
    row = await db.fetchrow(
        """
        SELECT id, enterprise_number, name, closed_at IS NOT NULL AS is_closed
        FROM organisation WHERE id = $1 FOR NO KEY UPDATE
        """,
        organisation_id,
    )
    return Brief(**row) if row else None


async def lock_organisations(db: Connection, organisation_ids: Collection[UUID]) -> None:
    """Several at once, always in one order."""
    await db.execute(
        "SELECT 1 FROM organisation WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(organisation_ids)
    )


async def raise_versions(db: Connection, events: Mapping[UUID, int]) -> dict[UUID, int]:
    """Count so many events for each organisation, whose row is locked, and return the versions after the last of them."""
    rows = await db.fetch(
        """
        UPDATE organisation AS o SET version = o.version + n.events
        FROM unnest($1::uuid[], $2::bigint[]) AS n (id, events) WHERE o.id = n.id
        RETURNING o.id, o.version
        """,
        list(events.keys()),
        list(events.values()),
    )
    return {row["id"]: row["version"] for row in rows}


async def get_organisation(db: Connection, organisation_id: UUID) -> Organisation:
    """Raises LookupError: whoever asks has proved to belong to it."""
    row = await db.fetchrow(
        """
        SELECT id, enterprise_number, name, street, house_number, box, postal_code, city, country, email, phone
        FROM organisation WHERE id = $1
        """,
        organisation_id,
    )
    if row is None:
        raise LookupError(organisation_id)
    return _organisation(row)


async def find_by_number(db: Connection, enterprise_number: str) -> Brief | None:
    row = await db.fetchrow(
        """
        SELECT id, enterprise_number, name, closed_at IS NOT NULL AS is_closed
        FROM organisation WHERE enterprise_number = $1
        """,
        enterprise_number,
    )
    return Brief(**row) if row else None


async def organisations_of(db: Connection, account_id: UUID) -> list[OwnOrganisation]:
    """All that the person belongs to, has asked to join or was blocked in, by name."""
    rows = await db.fetch(
        """
        SELECT o.id, o.enterprise_number, o.name, e.state, e.manager,
               CASE WHEN e.manager
                    THEN (SELECT count(*) FROM employee w WHERE w.organisation_id = o.id AND w.state = 'requested')
                    ELSE 0 END AS awaiting
        FROM employee e JOIN organisation o ON o.id = e.organisation_id
        WHERE e.account_id = $1 AND e.state <> 'removed'
        ORDER BY lower(o.name), o.id
        LIMIT 1000
        """,
        account_id,
    )
    return [
        OwnOrganisation(
            row["id"], row["enterprise_number"], row["name"], State(row["state"]), row["manager"], row["awaiting"]
        )
        for row in rows
    ]


def _organisation(row: Any) -> Organisation:
    return Organisation(
        row["id"],
        row["enterprise_number"],
        row["name"],
        Address(
            row["street"],
            row["house_number"] or "",
            row["box"] or "",
            row["postal_code"],
            row["city"],
            row["country"],
        ),
        row["email"],
        row["phone"],
    )
