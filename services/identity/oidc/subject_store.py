"""Whom the tools of a sector know by a `sub` of their own, one statement a function."""

from collections.abc import Collection, Mapping
from uuid import UUID

from shared.db import Connection


async def remember_subject(db: Connection, sector: str, subject: UUID, account_id: UUID) -> None:
    await db.execute(
        """
        INSERT INTO pairwise_subject (sector, subject, account_id) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT pairwise_subject_pk DO NOTHING
        """,
        sector,
        subject,
        account_id,
    )


async def remember_subjects(db: Connection, sector: str, subjects: Mapping[UUID, UUID]) -> None:
    """subjects: by account. Those of accounts that are gone are nobody's."""
    await db.execute(
        """
        INSERT INTO pairwise_subject (sector, subject, account_id)
        SELECT $1, s.subject, s.account_id FROM unnest($2::uuid[], $3::uuid[]) AS s (subject, account_id)
        JOIN account a ON a.id = s.account_id ORDER BY s.subject
        ON CONFLICT ON CONSTRAINT pairwise_subject_pk DO NOTHING
        """,
        sector,
        list(subjects.values()),
        list(subjects),
    )


async def accounts_of(db: Connection, sector: str, subjects: Collection[UUID]) -> dict[UUID, UUID]:
    """By subject; without those that no tool of the sector was ever told of, or whose account is gone."""
    rows = await db.fetch(
        "SELECT subject, account_id FROM pairwise_subject WHERE sector = $1 AND subject = ANY ($2::uuid[])",
        sector,
        list(subjects),
    )
    return {row["subject"]: row["account_id"] for row in rows}
