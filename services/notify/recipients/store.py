"""People, organisations and tools as far as mails need them, one statement a function."""

from collections.abc import Collection
from uuid import UUID

from services.notify.recipients import concerned, wallet_viewers
from services.notify.recipients.rules import Recipient, ToolNames
from shared.db import Connection


async def upsert_recipient(
    db: Connection,
    account_id: UUID,
    *,
    version: int,
    first_name: str | None = None,
    last_name: str | None = None,
    email: str | None = None,
    language: str | None = None,
) -> None:
    """Take over what is given and keep the rest. Older news, and news about someone who was erased, change nothing."""
    await db.execute(
        """
        INSERT INTO recipient AS known (account_id, version, first_name, last_name, email, language)
        VALUES ($1, $2, coalesce($3, ''), coalesce($4, ''), coalesce($5, ''), coalesce($6, 'fr'))
        ON CONFLICT ON CONSTRAINT recipient_pk DO UPDATE SET
            version = excluded.version,
            first_name = coalesce($3, known.first_name),
            last_name = coalesce($4, known.last_name),
            email = coalesce($5, known.email),
            language = coalesce($6, known.language)
        WHERE known.version <= excluded.version AND NOT known.is_erased AND NOT known.is_leaving
        """,
        account_id,
        version,
        first_name,
        last_name,
        email,
        language,
    )


async def erase_recipient(db: Connection, account_id: UUID) -> None:
    await db.execute(
        """
        INSERT INTO recipient (account_id, is_erased) VALUES ($1, true)
        ON CONFLICT ON CONSTRAINT recipient_pk DO UPDATE
        SET first_name = '', last_name = '', email = '', is_erased = true, is_leaving = false, undeliverable_since = NULL
        """,
        account_id,
    )


async def first_hears_of_recognitions(db: Connection, account_id: UUID) -> bool:
    """True at the first call for a person, False ever after."""
    row = await db.fetchval(
        """
        INSERT INTO recipient AS known (account_id, has_heard_of_recognitions) VALUES ($1, true)
        ON CONFLICT ON CONSTRAINT recipient_pk DO UPDATE SET has_heard_of_recognitions = true
        WHERE NOT known.has_heard_of_recognitions
        RETURNING account_id
        """,
        account_id,
    )
    return row is not None


async def find_recipients(db: Connection, account_ids: Collection[UUID]) -> dict[UUID, Recipient]:
    rows = await db.fetch(
        """
        SELECT account_id, first_name, last_name, email, language, is_erased,
               undeliverable_since IS NOT NULL AS is_undeliverable
        FROM recipient
        WHERE account_id = ANY ($1::uuid[])
        """,
        list(account_ids),
    )
    return {row["account_id"]: Recipient(**row) for row in rows}


async def upsert_organisation(db: Connection, organisation_id: UUID, name: str) -> None:
    await db.execute(
        """
        INSERT INTO organisation (organisation_id, name) VALUES ($1, $2)
        ON CONFLICT ON CONSTRAINT organisation_pk DO UPDATE SET name = excluded.name
        """,
        organisation_id,
        name,
    )


async def organisation_names(db: Connection, organisation_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await db.fetch(
        "SELECT organisation_id, name FROM organisation WHERE organisation_id = ANY ($1::uuid[])",
        list(organisation_ids),
    )
    return {row["organisation_id"]: row["name"] for row in rows}


async def add_manager(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute(
        "INSERT INTO manager (organisation_id, account_id) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT manager_pk DO NOTHING",
        organisation_id,
        account_id,
    )


async def drop_manager(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute("DELETE FROM manager WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id)


async def drop_person(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM manager WHERE account_id = $1", account_id)
    await concerned.drop_person(db, account_id)
    await wallet_viewers.drop_person(db, account_id)


async def managers_of(db: Connection, organisation_id: UUID) -> list[UUID]:
    rows = await db.fetch(
        "SELECT account_id FROM manager WHERE organisation_id = $1 AND NOT is_blocked ORDER BY account_id",
        organisation_id,
    )
    return [row["account_id"] for row in rows]


async def upsert_tool(
    db: Connection, tool_id: str, names: dict[str, str], roles: dict[str, dict[str, dict[str, str]]]
) -> None:
    """roles: their names by usage mode, role and language."""
    await db.execute(
        """
        INSERT INTO tool (tool_id, names, roles) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT tool_pk DO UPDATE SET names = excluded.names, roles = excluded.roles
        """,
        tool_id,
        names,
        roles,
    )


async def tool_names(db: Connection, tool_ids: Collection[str]) -> dict[str, ToolNames]:
    rows = await db.fetch("SELECT tool_id, names, roles FROM tool WHERE tool_id = ANY ($1::text[])", list(tool_ids))
    return {row["tool_id"]: ToolNames(row["names"], row["roles"]) for row in rows}


async def drop_membership(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    """Someone who no longer belongs there hears nothing more about it."""
    await drop_manager(db, organisation_id, account_id)
    await concerned.drop_membership(db, organisation_id, account_id)


async def set_blocked(db: Connection, organisation_id: UUID, account_id: UUID, *, is_blocked: bool) -> None:
    await db.execute(
        "UPDATE manager SET is_blocked = $3 WHERE organisation_id = $1 AND account_id = $2",
        organisation_id,
        account_id,
        is_blocked,
    )
    await concerned.set_blocked(db, organisation_id, account_id, is_blocked=is_blocked)
