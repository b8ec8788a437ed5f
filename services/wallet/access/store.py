"""The copy of memberships and registrations, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Sight:
    """What an active member is to the wallet."""

    manager: bool
    viewer: bool


async def upsert_member(db: Connection, organisation_id: UUID, account_id: UUID, *, manager: bool) -> None:
    await db.execute(
        """
        INSERT INTO member (organisation_id, account_id, active, manager) VALUES ($1, $2, true, $3)
        ON CONFLICT ON CONSTRAINT member_pk DO UPDATE SET active = true, manager = excluded.manager
        """,
        organisation_id,
        account_id,
        manager,
    )


async def set_active(db: Connection, organisation_id: UUID, account_id: UUID, *, active: bool) -> None:
    await db.execute(
        "UPDATE member SET active = $3 WHERE organisation_id = $1 AND account_id = $2",
        organisation_id,
        account_id,
        active,
    )


async def set_manager(db: Connection, organisation_id: UUID, account_id: UUID, *, manager: bool) -> None:
    await db.execute(
        "UPDATE member SET manager = $3 WHERE organisation_id = $1 AND account_id = $2",
        organisation_id,
        account_id,
        manager,
    )


async def delete_member(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute("DELETE FROM member WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id)


async def find_manager_flag(db: Connection, organisation_id: UUID, account_id: UUID) -> bool | None:
    """Whether this active member is a manager; None for someone who is no active member."""
    return await db.fetchval(
        "SELECT manager FROM member WHERE organisation_id = $1 AND account_id = $2 AND active",
        organisation_id,
        account_id,
    )


async def is_member(db: Connection, organisation_id: UUID, account_id: UUID) -> bool:
    """Also while they are blocked."""
    return await db.fetchval(
        "SELECT EXISTS (SELECT FROM member WHERE organisation_id = $1 AND account_id = $2)",
        organisation_id,
        account_id,
    )


async def find_sight(db: Connection, organisation_id: UUID, account_id: UUID) -> Sight | None:
    """None for someone who is no active member."""
    row = await db.fetchrow(
        """
        SELECT m.manager, v.account_id IS NOT NULL AS viewer
        FROM member m LEFT JOIN viewer v ON v.organisation_id = m.organisation_id AND v.account_id = m.account_id
        WHERE m.organisation_id = $1 AND m.account_id = $2 AND m.active
        """,
        organisation_id,
        account_id,
    )
    return Sight(**row) if row else None


async def upsert_registration(
    db: Connection, registration_id: UUID, organisation_id: UUID, tool_id: str, *, active: bool
) -> None:
    await db.execute(
        """
        INSERT INTO registration (id, organisation_id, tool_id, active) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT registration_pk DO UPDATE SET active = excluded.active
        """,
        registration_id,
        organisation_id,
        tool_id,
        active,
    )


async def close_organisation(db: Connection, organisation_id: UUID, *, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO closed_organisation (id, closed_at) VALUES ($1, $2)
        ON CONFLICT ON CONSTRAINT closed_organisation_pk DO NOTHING
        """,
        organisation_id,
        now,
    )


async def reopen_organisation(db: Connection, organisation_id: UUID) -> None:
    await db.execute("DELETE FROM closed_organisation WHERE id = $1", organisation_id)


async def is_closed(db: Connection, organisation_id: UUID) -> bool:
    return await db.fetchval("SELECT EXISTS (SELECT FROM closed_organisation WHERE id = $1)", organisation_id)
