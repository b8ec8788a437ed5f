"""A program of the service in a process of its own, which a test kills at the moment that it chooses."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from shared.db import Database
from tests.support.events import fetch, until

REPOSITORY = Path(__file__).parents[2]
DSN = "IMMO_POSTGRES_WALLET"
NAME = "to be killed"
OPENED = f"""
import os
from shared.db import Database

def open_database():
    return Database(os.environ["{DSN}"], application_name="{NAME}")
"""
"""Begins a program that can be killed."""


async def start(database: Database, program: str, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OPENED + program, *arguments),
        cwd=REPOSITORY,
        env={**os.environ, DSN: database.dsn},
        stdout=PIPE,
        stderr=PIPE,
    )


async def kill_where_it_waits(database: Database, program: str, *arguments: str) -> None:
    """The test holds what it will wait for."""
    process = await start(database, program, *arguments)
    await until(lambda: _waits(database, process), within_s=60, what="the lock that is held")
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL


async def until_it_is_gone(database: Database) -> None:
    """Its connections: PostgreSQL notices when it answers them."""
    await until(lambda: _is_gone(database), what="the end of its connections")


async def run_to_its_end(database: Database, program: str, *arguments: str) -> None:
    process = await start(database, program, *arguments)
    _, error = await process.communicate()
    assert process.returncode == 0, error.decode()


async def _waits(database: Database, process: Process) -> bool:
    assert process.returncode is None, "the program has ended"
    return await _connected(database, "AND wait_event_type = 'Lock'")


async def _is_gone(database: Database) -> bool:
    return not await _connected(database)


async def _connected(database: Database, condition: str = "") -> bool:
    query = f"SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{NAME}' "
    return bool(await fetch(database, query + condition))
