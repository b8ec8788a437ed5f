"""The program itself, `python -m services.organisation register import`, killed without a word in the middle, and run again."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from services.organisation.register import store
from services.organisation.register.commands import DSN
from services.organisation.register.local import LocalRegister
from shared.db import Connection, Database
from tests.organisation.register_extracts import FULL, NEW, PARC, UPDATE, imported, numbered
from tests.support.events import fetch, until

REPOSITORY = Path(__file__).parents[2]


async def start(database: Database, path: Path) -> Process:
    command = [sys.executable, "-m", "services.organisation", "register", "import", str(path)]
    environment = {**os.environ, DSN: database.dsn}
    return await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, env=environment, stdout=PIPE, stderr=PIPE)


async def killed_when_it_waits(database: Database, path: Path) -> None:
    """For the tables that this test holds."""
    async with database.transaction() as db:
        await db.execute("LOCK TABLE register_enterprise_0, register_enterprise_1 IN EXCLUSIVE MODE")
        process = await start(database, path)
        await until(lambda: _waits(database, process), within_s=60, what="its first change")
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL


async def _waits(database: Database, process: Process) -> bool:
    assert process.returncode is None, "the program has ended"
    return await _connected(database, "AND wait_event_type = 'Lock'")


async def _connected(database: Database, condition: str = "") -> bool:
    query = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'register' "
    return bool(await fetch(database, query + condition))


async def _is_gone(database: Database) -> bool:
    return not await _connected(database)


@pytest.mark.parametrize("killed", ["a full file", "an update"])
async def test_an_import_that_is_killed_leaves_what_was_there_and_the_next_is_whole(
    database: Database, db: Connection, tmp_path: Path, killed: str
) -> None:
    await imported(db, FULL)
    await killed_when_it_waits(database, numbered(tmp_path, FULL, 142) if killed == "a full file" else UPDATE)
    await until(lambda: _is_gone(database), what="the end of its connection")
    state = await store.find_state(db)
    assert state is not None
    assert (state.extract.number, await store.count(db, state.slot)) == (140, 6)
    parc = await LocalRegister(database).find(PARC, "fr")
    assert parc is not None
    assert parc.name == "Agence du Parc SRL"
    again = await start(database, UPDATE)
    _, error = await again.communicate()
    assert again.returncode == 0, error.decode()
    state = await store.find_state(db)
    assert state is not None
    assert (state.extract.number, await store.count(db, state.slot)) == (141, 6)
    assert await LocalRegister(database).find(NEW, "nl") is not None
