"""Numbered SQL files, applied once each, in order, by one process at a time."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg

from shared.db import Connection
from shared.ids import new_id

KIT_FOLDER = Path(__file__).parent / "migrations"
_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LOCK_KEY = 0x1AA0_0001

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    source     text        NOT NULL,
    number     integer     NOT NULL,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schema_migration_pk PRIMARY KEY (source, number)
)
"""


class MigrationRefused(Exception):
    """The files and the database contradict each other; a person must decide. The text says what and where."""


@dataclass(frozen=True)
class Migration:
    """source: "kit", or the name of the folder above `migrations`."""

    source: str
    number: int
    name: str
    sql: str
    checksum: str

    def __str__(self) -> str:
        return f"{self.source}/{self.number:04}_{self.name}"


def migrations_in(folders: Sequence[Path]) -> list[Migration]:
    """The kit's migrations, then those of each folder, in order. Raises MigrationRefused for a gap, a twin or an odd name."""
    return [migration for folder in (KIT_FOLDER, *folders) for migration in _read(folder)]


async def migrate(dsn: str, folders: Sequence[Path]) -> list[str]:
    """Create the database if it is missing and apply what is missing; return what was applied.

    Each file is one transaction. Two at once are safe: the second waits and finds nothing to do. A file that changed after it was
    applied is refused (MigrationRefused): write a new one instead.
    """
    migrations = migrations_in(folders)
    db = await _connect_or_create(dsn)
    try:
        await db.execute("SELECT pg_advisory_lock($1)", _LOCK_KEY)
        await db.execute(_CREATE_TABLE)
        missing = _missing(migrations, await _applied(db))
        for migration in missing:
            await _apply(db, migration)
        return [str(migration) for migration in missing]
    finally:
        await db.close()


async def pending(db: Connection, folders: Sequence[Path]) -> list[str]:
    """What `migrate` would apply to this database. Raises MigrationRefused as `migrate` does."""
    exists = await db.fetchval("SELECT to_regclass('schema_migration') IS NOT NULL")
    applied = await _applied(db) if exists else {}
    return [str(migration) for migration in _missing(migrations_in(folders), applied)]


async def check(dsn: str, folders: Sequence[Path]) -> list[str]:
    """Apply everything to an empty database beside the one that dsn names, and drop it again."""
    async with scratch_database(dsn) as scratch_dsn:
        return await migrate(scratch_dsn, folders)


@asynccontextmanager
async def scratch_database(dsn: str) -> AsyncIterator[str]:
    """The dsn of a database that does not exist yet, on the same server; dropped at the end."""
    name = f"scratch_{new_id().hex}"
    try:
        yield dsn_of(dsn, name)
    finally:
        db = await asyncpg.connect(dsn, database="postgres")
        try:
            await db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await db.close()


def dsn_of(dsn: str, database: str) -> str:
    """The same server, another database."""
    return urlsplit(dsn)._replace(path=f"/{database}").geturl()


def database_name(dsn: str) -> str:
    return unquote(urlsplit(dsn).path.lstrip("/"))


def _read(folder: Path) -> list[Migration]:
    source = "kit" if folder.resolve() == KIT_FOLDER.resolve() else folder.resolve().parent.name
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationRefused(f"{path} is not named NNNN_what_it_does.sql")
        if int(match[1]) != len(found) + 1:
            raise MigrationRefused(f"{path} should have number {len(found) + 1:04}: numbers run from 0001 without gaps")
        sql = path.read_text(encoding="utf-8")
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        found.append(Migration(source, int(match[1]), match[2], sql, checksum))
    return found


async def _connect_or_create(dsn: str) -> Any:
    try:
        return await asyncpg.connect(dsn)
    except asyncpg.InvalidCatalogNameError:
        await _create_database(dsn)
        return await asyncpg.connect(dsn)


async def _create_database(dsn: str) -> None:
    name = database_name(dsn).replace('"', '""')
    for attempt in range(20):
        admin = await asyncpg.connect(dsn, database="postgres")
        try:
            await admin.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
            return
        except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            return  # another process was faster
        except asyncpg.ObjectInUseError:
            await asyncio.sleep(0.05 * (attempt + 1))  # someone copies the template at this moment
        finally:
            await admin.close()
    raise MigrationRefused(f"database {name} could not be created: its template stays in use")


async def _applied(db: Any) -> dict[tuple[str, int], str]:
    rows = await db.fetch("SELECT source, number, checksum FROM schema_migration")
    return {(row["source"], row["number"]): row["checksum"] for row in rows}


def _missing(migrations: Sequence[Migration], applied: dict[tuple[str, int], str]) -> list[Migration]:
    missing: list[Migration] = []
    for migration in migrations:
        checksum = applied.get((migration.source, migration.number))
        if checksum is None:
            missing.append(migration)
        elif checksum != migration.checksum:
            raise MigrationRefused(
                f"{migration} was changed after it was applied: restore it and write a new migration"
            )
    return missing


async def _apply(db: Any, migration: Migration) -> None:
    try:
        async with db.transaction():
            await db.execute(f"SELECT;\n{migration.sql}")  # the driver stumbles over a text that holds no statement
            await db.execute(
                "INSERT INTO schema_migration (source, number, name, checksum) VALUES ($1, $2, $3, $4)",
                migration.source,
                migration.number,
                migration.name,
                migration.checksum,
            )
    except asyncpg.PostgresError as error:
        raise MigrationRefused(f"{migration} failed and was rolled back: {error}") from error
