"""People with a linked card, and how many events there were about each; one statement a function."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Connection
from shared.sealed import Sealed


@dataclass(frozen=True)
class Subject:
    """national_number: None for someone whose card was unlinked."""

    account_id: UUID
    national_number: Sealed | None
    has_hash: bool


async def link_subject(db: Connection, account_id: UUID, national_number: Sealed | None, linked_at: datetime) -> None:
    """The hash is made anew when the number is next opened. national_number: None for a card that has none."""
    await db.execute(
        """
        INSERT INTO subject (account_id, national_number, linked_at, number_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT ON CONSTRAINT subject_pk DO UPDATE
        SET national_number = excluded.national_number, number_hash = NULL, linked_at = excluded.linked_at, number_at = excluded.number_at
        """,
        account_id,
        national_number,
        linked_at,
    )


async def renew_number(db: Connection, account_id: UUID, number_at: datetime) -> bool:
    """The number that is kept may be kept longer. False where none is kept."""
    status = await db.execute(
        """
        UPDATE subject SET number_at = greatest(number_at, $2) WHERE account_id = $1 AND national_number IS NOT NULL
        """,
        account_id,
        number_at,
    )
    return status == "UPDATE 1"


async def lock_subjects_with_old_number(db: Connection, *, before: datetime, limit: int) -> list[UUID]:
    """Whose number came last before that time; someone who is being changed elsewhere gets their turn the next time."""
    rows = await db.fetch(
        """
        SELECT account_id FROM subject WHERE national_number IS NOT NULL AND number_at < $1
        ORDER BY account_id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
        """,
        before,
        limit,
    )
    return [row["account_id"] for row in rows]


async def unlink_subject(db: Connection, account_id: UUID) -> None:
    await db.execute("UPDATE subject SET national_number = NULL, number_hash = NULL WHERE account_id = $1", account_id)


async def add_subject(db: Connection, account_id: UUID) -> None:
    """Someone of whom nothing was known until now, and who linked no card."""
    await db.execute(
        "INSERT INTO subject (account_id) VALUES ($1) ON CONFLICT ON CONSTRAINT subject_pk DO NOTHING", account_id
    )


async def hand_over_subject(db: Connection, merged: UUID, into: UUID) -> bool:
    """With the number, still sealed for whom it was sealed, what they hold, and how it came to be.

    False where no number came along.
    """
    came_along: bool | None = await db.fetchval(
        """
        INSERT INTO subject AS s (account_id, national_number, number_hash, linked_at, number_at)
        SELECT $2, national_number, number_hash, linked_at, number_at FROM subject WHERE account_id = $1
        ON CONFLICT ON CONSTRAINT subject_pk DO UPDATE
        SET national_number = excluded.national_number, number_hash = excluded.number_hash,
            linked_at = excluded.linked_at, number_at = excluded.number_at
        WHERE s.national_number IS NULL AND excluded.national_number IS NOT NULL
        RETURNING national_number IS NOT NULL
        """,
        merged,
        into,
    )
    await db.execute(
        """
        INSERT INTO recognition (account_id, registry, kind, number, valid_from, valid_until, grace_days, state, fetched_at,
                                 notice_on, told_days)
        SELECT $2, registry, kind, number, valid_from, valid_until, grace_days, state, fetched_at, notice_on, told_days
        FROM recognition WHERE account_id = $1
        ON CONFLICT ON CONSTRAINT recognition_pk DO NOTHING
        """,
        merged,
        into,
    )
    await db.execute("UPDATE evidence SET account_id = $2 WHERE account_id = $1", merged, into)
    await db.execute("UPDATE recognition_change SET account_id = $2 WHERE account_id = $1", merged, into)
    await delete_subject(db, merged)
    return bool(came_along)


async def delete_subject(db: Connection, account_id: UUID) -> bool:
    """With everything about them. False when there was nothing."""
    return await db.execute("DELETE FROM subject WHERE account_id = $1", account_id) == "DELETE 1"


async def find_subject(db: Connection, account_id: UUID) -> Subject | None:
    row = await db.fetchrow(
        "SELECT account_id, national_number, number_hash IS NOT NULL AS has_hash FROM subject WHERE account_id = $1",
        account_id,
    )
    return _subject(row) if row else None


async def lock_subject(db: Connection, account_id: UUID) -> Subject | None:
    """Everything that changes what someone holds waits for this row."""
    row = await db.fetchrow(
        """
        SELECT account_id, national_number, number_hash IS NOT NULL AS has_hash
        FROM subject WHERE account_id = $1 FOR NO KEY UPDATE
        """,
        account_id,
    )
    return _subject(row) if row else None


async def save_hash(db: Connection, subject: Subject, number_hash: bytes) -> None:
    """Unless another card was linked meanwhile."""
    await db.execute(
        "UPDATE subject SET number_hash = $3 WHERE account_id = $1 AND national_number = $2",
        subject.account_id,
        subject.national_number,
        number_hash,
    )


async def raise_versions(db: Connection, events: Mapping[UUID, int]) -> dict[UUID, int]:
    """Count so many events for each person, whose row is locked, and return the versions after the last of them."""
    rows = await db.fetch(
        """
        UPDATE subject AS s SET version = s.version + n.events
        FROM unnest($1::uuid[], $2::bigint[]) AS n (account_id, events) WHERE s.account_id = n.account_id
        RETURNING s.account_id, s.version
        """,
        list(events.keys()),
        list(events.values()),
    )
    return {row["account_id"]: row["version"] for row in rows}


async def accounts_by_hash(db: Connection, hashes: Collection[bytes]) -> list[UUID]:
    rows = await db.fetch(
        "SELECT account_id FROM subject WHERE number_hash = ANY ($1::bytea[]) ORDER BY account_id", list(hashes)
    )
    return [row["account_id"] for row in rows]


def _subject(row: Any) -> Subject:
    number = row["national_number"]
    return Subject(row["account_id"], Sealed(number) if number else None, row["has_hash"])
