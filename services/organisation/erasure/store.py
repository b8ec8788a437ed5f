"""What an erasure needs to know and changes, one statement a function."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.organisation.erasure.rules import Managed
from shared.db import Connection
from shared.events.organisation import RegistrationSuspended


async def only_manager_of(db: Connection, account_id: UUID) -> list[Managed]:
    rows = await db.fetch(
        """
        SELECT o.id, o.enterprise_number, o.name,
               EXISTS (SELECT FROM employee x WHERE x.organisation_id = o.id AND x.account_id <> $1 AND x.state = 'active')
                   AS has_others
        FROM employee e JOIN organisation o ON o.id = e.organisation_id
        WHERE e.account_id = $1 AND e.manager
          AND NOT EXISTS (SELECT FROM employee m WHERE m.organisation_id = o.id AND m.account_id <> $1 AND m.manager)
        ORDER BY lower(o.name), o.id
        """,
        account_id,
    )
    return [Managed(row["id"], row["enterprise_number"], row["name"], row["has_others"]) for row in rows]


async def organisations_to_leave(db: Connection, account_id: UUID) -> list[UUID]:
    """Those with a record of the person that still has their data."""
    rows = await db.fetch(
        "SELECT organisation_id FROM employee WHERE account_id = $1 AND NOT is_erased ORDER BY organisation_id",
        account_id,
    )
    return [row["organisation_id"] for row in rows]


async def is_remembered(db: Connection, account_id: UUID) -> bool:
    """Whether the account's id stands in a record that concerns others."""
    return await db.fetchval("SELECT EXISTS (SELECT FROM employee WHERE account_id = $1)", account_id)


async def others_in(db: Connection, organisation_ids: Collection[UUID], account_id: UUID) -> list[tuple[UUID, UUID]]:
    """Organisation and account of everyone else who has not left."""
    rows = await db.fetch(
        """
        SELECT organisation_id, account_id FROM employee
        WHERE organisation_id = ANY ($1::uuid[]) AND account_id <> $2 AND state <> 'removed'
        ORDER BY account_id, organisation_id
        """,
        list(organisation_ids),
        account_id,
    )
    return [(row["organisation_id"], row["account_id"]) for row in rows]


async def close_organisation(db: Connection, organisation_id: UUID, *, now: datetime) -> None:
    """How it was reached is how its only member was reached."""
    await db.execute(
        "UPDATE organisation SET closed_at = $2, email = '', phone = NULL WHERE id = $1", organisation_id, now
    )


async def reopen_organisation(db: Connection, organisation_id: UUID, *, email: str, phone: str | None) -> bool:
    """False where it is not closed."""
    status = await db.execute(
        "UPDATE organisation SET closed_at = NULL, email = $2, phone = $3 WHERE id = $1 AND closed_at IS NOT NULL",
        organisation_id,
        email,
        phone,
    )
    return status == "UPDATE 1"


async def suspend_registrations(db: Connection, organisation_id: UUID, reason: str) -> list[RegistrationSuspended]:
    """Those that still stood, as the events that say so."""
    rows = await db.fetch(
        """
        UPDATE registration SET state = 'suspended', suspended_reason = $2
        WHERE organisation_id = $1 AND state = 'active' RETURNING id, tool_id, usage_mode
        """,
        organisation_id,
        reason,
    )
    return [
        RegistrationSuspended(
            organisation_id=organisation_id,
            registration_id=row["id"],
            tool_id=row["tool_id"],
            usage_mode=row["usage_mode"],
            reason=reason,
        )
        for row in rows
    ]
