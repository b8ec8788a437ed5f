"""Who looked for whom, one statement a function."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db import Connection


class Counts(NamedTuple):
    by_manager: int
    by_organisation: int


async def lock_manager(db: Connection, manager_id: UUID) -> None:
    """Against the same manager who looks for people in another organisation at the same moment."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('look-up ' || $1::text, 0))", str(manager_id))


async def counts_since(db: Connection, manager_id: UUID, organisation_id: UUID, *, since: datetime) -> Counts:
    row = await db.fetchrow(
        """
        SELECT (SELECT count(*) FROM employee_lookup WHERE manager_id = $1 AND at > $3) AS by_manager,
               (SELECT count(*) FROM employee_lookup WHERE organisation_id = $2 AND at > $3) AS by_organisation
        """,
        manager_id,
        organisation_id,
        since,
    )
    return Counts(**row) if row else Counts(0, 0)


async def insert_lookup(db: Connection, organisation_id: UUID, manager_id: UUID, *, now: datetime) -> int:
    return await db.fetchval(
        "INSERT INTO employee_lookup (organisation_id, manager_id, at) VALUES ($1, $2, $3) RETURNING id",
        organisation_id,
        manager_id,
        now,
    )


async def save_found(db: Connection, lookup_id: int, account_id: UUID) -> None:
    await db.execute("UPDATE employee_lookup SET account_id = $2 WHERE id = $1", lookup_id, account_id)


async def was_found(
    db: Connection, organisation_id: UUID, manager_id: UUID, account_id: UUID, *, since: datetime
) -> bool:
    return await db.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM employee_lookup
            WHERE account_id = $3 AND manager_id = $2 AND organisation_id = $1 AND at > $4
        )
        """,
        organisation_id,
        manager_id,
        account_id,
        since,
    )


async def forget_lookups(db: Connection, account_id: UUID) -> None:
    """By whom is erased or merged, and of them."""
    await db.execute("DELETE FROM employee_lookup WHERE account_id = $1 OR manager_id = $1", account_id)


async def delete_old(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM employee_lookup WHERE at < $1", before)
