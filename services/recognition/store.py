"""People, what registries were asked about them, and what they hold; one statement a function."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.recognition.rules import Entry
from shared.db import Connection
from shared.sealed import Sealed


@dataclass(frozen=True)
class Subject:
    """national_number: None for someone whose card was unlinked."""

    account_id: UUID
    national_number: Sealed | None
    has_hash: bool


@dataclass(frozen=True)
class Recognition:
    registry: str
    entry: Entry
    state: str
    fetched_at: datetime


@dataclass(frozen=True)
class Ended:
    account_id: UUID
    registry: str
    kind: str


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


async def hand_over_subject(db: Connection, merged: UUID, into: UUID) -> bool:
    """With the number, still sealed for whom it was sealed, and what they hold. False where nothing was known, or no card linked."""
    status = await db.execute(
        """
        INSERT INTO subject AS s (account_id, national_number, number_hash, linked_at, number_at)
        SELECT $2, national_number, number_hash, linked_at, number_at FROM subject
        WHERE account_id = $1 AND national_number IS NOT NULL
        ON CONFLICT ON CONSTRAINT subject_pk DO UPDATE
        SET national_number = excluded.national_number, number_hash = excluded.number_hash,
            linked_at = excluded.linked_at, number_at = excluded.number_at
        WHERE s.national_number IS NULL
        """,
        merged,
        into,
    )
    await db.execute(
        """
        INSERT INTO recognition (account_id, registry, kind, number, valid_from, valid_until, state, fetched_at)
        SELECT $2, registry, kind, number, valid_from, valid_until, state, fetched_at FROM recognition
        WHERE account_id = $1 AND EXISTS (SELECT FROM subject WHERE account_id = $2)
        ON CONFLICT ON CONSTRAINT recognition_pk DO NOTHING
        """,
        merged,
        into,
    )
    await delete_subject(db, merged)
    return status == "INSERT 0 1"


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


async def recognitions_of(db: Connection, account_id: UUID) -> list[Recognition]:
    rows = await db.fetch(
        """
        SELECT registry, kind, number, valid_from, valid_until, state, fetched_at
        FROM recognition WHERE account_id = $1 ORDER BY kind, registry
        """,
        account_id,
    )
    return [
        Recognition(
            row["registry"],
            Entry(row["kind"], row["number"], row["valid_from"], row["valid_until"]),
            row["state"],
            row["fetched_at"],
        )
        for row in rows
    ]


async def save_valid(
    db: Connection, account_id: UUID, registry: str, entries: Sequence[Entry], *, now: datetime
) -> None:
    await db.execute(
        """
        INSERT INTO recognition (account_id, registry, kind, number, valid_from, valid_until, state, fetched_at)
        SELECT $1, $2, kind, number, valid_from, valid_until, 'valid', $7
        FROM unnest($3::text[], $4::text[], $5::date[], $6::date[]) AS e (kind, number, valid_from, valid_until)
        ON CONFLICT ON CONSTRAINT recognition_pk DO UPDATE
        SET number = excluded.number, valid_from = excluded.valid_from, valid_until = excluded.valid_until,
            state = 'valid', fetched_at = excluded.fetched_at
        """,
        account_id,
        registry,
        [entry.kind for entry in entries],
        [entry.number for entry in entries],
        [entry.valid_from for entry in entries],
        [entry.valid_until for entry in entries],
        now,
    )


async def lapse(db: Connection, account_id: UUID, registry: str, kinds: Collection[str], *, now: datetime) -> None:
    await db.execute(
        """
        UPDATE recognition SET state = 'lapsed', fetched_at = $4
        WHERE account_id = $1 AND registry = $2 AND kind = ANY ($3::text[])
        """,
        account_id,
        registry,
        list(kinds),
        now,
    )


async def delete_recognitions(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM recognition WHERE account_id = $1", account_id)


async def lock_subjects_with_ended(db: Connection, *, today: date, limit: int) -> list[UUID]:
    """Whose recognitions ended by their date; someone who is being changed elsewhere gets their turn the next time."""
    rows = await db.fetch(
        """
        SELECT account_id FROM subject WHERE account_id IN (
            SELECT account_id FROM recognition WHERE state = 'valid' AND valid_until < $1
        )
        ORDER BY account_id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
        """,
        today,
        limit,
    )
    return [row["account_id"] for row in rows]


async def lapse_ended(db: Connection, account_ids: Collection[UUID], *, today: date) -> list[Ended]:
    rows = await db.fetch(
        """
        UPDATE recognition SET state = 'lapsed'
        WHERE account_id = ANY ($1::uuid[]) AND state = 'valid' AND valid_until < $2
        RETURNING account_id, registry, kind
        """,
        list(account_ids),
        today,
    )
    return [Ended(row["account_id"], row["registry"], row["kind"]) for row in rows]


def _subject(row: Any) -> Subject:
    number = row["national_number"]
    return Subject(row["account_id"], Sealed(number) if number else None, row["has_hash"])
