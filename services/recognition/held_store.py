"""What people hold; one statement a function."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.recognition.rules import SUPPORT, Entry
from shared.db import Connection


@dataclass(frozen=True)
class Recognition:
    """registry: or SUPPORT."""

    account_id: UUID
    registry: str
    entry: Entry
    state: str
    fetched_at: datetime
    told_days: int | None = None


async def recognitions_of(db: Connection, account_id: UUID) -> list[Recognition]:
    rows = await db.fetch(
        """
        SELECT account_id, registry, kind, number, valid_from, valid_until, grace_days, state, fetched_at, told_days
        FROM recognition WHERE account_id = $1 ORDER BY kind, registry
        """,
        account_id,
    )
    return [recognition_of(row) for row in rows]


async def save_valid(
    db: Connection,
    account_id: UUID,
    registry: str,
    entries: Sequence[Entry],
    notices: Sequence[date | None],
    *,
    now: datetime,
) -> None:
    """notices: when the holder of each entry is to be told that it ends; kept as it was while the end is the same."""
    await db.execute(
        """
        INSERT INTO recognition AS r (account_id, registry, kind, number, valid_from, valid_until, grace_days, notice_on,
                                      state, fetched_at)
        SELECT $1, $2, kind, number, valid_from, valid_until, grace_days, notice_on, 'valid', $9
        FROM unnest($3::text[], $4::text[], $5::date[], $6::date[], $7::integer[], $8::date[])
            AS e (kind, number, valid_from, valid_until, grace_days, notice_on)
        ON CONFLICT ON CONSTRAINT recognition_pk DO UPDATE
        SET number = excluded.number, valid_from = excluded.valid_from, valid_until = excluded.valid_until,
            grace_days = excluded.grace_days, state = 'valid', fetched_at = excluded.fetched_at,
            notice_on = CASE WHEN r.state = 'valid' AND r.valid_until IS NOT DISTINCT FROM excluded.valid_until
                             THEN r.notice_on ELSE excluded.notice_on END,
            told_days = CASE WHEN r.state = 'valid' AND r.valid_until IS NOT DISTINCT FROM excluded.valid_until
                             THEN r.told_days END
        """,
        account_id,
        registry,
        [entry.kind for entry in entries],
        [entry.number for entry in entries],
        [entry.valid_from for entry in entries],
        [entry.valid_until for entry in entries],
        [entry.grace_days for entry in entries],
        list(notices),
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


async def delete_fetched(db: Connection, account_id: UUID) -> None:
    """What the staff recorded stays: it was not by the card that it was found."""
    await db.execute("DELETE FROM recognition WHERE account_id = $1 AND registry <> $2", account_id, SUPPORT)


async def lock_subjects_with_ended(db: Connection, *, today: date, limit: int) -> list[UUID]:
    """Whose recognitions ended, grace included; someone who is being changed elsewhere gets their turn the next time."""
    rows = await db.fetch(
        """
        SELECT account_id FROM subject WHERE account_id IN (
            SELECT account_id FROM recognition WHERE state = 'valid' AND counts_until < $1 ORDER BY counts_until LIMIT $2
        )
        ORDER BY account_id FOR NO KEY UPDATE SKIP LOCKED
        """,
        today,
        limit,
    )
    return [row["account_id"] for row in rows]


async def lapse_ended(db: Connection, account_ids: Collection[UUID], *, today: date) -> list[Recognition]:
    rows = await db.fetch(
        """
        UPDATE recognition SET state = 'lapsed'
        WHERE account_id = ANY ($1::uuid[]) AND state = 'valid' AND counts_until < $2
        RETURNING account_id, registry, kind, number, valid_from, valid_until, grace_days, state, fetched_at, told_days
        """,
        list(account_ids),
        today,
    )
    return [recognition_of(row) for row in rows]


async def lock_subjects_with_notice(db: Connection, *, today: date, limit: int) -> list[UUID]:
    """Who is to be told that something ends; someone who is being changed elsewhere gets their turn the next time."""
    rows = await db.fetch(
        """
        SELECT account_id FROM subject WHERE account_id IN (
            SELECT account_id FROM recognition WHERE state = 'valid' AND notice_on <= $1 ORDER BY notice_on LIMIT $2
        )
        ORDER BY account_id FOR NO KEY UPDATE SKIP LOCKED
        """,
        today,
        limit,
    )
    return [row["account_id"] for row in rows]


async def due_notices(db: Connection, account_ids: Collection[UUID], *, today: date) -> list[Recognition]:
    rows = await db.fetch(
        """
        SELECT account_id, registry, kind, number, valid_from, valid_until, grace_days, state, fetched_at, told_days
        FROM recognition WHERE account_id = ANY ($1::uuid[]) AND state = 'valid' AND notice_on <= $2
        ORDER BY account_id, kind, registry
        """,
        list(account_ids),
        today,
    )
    return [recognition_of(row) for row in rows]


async def save_notice(db: Connection, one: Recognition, *, told_days: int, notice_on: date | None) -> None:
    await db.execute(
        """
        UPDATE recognition SET told_days = $4, notice_on = $5 WHERE account_id = $1 AND registry = $2 AND kind = $3
        """,
        one.account_id,
        one.registry,
        one.entry.kind,
        told_days,
        notice_on,
    )


async def counting_of(db: Connection, account_ids: Collection[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """The kind and source of all that counts, by person."""
    rows = await db.fetch(
        "SELECT account_id, kind, registry FROM recognition WHERE account_id = ANY ($1::uuid[]) AND state = 'valid'",
        list(account_ids),
    )
    found: dict[UUID, list[tuple[str, str]]] = {account_id: [] for account_id in account_ids}
    for row in rows:
        found[row["account_id"]].append((row["kind"], row["registry"]))
    return found


def recognition_of(row: Any) -> Recognition:
    entry = Entry(row["kind"], row["number"], row["valid_from"], row["valid_until"], row["grace_days"])
    return Recognition(row["account_id"], row["registry"], entry, row["state"], row["fetched_at"], row["told_days"])
