import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared.migrate import MigrationRefused, check, dsn_of, migrate, pending, scratch_database
from tests.conftest import DatabaseOf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "example" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_thing.sql").write_text("CREATE TABLE thing (id int); INSERT INTO thing VALUES (1);")
    return folder


async def test_a_missing_database_is_created_and_everything_is_applied_in_order(
    postgres_dsn: str, folder: Path
) -> None:
    (folder / "0002_other.sql").write_text("CREATE TABLE other AS SELECT id FROM thing;")
    async with scratch_database(postgres_dsn) as dsn:
        applied = await migrate(dsn, [folder])
        assert applied[0].startswith("kit/0001_")
        assert applied[-2:] == ["example/0001_thing", "example/0002_other"]
        assert await migrate(dsn, [folder]) == []


async def test_many_at_once_apply_each_file_once(postgres_dsn: str, folder: Path) -> None:
    async with scratch_database(postgres_dsn) as dsn:
        results = await asyncio.gather(*(migrate(dsn, [folder]) for _ in range(6)))
        assert sum(1 for applied in results if applied) == 1


async def test_a_file_that_changed_after_it_was_applied_is_refused(postgres_dsn: str, folder: Path) -> None:
    async with scratch_database(postgres_dsn) as dsn:
        await migrate(dsn, [folder])
        (folder / "0001_thing.sql").write_text("CREATE TABLE thing (id bigint);")
        with pytest.raises(MigrationRefused, match="example/0001_thing was changed"):
            await migrate(dsn, [folder])


async def test_a_file_that_fails_leaves_nothing_behind(postgres_dsn: str, folder: Path) -> None:
    (folder / "0002_bad.sql").write_text("CREATE TABLE half (id int); SELECT no_such_function();")
    async with scratch_database(postgres_dsn) as dsn:
        with pytest.raises(MigrationRefused, match="0002_bad failed and was rolled back"):
            await migrate(dsn, [folder])
        db = await asyncpg.connect(dsn)
        try:
            assert await db.fetchval("SELECT to_regclass('half') IS NULL AND to_regclass('thing') IS NOT NULL")
        finally:
            await db.close()


async def test_what_is_missing_is_known_without_applying_it(
    postgres_dsn: str, folder: Path, database_of: DatabaseOf
) -> None:
    database = await database_of("kit")
    async with database.acquire() as db:
        assert await pending(db, [folder]) == ["example/0001_thing"]
    await migrate(database.dsn, [folder])
    async with database.acquire() as db:
        assert await pending(db, [folder]) == []


@pytest.mark.parametrize("name", ["0003_gap.sql", "2_short.sql", "0002-dash.sql", "0002_Caps.sql"])
async def test_an_odd_name_or_a_gap_is_refused(postgres_dsn: str, folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationRefused):
        await migrate(dsn_of(postgres_dsn, "never_created"), [folder])


async def test_a_check_applies_all_to_an_empty_database(postgres_dsn: str, folder: Path) -> None:
    assert "example/0001_thing" in await check(postgres_dsn, [folder])


async def test_a_scratch_database_is_gone_afterwards(postgres_dsn: str) -> None:
    async with scratch_database(postgres_dsn) as dsn:
        await migrate(dsn, [])
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(dsn)
