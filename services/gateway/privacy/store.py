"""What the read model knows of one person, one statement a function."""

from uuid import UUID

from shared.db import Connection


async def forget(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM access WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM role_request WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM tool_manager WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM wallet_viewer WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM employee WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM recognition WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM undeliverable_address WHERE account_id = $1", account_id)
    await db.execute("DELETE FROM account WHERE account_id = $1", account_id)


async def account_of(db: Connection, account_id: UUID) -> dict[str, object] | None:
    row = await db.fetchrow(
        "SELECT first_name, last_name, language, state, eid_linked FROM account WHERE account_id = $1", account_id
    )
    return dict(row) if row else None


async def qualities_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch(
        """
        SELECT organisation_name AS organisation, enterprise_number, tool_id AS tool, usage_mode, role, is_usable AS usable
        FROM access WHERE account_id = $1 ORDER BY organisation_name, tool_id
        """,
        account_id,
    )
    return [dict(row) for row in rows]


async def recognitions_of(db: Connection, account_id: UUID) -> list[dict[str, object]]:
    rows = await db.fetch("SELECT kind, valid_until FROM recognition WHERE account_id = $1 ORDER BY kind", account_id)
    return [dict(row) for row in rows]
