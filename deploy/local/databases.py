"""A database and an owner for each service on the embedded server, and the migrations of all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from deploy.local.addresses import SERVICES
from deploy.local.data_folder import REPOSITORY
from deploy.local.postgres import Postgres
from deploy.local.processes import StartFailed


def migration_folders(service: str, repository: Path = REPOSITORY) -> list[Path]:
    folder = repository / "services" / service / "migrations"
    return [folder] if folder.is_dir() else []


def database_of(service: str) -> str:
    """Also the name of the role that owns it: no service can connect to the database of another."""
    return f"immo_{service}"


def dsns(postgres: Postgres) -> dict[str, str]:
    return {service: postgres.dsn(database_of(service), user=database_of(service)) for service in SERVICES}


async def create_databases(admin_dsn: str) -> None:
    import asyncpg

    db = await asyncpg.connect(admin_dsn)
    try:
        roles = {row["rolname"] for row in await db.fetch("SELECT rolname FROM pg_roles")}
        databases = {row["datname"] for row in await db.fetch("SELECT datname FROM pg_database")}
        for name in map(database_of, SERVICES):
            if name not in roles:
                await db.execute(f'CREATE ROLE "{name}" LOGIN')
            if name not in databases:
                await db.execute(f'CREATE DATABASE "{name}" OWNER "{name}" TEMPLATE template0')
                await db.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    finally:
        await db.close()


async def migrate_all(postgres: Mapping[str, str]) -> int:
    """All services side by side; how many migrations were applied. postgres: the dsn of each service. Raises StartFailed."""
    applied = await asyncio.gather(*(_migrate(service, dsn) for service, dsn in postgres.items()))
    return sum(applied)


async def _migrate(service: str, dsn: str) -> int:
    import asyncpg

    from shared.migrate import MigrationRefused, migrate

    try:
        return len(await migrate(dsn, migration_folders(service)))
    except MigrationRefused as error:
        raise StartFailed(
            f"the data of an older version cannot be used: {error}. ./immo reset starts afresh"
        ) from error
    except (OSError, asyncpg.PostgresError) as error:
        raise StartFailed(f"the database of {service} cannot be used: {error}") from error
