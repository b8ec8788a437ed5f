"""Which terms organisations have accepted, one statement a function."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.organisation.registrations.rules import Registration
from services.organisation.registrations.store import registrations_of
from shared.db import Connection


@dataclass(frozen=True)
class Acceptance:
    """name: of who accepted, empty where it is not known or gone."""

    version: str
    texts: dict[str, str]
    accepted_at: datetime
    name: str


async def move_to_terms(db: Connection, organisation_id: UUID, tool_id: str, version: str) -> list[Registration]:
    """Those that stood under other terms; they are returned as they are now. The organisation is locked."""
    rows = await db.fetch(
        """
        UPDATE registration SET terms_version = $3 WHERE organisation_id = $1 AND tool_id = $2 AND terms_version <> $3
        RETURNING id
        """,
        organisation_id,
        tool_id,
        version,
    )
    moved = {row["id"] for row in rows}
    return [one for one in await registrations_of(db, organisation_id) if one.id in moved]


async def add_acceptance(
    db: Connection, organisation_id: UUID, tool_id: str, version: str, *, accepted_by: UUID, now: datetime
) -> None:
    """Does nothing where somebody accepted them before."""
    await db.execute(
        """
        INSERT INTO terms_acceptance (organisation_id, tool_id, terms_version, accepted_by, accepted_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT ON CONSTRAINT terms_acceptance_pk DO NOTHING
        """,
        organisation_id,
        tool_id,
        version,
        accepted_by,
        now,
    )


async def last_acceptance(db: Connection, organisation_id: UUID, tool_id: str) -> Acceptance | None:
    row = await db.fetchrow(
        """
        SELECT a.terms_version, t.texts, a.accepted_at, coalesce(concat_ws(' ', p.first_name, p.last_name), '') AS name
        FROM terms_acceptance a
        JOIN tool_terms t ON (t.tool_id, t.version) = (a.tool_id, a.terms_version)
        LEFT JOIN person p ON p.account_id = a.accepted_by
        WHERE a.organisation_id = $1 AND a.tool_id = $2 ORDER BY a.accepted_at DESC LIMIT 1
        """,
        organisation_id,
        tool_id,
    )
    if row is None:
        return None
    return Acceptance(row["terms_version"], row["texts"], row["accepted_at"], row["name"].strip())


async def is_behind(db: Connection, organisation_id: UUID, tool_id: str, version: str) -> bool:
    """Whether a registration of the tool stands under other terms."""
    return await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM registration WHERE organisation_id = $1 AND tool_id = $2 AND terms_version <> $3)
        """,
        organisation_id,
        tool_id,
        version,
    )


async def tools_behind(db: Connection, *, today: date) -> list[str]:
    """Tools whose new terms are needed by now, and that are still open to somebody under older ones."""
    rows = await db.fetch(
        """
        SELECT t.id FROM tool t WHERE t.terms_required_from <= $1 AND EXISTS
            (SELECT FROM registration r WHERE r.tool_id = t.id AND r.terms_version <> t.terms_version AND r.state = 'active')
        """,
        today,
    )
    return [row["id"] for row in rows]
