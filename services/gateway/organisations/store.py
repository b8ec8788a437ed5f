"""What the read model knows of a person's organisations: one SELECT a function."""

from collections.abc import Collection
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
               is_manager AS manager, is_manager OR wallet_viewer.account_id IS NOT NULL AS sees_wallet, wallet.balance_cents,
               coalesce(wallet.balance_cents < wallet.low_threshold_cents, false) AS is_wallet_low,
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
        LEFT JOIN wallet_viewer USING (organisation_id, account_id)
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


async def is_viewer(db: Connection, organisation_id: UUID, account_id: UUID) -> bool:
    """Whether a manager lets them see the wallet."""
    return await db.fetchval(
        "SELECT EXISTS (SELECT FROM wallet_viewer WHERE organisation_id = $1 AND account_id = $2)",
        organisation_id,
        account_id,
    )


async def managed(db: Connection, account_id: UUID) -> list[Any]:
    """The organisations that one manages, with the balances of their wallets (None before it is known)."""
    return await db.fetch(
        """
        SELECT organisation_id AS id, organisation.name, enterprise_number, organisation.logo, wallet.balance_cents
        FROM employee
        JOIN organisation USING (organisation_id)
        LEFT JOIN wallet ON wallet_id = organisation_id
        WHERE account_id = $1 AND employee.state = 'active' AND is_manager AND NOT organisation.is_closed
        ORDER BY lower(organisation.name), organisation_id
        LIMIT 500
        """,
        account_id,
    )


async def search_by_name(db: Connection, search: str, *, limit: int) -> list[Any]:
    """For support: those with this in their name, closed ones too."""
    return await db.fetch(
        """
        SELECT organisation_id AS id, name, enterprise_number, is_closed, wallet.balance_cents
        FROM organisation LEFT JOIN wallet ON wallet_id = organisation_id
        WHERE strpos(lower(name), lower($1)) > 0
        ORDER BY lower(name), organisation_id LIMIT $2
        """,
        search,
        limit,
    )


async def names_of(db: Connection, account_ids: Collection[UUID]) -> dict[str, str]:
    """By account id as text; whoever is not known any more is missing."""
    rows = await db.fetch(
        """
        SELECT account_id, concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')) AS name
        FROM account WHERE account_id = ANY ($1::uuid[])
        """,
        list(account_ids),
    )
    return {str(row["account_id"]): row["name"] for row in rows if row["name"]}


async def colleagues(db: Connection, organisation_id: UUID, account_ids: Collection[UUID]) -> dict[str, str]:
    """The names of those of them who belong to the organisation, by account id as text."""
    rows = await db.fetch(
        """
        SELECT account_id, concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')) AS name
        FROM account JOIN employee USING (account_id)
        WHERE organisation_id = $1 AND account_id = ANY ($2::uuid[]) AND employee.state <> 'requested'
        """,
        organisation_id,
        list(account_ids),
    )
    return {str(row["account_id"]): row["name"] for row in rows if row["name"]}


async def organisation_names(db: Connection, organisation_ids: Collection[UUID]) -> dict[str, str]:
    """By id as text."""
    rows = await db.fetch(
        "SELECT organisation_id, name FROM organisation WHERE organisation_id = ANY ($1::uuid[])",
        list(organisation_ids),
    )
    return {str(row["organisation_id"]): row["name"] for row in rows}


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


async def registered_tools(db: Connection, organisation_id: UUID) -> list[str]:
    """Ids, each once."""
    rows = await db.fetch(
        "SELECT DISTINCT tool_id FROM registration WHERE organisation_id = $1 ORDER BY tool_id", organisation_id
    )
    return [row["tool_id"] for row in rows]
