"""A database for each test, copied from one that was migrated once a run."""

import hashlib
from pathlib import Path

import asyncpg

from shared.ids import new_id
from shared.migrate import dsn_of, migrate, migrations_in

ROOT = Path(__file__).parents[2]
_TEMPLATE_LOCK = 0x1AA0_00FF


def migration_folders(service: str) -> list[Path]:
    """Of a service; none for "kit", which is only the kit's own tables."""
    return [] if service == "kit" else [ROOT / "services" / service / "migrations"]


async def template_for(server_dsn: str, service: str) -> str:
    """The name of the migrated database of this service; made once, whoever asks first and however many ask at once."""
    folders = migration_folders(service)
    content = "".join(f"{migration}{migration.checksum}" for migration in migrations_in(folders))
    name = f"template_{service}_{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    db = await asyncpg.connect(server_dsn)
    try:
        await db.execute("SELECT pg_advisory_lock($1)", _TEMPLATE_LOCK)
        if not await db.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            unfinished = f"{name}_{new_id().hex[-8:]}"
            await migrate(dsn_of(server_dsn, unfinished), folders)
            await db.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    finally:
        await db.close()
    return name


async def create_from(server_dsn: str, template: str) -> str:
    """The dsn of a fresh copy."""
    name = f"test_{new_id().hex}"
    db = await asyncpg.connect(server_dsn)
    try:
        await db.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    finally:
        await db.close()
    return dsn_of(server_dsn, name)


async def drop(server_dsn: str, dsn: str) -> None:
    name = dsn.split("?")[0].rsplit("/", 1)[1]
    db = await asyncpg.connect(server_dsn)
    try:
        await db.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await db.close()
