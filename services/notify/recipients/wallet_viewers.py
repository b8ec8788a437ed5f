"""Whom managers let see a wallet, one statement a function. Who is blocked or leaves is announced as dismissed."""

from uuid import UUID

from shared.db import Connection


async def add_viewer(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute(
        """
        INSERT INTO wallet_viewer (organisation_id, account_id) VALUES ($1, $2)
        ON CONFLICT ON CONSTRAINT wallet_viewer_pk DO NOTHING
        """,
        organisation_id,
        account_id,
    )


async def drop_viewer(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute(
        "DELETE FROM wallet_viewer WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id
    )


async def drop_person(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM wallet_viewer WHERE account_id = $1", account_id)


async def viewers_of(db: Connection, organisation_id: UUID) -> list[UUID]:
    rows = await db.fetch("SELECT account_id FROM wallet_viewer WHERE organisation_id = $1", organisation_id)
    return [row["account_id"] for row in rows]
