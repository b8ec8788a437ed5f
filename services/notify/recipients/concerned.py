"""Whom a registration concerns besides the managers, one statement a function."""

from uuid import UUID

from shared.db import Connection


async def add_access(db: Connection, registration_id: UUID, account_id: UUID, organisation_id: UUID) -> None:
    await db.execute(
        """
        INSERT INTO access (registration_id, account_id, organisation_id) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT access_pk DO NOTHING
        """,
        registration_id,
        account_id,
        organisation_id,
    )


async def drop_access(db: Connection, registration_id: UUID, account_id: UUID) -> None:
    await db.execute("DELETE FROM access WHERE registration_id = $1 AND account_id = $2", registration_id, account_id)


async def add_tool_manager(db: Connection, registration_id: UUID, account_id: UUID, organisation_id: UUID) -> None:
    await db.execute(
        """
        INSERT INTO tool_manager (registration_id, account_id, organisation_id) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT tool_manager_pk DO NOTHING
        """,
        registration_id,
        account_id,
        organisation_id,
    )


async def drop_tool_manager(db: Connection, registration_id: UUID, account_id: UUID) -> None:
    await db.execute(
        "DELETE FROM tool_manager WHERE registration_id = $1 AND account_id = $2", registration_id, account_id
    )


async def set_mandate(db: Connection, registration_id: UUID, account_id: UUID, organisation_id: UUID) -> None:
    await db.execute(
        """
        INSERT INTO mandate (registration_id, account_id, organisation_id) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT mandate_pk DO UPDATE SET account_id = excluded.account_id, is_blocked = false
        """,
        registration_id,
        account_id,
        organisation_id,
    )


async def drop_registration(db: Connection, registration_id: UUID) -> None:
    await db.execute("DELETE FROM mandate WHERE registration_id = $1", registration_id)
    await db.execute("DELETE FROM tool_manager WHERE registration_id = $1", registration_id)
    await db.execute("DELETE FROM access WHERE registration_id = $1", registration_id)


async def drop_membership(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute("DELETE FROM mandate WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id)
    await db.execute(
        "DELETE FROM tool_manager WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id
    )
    await db.execute("DELETE FROM access WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id)


async def drop_person(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM mandate WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM tool_manager WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM access WHERE account_id = $1", account_id)


async def set_blocked(db: Connection, organisation_id: UUID, account_id: UUID, *, is_blocked: bool) -> None:
    """Who is blocked manages no tool: that is announced by itself."""
    await db.execute(
        """
        WITH mandates AS (UPDATE mandate SET is_blocked = $3 WHERE organisation_id = $1 AND account_id = $2)
        UPDATE access SET is_blocked = $3 WHERE organisation_id = $1 AND account_id = $2
        """,
        organisation_id,
        account_id,
        is_blocked,
    )


async def editors_of(db: Connection, organisation_id: UUID, registration_id: UUID) -> list[UUID]:
    """Who may answer a request for a role."""
    rows = await db.fetch(
        """
        SELECT account_id FROM manager WHERE organisation_id = $1 AND NOT is_blocked
        UNION SELECT account_id FROM tool_manager WHERE registration_id = $2
        ORDER BY account_id
        """,
        organisation_id,
        registration_id,
    )
    return [row["account_id"] for row in rows]


async def concerned_by_registration(db: Connection, organisation_id: UUID, registration_id: UUID) -> list[UUID]:
    """The managers of the organisation, those who have access or manage it, and whose recognition it stands under."""
    rows = await db.fetch(
        """
        SELECT account_id FROM manager WHERE organisation_id = $1 AND NOT is_blocked
        UNION SELECT account_id FROM access WHERE registration_id = $2 AND NOT is_blocked
        UNION SELECT account_id FROM tool_manager WHERE registration_id = $2
        UNION SELECT account_id FROM mandate WHERE registration_id = $2 AND NOT is_blocked
        ORDER BY account_id
        """,
        organisation_id,
        registration_id,
    )
    return [row["account_id"] for row in rows]
