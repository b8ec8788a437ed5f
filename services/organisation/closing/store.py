"""What closing an organisation needs to know and changes, one statement a function."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.organisation.closing.rules import Outlook
from shared.db import Connection


async def what_would_end(db: Connection, organisation_id: UUID, account_id: UUID | None) -> Outlook:
    """account_id: who asks, and is not counted."""
    (row,) = await db.fetch(
        """
        SELECT count(*) FILTER (WHERE state = 'active') AS employees,
               count(*) FILTER (WHERE manager) AS other_managers,
               count(*) FILTER (WHERE state = 'requested') AS waiting,
               (SELECT count(*) FROM registration WHERE organisation_id = $1) AS registrations,
               (SELECT count(*) FROM invitation WHERE organisation_id = $1 AND state = 'open') AS invitations
        FROM employee WHERE organisation_id = $1 AND state <> 'removed' AND account_id IS DISTINCT FROM $2
        """,
        organisation_id,
        account_id,
    )
    return Outlook(**dict(row))


async def close_organisation(db: Connection, organisation_id: UUID, *, now: datetime) -> bool:
    """False where it is closed already."""
    status = await db.execute(
        "UPDATE organisation SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL", organisation_id, now
    )
    return status == "UPDATE 1"


async def forget_contact(db: Connection, organisation_id: UUID) -> None:
    """How it was reached is how its only member was reached."""
    await db.execute(
        "UPDATE organisation SET email = '', phone = NULL, fax = NULL, data_version = data_version + 1 WHERE id = $1",
        organisation_id,
    )


async def reopen_organisation(db: Connection, organisation_id: UUID, *, email: str, phone: str | None) -> bool:
    """False where it is not closed."""
    status = await db.execute(
        """
        UPDATE organisation SET closed_at = NULL, email = $2, phone = $3, data_version = data_version + 1
        WHERE id = $1 AND closed_at IS NOT NULL
        """,
        organisation_id,
        email,
        phone,
    )
    return status == "UPDATE 1"


async def remove_everyone(
    db: Connection, organisation_id: UUID, *, except_for: UUID | None, now: datetime
) -> list[tuple[UUID, bool]]:
    """Each account that had not left, and whether it was a manager."""
    rows = await db.fetch(
        """
        WITH before AS (
            SELECT account_id, manager FROM employee
            WHERE organisation_id = $1 AND state <> 'removed' AND account_id IS DISTINCT FROM $2
            ORDER BY account_id FOR UPDATE
        )
        UPDATE employee e SET state = 'removed', manager = false, version = e.version + 1, since = $3
        FROM before WHERE e.organisation_id = $1 AND e.account_id = before.account_id
        RETURNING e.account_id, before.manager AS was_manager
        """,
        organisation_id,
        except_for,
        now,
    )
    return [(row["account_id"], row["was_manager"]) for row in rows]


async def find_for_support(db: Connection, enterprise_number: str) -> dict[str, Any] | None:
    row = await db.fetchrow(
        "SELECT id, enterprise_number, name, created_at, closed_at FROM organisation WHERE enterprise_number = $1",
        enterprise_number,
    )
    return dict(row) if row else None


async def get_for_support(db: Connection, organisation_id: UUID) -> dict[str, Any] | None:
    row = await db.fetchrow(
        "SELECT id, enterprise_number, name, created_at, closed_at FROM organisation WHERE id = $1", organisation_id
    )
    return dict(row) if row else None
