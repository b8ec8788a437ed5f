"""The writes about registrations and who has access by them: one statement a function, or a few, that may be repeated without harm."""

from collections.abc import Sequence
from uuid import UUID

from shared.db import Connection


async def save_registration(
    db: Connection, registration_id: UUID, organisation_id: UUID, tool_id: str, usage_mode: str, terms_version: str
) -> None:
    await db.execute(
        """
        INSERT INTO registration (registration_id, organisation_id, tool_id, usage_mode, terms_version)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (registration_id) DO NOTHING
        """,
        registration_id,
        organisation_id,
        tool_id,
        usage_mode,
        terms_version,
    )


async def set_terms(db: Connection, registration_id: UUID, terms_version: str) -> None:
    await db.execute(
        "UPDATE registration SET terms_version = $2 WHERE registration_id = $1", registration_id, terms_version
    )


async def set_suspended(db: Connection, registration_id: UUID, reason: str | None) -> None:
    """reason: None where it resumed."""
    await db.execute(
        "UPDATE registration SET is_suspended = $2::text IS NOT NULL, suspended_reason = $2 WHERE registration_id = $1",
        registration_id,
        reason,
    )
    await db.execute(
        "UPDATE access SET is_suspended = $2::text IS NOT NULL, suspended_reason = $2 WHERE registration_id = $1",
        registration_id,
        reason,
    )


async def remove_registration(db: Connection, registration_id: UUID) -> None:
    for table in ("access", "role_request", "tool_manager", "registration"):
        await db.execute(f"DELETE FROM {table} WHERE registration_id = $1", registration_id)  # noqa: S608 - of the line above


async def add_tool_manager(db: Connection, registration_id: UUID, account_id: UUID) -> None:
    await db.execute(
        "INSERT INTO tool_manager (registration_id, account_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        registration_id,
        account_id,
    )
    await _set_tool_manager(db, registration_id, account_id, True)


async def remove_tool_manager(db: Connection, registration_id: UUID, account_id: UUID) -> None:
    await db.execute(
        "DELETE FROM tool_manager WHERE registration_id = $1 AND account_id = $2", registration_id, account_id
    )
    await _set_tool_manager(db, registration_id, account_id, False)


async def _set_tool_manager(db: Connection, registration_id: UUID, account_id: UUID, is_tool_manager: bool) -> None:
    await db.execute(
        "UPDATE access SET is_tool_manager = $3 WHERE registration_id = $1 AND account_id = $2",
        registration_id,
        account_id,
        is_tool_manager,
    )


async def save_role_request(db: Connection, registration_id: UUID, account_id: UUID, role: str) -> None:
    """For a registration that is not known (any more) there is nothing to wait for."""
    await db.execute(
        """
        INSERT INTO role_request (account_id, registration_id, organisation_id, tool_id, role)
        SELECT $2, registration_id, organisation_id, tool_id, $3 FROM registration WHERE registration_id = $1
        ON CONFLICT (account_id, registration_id) DO UPDATE SET role = excluded.role
        """,
        registration_id,
        account_id,
        role,
    )


async def remove_role_request(db: Connection, registration_id: UUID, account_id: UUID) -> None:
    await db.execute(
        "DELETE FROM role_request WHERE registration_id = $1 AND account_id = $2", registration_id, account_id
    )


async def save_access(db: Connection, registration_id: UUID, account_id: UUID, role: str, *, is_usable: bool) -> None:
    """What the card repeats of others comes from their rows; the events of one organisation arrive in order."""
    await db.execute(
        """
        INSERT INTO access (account_id, registration_id, organisation_id, tool_id, usage_mode, role, is_usable,
                            organisation_name, enterprise_number, organisation_logo, employee_state, is_manager,
                            is_tool_manager, is_suspended, suspended_reason)
        SELECT $2, registration_id, organisation_id, tool_id, usage_mode, $3, $4,
               organisation.name, enterprise_number, organisation.logo, employee.state, is_manager,
               EXISTS (SELECT FROM tool_manager AS m WHERE m.registration_id = $1 AND m.account_id = $2),
               is_suspended, suspended_reason
        FROM registration
        JOIN organisation USING (organisation_id)
        JOIN employee USING (organisation_id)
        WHERE registration_id = $1 AND employee.account_id = $2
        ON CONFLICT (account_id, registration_id) DO UPDATE
        SET role = excluded.role, is_usable = excluded.is_usable, missing = '[]'
        """,
        registration_id,
        account_id,
        role,
        is_usable,
    )


async def set_usable(
    db: Connection, registration_id: UUID, account_id: UUID, is_usable: bool, missing: Sequence[Sequence[str]] = ()
) -> None:
    """missing: any one of these lists of recognition kinds would do."""
    await db.execute(
        "UPDATE access SET is_usable = $3, missing = $4 WHERE registration_id = $1 AND account_id = $2",
        registration_id,
        account_id,
        is_usable,
        missing,
    )


async def remove_access(db: Connection, registration_id: UUID, account_id: UUID) -> None:
    await db.execute("DELETE FROM access WHERE registration_id = $1 AND account_id = $2", registration_id, account_id)
