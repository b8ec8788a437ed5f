"""What the read model knows of a person's organisations: one SELECT a function."""

from typing import Any
from uuid import UUID

from shared.db import Connection


async def memberships(db: Connection, account_id: UUID) -> list[Any]:
    """Those where one is or was, with how many wait for confirmation and the wallet's balance (None before it is known)."""
    return await db.fetch(
        """
        SELECT organisation_id AS id, organisation.name, enterprise_number, employee.state, is_manager AS manager,
               (SELECT count(*) FROM employee AS other
                WHERE other.organisation_id = employee.organisation_id AND other.state = 'requested') AS awaiting,
               wallet.balance_cents
        FROM employee
        JOIN organisation USING (organisation_id)
        LEFT JOIN wallet ON wallet_id = organisation_id
        WHERE account_id = $1
        ORDER BY (employee.state = 'active') DESC, organisation.name
        LIMIT 500
        """,
        account_id,
    )


async def has_membership(db: Connection, account_id: UUID) -> bool:
    return await db.fetchval("SELECT EXISTS (SELECT FROM employee WHERE account_id = $1)", account_id)


async def registrations(db: Connection, account_id: UUID) -> list[Any]:
    """Of all organisations where one is active."""
    return await db.fetch(
        """
        SELECT registration_id, organisation_id, organisation.name AS organisation_name, tool_id, usage_mode, is_suspended,
               is_manager
        FROM employee
        JOIN registration USING (organisation_id)
        JOIN organisation USING (organisation_id)
        WHERE account_id = $1 AND employee.state = 'active'
        ORDER BY organisation.name
        LIMIT 1000
        """,
        account_id,
    )
