"""What an erasure needs to know and changes, one statement a function."""

from uuid import UUID

from services.organisation.erasure.rules import Managed
from shared.db import Connection


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
