"""Which organisation uses which tool, and who in it, one statement a function. What changes something only executes."""

from uuid import UUID

from shared.db import Connection


async def upsert_tool(
    db: Connection, tool_id: str, names: dict[str, str], support_email: str, needs: dict[str, list[str]]
) -> None:
    await db.execute(
        """
        INSERT INTO webhook_tool (tool_id, names, support_email, needs) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT webhook_tool_pk DO UPDATE
        SET names = excluded.names, support_email = excluded.support_email, needs = excluded.needs
        """,
        tool_id,
        names,
        support_email,
        needs,
    )


async def add_organisation(db: Connection, organisation_id: UUID, name: str, enterprise_number: str) -> None:
    await db.execute(
        """
        INSERT INTO webhook_organisation (organisation_id, name, enterprise_number) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT webhook_organisation_pk DO NOTHING
        """,
        organisation_id,
        name,
        enterprise_number,
    )


async def add_registration(
    db: Connection, registration_id: UUID, organisation_id: UUID, tool_id: str, usage_mode: str
) -> None:
    await db.execute(
        """
        INSERT INTO webhook_registration (registration_id, organisation_id, tool_id, usage_mode) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT webhook_registration_pk DO NOTHING
        """,
        registration_id,
        organisation_id,
        tool_id,
        usage_mode,
    )


async def end_registration(db: Connection, registration_id: UUID) -> None:
    await db.execute(
        """
        WITH accesses AS (DELETE FROM webhook_access WHERE registration_id = $1)
        UPDATE webhook_registration SET is_ended = true WHERE registration_id = $1
        """,
        registration_id,
    )


async def set_access(db: Connection, registration_id: UUID, account_id: UUID, role: str, *, is_usable: bool) -> None:
    await db.execute(
        """
        INSERT INTO webhook_access (registration_id, account_id, role, is_usable) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT webhook_access_pk DO UPDATE SET is_usable = excluded.is_usable
        """,
        registration_id,
        account_id,
        role,
        is_usable,
    )


async def drop_access(db: Connection, registration_id: UUID, account_id: UUID, role: str) -> None:
    await db.execute(
        "DELETE FROM webhook_access WHERE registration_id = $1 AND account_id = $2 AND role = $3",
        registration_id,
        account_id,
        role,
    )


async def drop_person(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM webhook_access WHERE account_id = $1", account_id)


async def contact_of(db: Connection, tool_id: str) -> tuple[dict[str, str], str]:
    """The tool's names by language, and its support address; empty while nothing is known of it."""
    row = await db.fetchrow("SELECT names, support_email FROM webhook_tool WHERE tool_id = $1", tool_id)
    return (row["names"], row["support_email"]) if row else ({}, "")
