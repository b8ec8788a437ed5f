"""The files of registries: what was read, and what they say; one statement a function."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.recognition.connectors.files.rules import BadLine
from services.recognition.rules import Entry
from shared.db import Connection

StagedRow = tuple[str, bytes, str, str | None, date | None, date | None, bool, int]
_COLUMNS = ("registry", "number_hash", "kind", "number", "valid_from", "valid_until", "is_removed", "line")


@dataclass(frozen=True)
class FileRecord:
    """A file that was read, and what became of it. changed, removed: rows that say something else than before, or nothing any more."""

    id: UUID
    registry: str
    name: str
    sha256: bytes
    state: str
    why: str | None
    as_of: date | None
    lines: int
    bad: int
    changed: int
    removed: int
    read_at: datetime


async def clear_staged(db: Connection, registry: str) -> None:
    await db.execute("DELETE FROM registry_row_staged WHERE registry = $1", registry)


async def stage(db: Connection, rows: Sequence[StagedRow]) -> None:
    await db.copy_records_to_table("registry_row_staged", records=rows, columns=_COLUMNS)


async def analyse_staged(db: Connection) -> None:
    """Have the planner know how much there is, before it is compared with what was."""
    await db.execute("ANALYZE registry_row_staged")


async def count_staged(db: Connection, registry: str) -> int:
    """People and kinds, however often the file says them."""
    return await db.fetchval(
        "SELECT count(*) FROM (SELECT DISTINCT number_hash, kind FROM registry_row_staged WHERE registry = $1) AS s",
        registry,
    )


async def count_rows(db: Connection, registry: str) -> int:
    return await db.fetchval("SELECT count(*) FROM registry_row WHERE registry = $1 AND NOT is_removed", registry)


async def apply_staged(db: Connection, registry: str, *, last_wins: bool) -> int:
    """Take over what is different, and return how many rows that were. Of several lines about one thing the last counts, or else the
    one that lasts longest.
    """
    status = await db.execute(
        """
        INSERT INTO registry_row AS r (registry, number_hash, kind, number, valid_from, valid_until, is_removed, position)
        SELECT registry, number_hash, kind, number, valid_from, valid_until, is_removed, nextval('registry_row_positions')
        FROM (
            SELECT DISTINCT ON (number_hash, kind) * FROM registry_row_staged WHERE registry = $1
            ORDER BY number_hash, kind, CASE WHEN $2 THEN NULL ELSE coalesce(valid_until, 'infinity') END DESC, line DESC
        ) AS s
        ON CONFLICT ON CONSTRAINT registry_row_pk DO UPDATE
        SET number = excluded.number, valid_from = excluded.valid_from, valid_until = excluded.valid_until,
            is_removed = excluded.is_removed, position = excluded.position
        WHERE (r.number, r.valid_from, r.valid_until, r.is_removed)
            IS DISTINCT FROM (excluded.number, excluded.valid_from, excluded.valid_until, excluded.is_removed)
        """,
        registry,
        last_wins,
    )
    return int(status.rpartition(" ")[2])


async def remove_unstaged(db: Connection, registry: str) -> int:
    """What a whole file no longer says, and how many rows that were."""
    status = await db.execute(
        """
        UPDATE registry_row AS r SET is_removed = true, position = nextval('registry_row_positions')
        WHERE registry = $1 AND NOT is_removed AND NOT EXISTS (
            SELECT FROM registry_row_staged s
            WHERE s.registry = $1 AND s.number_hash = r.number_hash AND s.kind = r.kind
        )
        """,
        registry,
    )
    return int(status.rpartition(" ")[2])


async def forget_read_removals(db: Connection, registry: str) -> None:
    """Rows that are no more, once everybody concerned has been asked about."""
    await db.execute(
        """
        DELETE FROM registry_row WHERE registry = $1 AND is_removed
            AND position <= (SELECT nullif(cursor, '')::bigint FROM feed WHERE registry = $1)
        """,
        registry,
    )


async def insert_file(db: Connection, file: FileRecord, faults: Sequence[BadLine]) -> None:
    await db.execute(
        """
        INSERT INTO registry_file (id, registry, name, sha256, state, why, as_of, lines, bad, changed, removed, read_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        file.id,
        file.registry,
        file.name,
        file.sha256,
        file.state,
        file.why,
        file.as_of,
        file.lines,
        file.bad,
        file.changed,
        file.removed,
        file.read_at,
    )
    await db.execute(
        "INSERT INTO registry_file_fault (file_id, line, why) SELECT $1, line, why FROM unnest($2::integer[], $3::text[]) AS f (line, why)",
        file.id,
        [fault.line for fault in faults],
        [fault.why for fault in faults],
    )


async def latest_files(db: Connection, registries: Collection[str], *, limit: int) -> list[FileRecord]:
    """The newest of each registry, newest first."""
    rows = await db.fetch(
        """
        SELECT id, f.registry, name, sha256, state, why, as_of, lines, bad, changed, removed, read_at
        FROM unnest($1::text[]) AS r (registry), LATERAL (
            SELECT * FROM registry_file WHERE registry = r.registry ORDER BY id DESC LIMIT $2
        ) AS f
        ORDER BY f.registry, id DESC
        """,
        list(registries),
        limit,
    )
    return [FileRecord(**dict(row)) for row in rows]


async def latest_of_name(db: Connection, registry: str, name: str) -> FileRecord | None:
    row = await db.fetchrow(
        """
        SELECT id, registry, name, sha256, state, why, as_of, lines, bad, changed, removed, read_at
        FROM registry_file WHERE registry = $1 AND name = $2 ORDER BY id DESC LIMIT 1
        """,
        registry,
        name,
    )
    return FileRecord(**dict(row)) if row else None


async def is_ready(db: Connection, registry: str) -> bool:
    """Whether a file was ever taken over."""
    return await db.fetchval(
        "SELECT EXISTS (SELECT FROM registry_file WHERE registry = $1 AND state = 'applied')", registry
    )


async def entries_of(db: Connection, registry: str, number_hash: bytes) -> list[Entry]:
    rows = await db.fetch(
        """
        SELECT kind, number, valid_from, valid_until FROM registry_row
        WHERE registry = $1 AND number_hash = $2 AND NOT is_removed ORDER BY kind
        """,
        registry,
        number_hash,
    )
    return [Entry(row["kind"], row["number"], row["valid_from"], row["valid_until"]) for row in rows]


async def changed_after(db: Connection, registry: str, position: int, *, limit: int) -> list[tuple[bytes, int]]:
    rows = await db.fetch(
        """
        SELECT number_hash, position FROM registry_row WHERE registry = $1 AND position > $2 ORDER BY position LIMIT $3
        """,
        registry,
        position,
        limit,
    )
    return [(row["number_hash"], row["position"]) for row in rows]


async def faults_of(db: Connection, file_id: UUID) -> list[BadLine]:
    rows = await db.fetch("SELECT line, why FROM registry_file_fault WHERE file_id = $1 ORDER BY line", file_id)
    return [BadLine(row["line"], row["why"]) for row in rows]


async def prune_files(db: Connection, registry: str, *, keep: int) -> None:
    """What became of files long ago; the last of each name stays, by which it is known again."""
    await db.execute(
        """
        DELETE FROM registry_file AS f WHERE registry = $1
            AND id <= (SELECT id FROM registry_file WHERE registry = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)
            AND EXISTS (SELECT FROM registry_file AS later
                        WHERE later.registry = $1 AND later.name = f.name AND later.id > f.id)
        """,
        registry,
        keep,
    )
