"""What moves from one account to the other, one statement a function."""

from dataclasses import dataclass
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Mandate:
    registration_id: UUID
    tool_id: str
    usage_mode: str
    recognition: str


async def hand_over_held(db: Connection, merged: UUID, into: UUID) -> None:
    """What one of them held the other holds, until recognition tells more."""
    await db.execute(
        """
        WITH gone AS (DELETE FROM recognition_held WHERE account_id = $1 RETURNING kind, source, valid_until)
        INSERT INTO recognition_held (account_id, kind, source, valid_until) SELECT $2, kind, source, valid_until FROM gone
        ON CONFLICT ON CONSTRAINT recognition_held_pk DO NOTHING
        """,
        merged,
        into,
    )


async def memberships_of(db: Connection, account_id: UUID) -> list[UUID]:
    rows = await db.fetch(
        "SELECT organisation_id FROM employee WHERE account_id = $1 AND NOT is_erased ORDER BY organisation_id",
        account_id,
    )
    return [row["organisation_id"] for row in rows]


async def hand_over_access(db: Connection, organisation_id: UUID, merged: UUID, into: UUID) -> list[UUID]:
    """The registrations in which `into` has a role now that it did not have before."""
    rows = await db.fetch(
        """
        INSERT INTO access (registration_id, account_id, organisation_id, tool_id, usage_mode, role, usable, granted_by, granted_at)
        SELECT registration_id, $3, organisation_id, tool_id, usage_mode, role, usable, granted_by, granted_at
        FROM access WHERE organisation_id = $1 AND account_id = $2
        ON CONFLICT ON CONSTRAINT access_pk DO NOTHING
        RETURNING registration_id
        """,
        organisation_id,
        merged,
        into,
    )
    return [row["registration_id"] for row in rows]


async def hand_over_mandates(db: Connection, organisation_id: UUID, merged: UUID, into: UUID) -> list[Mandate]:
    rows = await db.fetch(
        """
        UPDATE registration SET mandated_account_id = $3 WHERE organisation_id = $1 AND mandated_account_id = $2
        RETURNING id, tool_id, usage_mode, mandated_recognition
        """,
        organisation_id,
        merged,
        into,
    )
    return [Mandate(row["id"], row["tool_id"], row["usage_mode"], row["mandated_recognition"]) for row in rows]
