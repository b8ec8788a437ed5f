"""The pictures of organisations, one statement a function."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.organisation.pictures.rules import Kind
from shared.db import Connection


async def picture_names(db: Connection, organisation_id: UUID) -> Mapping[Kind, UUID]:
    rows = await db.fetch("SELECT kind, name FROM organisation_picture WHERE organisation_id = $1", organisation_id)
    return {row["kind"]: row["name"] for row in rows}


async def find_logo(db: Connection, organisation_id: UUID) -> UUID | None:
    return (await picture_names(db, organisation_id)).get("logo")


async def find_picture(db: Connection, organisation_id: UUID, name: UUID) -> bytes | None:
    return await db.fetchval(
        "SELECT body FROM organisation_picture WHERE organisation_id = $1 AND name = $2 LIMIT 1", organisation_id, name
    )


async def save_picture(
    db: Connection, organisation_id: UUID, kind: Kind, name: UUID, body: bytes, *, now: datetime
) -> None:
    await db.execute(
        """
        INSERT INTO organisation_picture (organisation_id, kind, name, body, changed_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT organisation_picture_pk DO UPDATE
        SET name = excluded.name, body = excluded.body, changed_at = excluded.changed_at
        """,
        organisation_id,
        kind,
        name,
        body,
        now,
    )


async def delete_picture(db: Connection, organisation_id: UUID, kind: Kind) -> bool:
    status = await db.execute(
        "DELETE FROM organisation_picture WHERE organisation_id = $1 AND kind = $2", organisation_id, kind
    )
    return status == "DELETE 1"
