"""What the read model knows of a person's organisations: one SELECT a function."""

from typing import Any
from uuid import UUID

from shared.db import Connection


async def memberships(db: Connection, account_id: UUID, *, search: str = "") -> list[Any]:
    """Those where one is or was, with how many wait for confirmation and the wallet's balance (None before it is known).

    managers: their names, where one waits for them or was blocked by them. search: in the name, or the digits of the number.
    """
    digits = "".join(char for char in search if char.isdecimal())
    return await db.fetch(
        """
        SELECT organisation_id AS id, organisation.name, enterprise_number, organisation.logo, employee.state,
               is_manager AS manager, wallet.balance_cents,
               CASE WHEN is_manager THEN (
                   SELECT count(*) FROM employee AS other
                   WHERE other.organisation_id = employee.organisation_id AND other.state = 'requested'
               ) ELSE 0 END AS awaiting,
               CASE WHEN employee.state <> 'active' THEN ARRAY (
                   SELECT concat_ws(' ', first_name, last_name)
                   FROM employee AS other JOIN account USING (account_id)
                   WHERE other.organisation_id = employee.organisation_id AND other.is_manager
                   ORDER BY last_name, first_name LIMIT 5
               ) ELSE '{}' END AS managers
        FROM employee
        JOIN organisation USING (organisation_id)
        LEFT JOIN wallet ON wallet_id = organisation_id
        WHERE account_id = $1
          AND ($2 = '' OR strpos(lower(organisation.name), lower($2)) > 0
               OR ($3 <> '' AND strpos(enterprise_number, $3) > 0))
        ORDER BY (employee.state = 'active') DESC, lower(organisation.name), organisation_id
        LIMIT 500
        """,
        account_id,
        search,
        digits,
    )


async def count_memberships(db: Connection, account_id: UUID) -> int:
    return await db.fetchval("SELECT count(*) FROM employee WHERE account_id = $1", account_id)


async def balance(db: Connection, organisation_id: UUID) -> int | None:
    """In cents; None before it is known."""
    return await db.fetchval("SELECT balance_cents FROM wallet WHERE wallet_id = $1", organisation_id)


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
