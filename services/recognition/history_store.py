"""What ever changed in what people hold; one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.recognition.rules import Entry
from shared.db import Connection

What = Literal["granted", "changed", "in-grace", "lapsed"]
Why = Literal[
    "answer", "ended", "withdrawn", "grace", "card-unlinked", "number-let-go", "recorded-by-support", "withdrawn-by-support"
]  # fmt: skip


@dataclass(frozen=True)
class Changed:
    """One thing that changed. source: a registry, or SUPPORT. entry: as it was after the change, or before what ended it."""

    account_id: UUID
    source: str
    entry: Entry
    change: What
    why: Why
    evidence_id: UUID | None = None


@dataclass(frozen=True)
class Line:
    """A line of somebody's history, as it is read. statement, file_name: of the evidence, where there was some."""

    id: int
    at: datetime
    kind: str
    source: str
    change: str
    why: str
    number: str | None
    valid_from: date | None
    valid_until: date | None
    evidence_id: UUID | None
    statement: str | None
    file_name: str | None


async def insert_changes(db: Connection, changes: Sequence[Changed], *, now: datetime) -> None:
    if not changes:
        return
    await db.execute(
        """
        INSERT INTO recognition_change (account_id, at, kind, source, change, why, number, valid_from, valid_until, evidence_id)
        SELECT account_id, $10, kind, source, change, why, number, valid_from, valid_until, evidence_id
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::date[], $8::date[], $9::uuid[])
            AS c (account_id, kind, source, change, why, number, valid_from, valid_until, evidence_id)
        """,
        [one.account_id for one in changes],
        [one.entry.kind for one in changes],
        [one.source for one in changes],
        [one.change for one in changes],
        [one.why for one in changes],
        [one.entry.number for one in changes],
        [one.entry.valid_from for one in changes],
        [one.entry.valid_until for one in changes],
        [one.evidence_id for one in changes],
        now,
    )


async def lines_of(db: Connection, account_id: UUID, *, before: int | None, limit: int) -> list[Line]:
    """Newest first. before: the id of the last line that was read."""
    rows = await db.fetch(
        """
        SELECT c.id, c.at, c.kind, c.source, c.change, c.why, c.number, c.valid_from, c.valid_until, c.evidence_id,
               e.statement, e.file_name
        FROM recognition_change c LEFT JOIN evidence e ON e.id = c.evidence_id
        WHERE c.account_id = $1 AND ($2::bigint IS NULL OR c.id < $2) ORDER BY c.id DESC LIMIT $3
        """,
        account_id,
        before,
        limit,
    )
    return [Line(**dict(row)) for row in rows]
