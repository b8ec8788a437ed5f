"""What whoever accepts an invitation can use at once, one statement a function."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class FirstAccess:
    invitation_id: UUID
    registration_id: UUID
    tool_id: str
    usage_mode: str
    role: str


async def insert_access(db: Connection, invitation_id: UUID, wanted: Mapping[UUID, str]) -> None:
    """wanted: the role by registration, of the invitation's organisation."""
    await db.execute(
        """
        INSERT INTO invitation_access (invitation_id, registration_id, role)
        SELECT $1, registration_id, role FROM unnest($2::uuid[], $3::text[]) AS w (registration_id, role)
        """,
        invitation_id,
        list(wanted),
        list(wanted.values()),
    )


async def access_of(db: Connection, invitation_ids: Collection[UUID]) -> Sequence[FirstAccess]:
    """In registrations that have not ended meanwhile."""
    rows = await db.fetch(
        """
        SELECT a.invitation_id, a.registration_id, r.tool_id, r.usage_mode, a.role
        FROM invitation_access a JOIN registration r ON r.id = a.registration_id
        WHERE a.invitation_id = ANY ($1::uuid[]) ORDER BY a.invitation_id, r.tool_id, r.usage_mode
        """,
        list(invitation_ids),
    )
    return [FirstAccess(**row) for row in rows]
