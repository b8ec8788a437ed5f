"""What tests of jobs need: a queue of mails, a worker for it, and a look into both."""

from typing import Any

from shared import dead_letters, jobs
from shared.db import Database
from shared.dead_letter_store import DeadLetter
from shared.jobs import JobHandler, Worker
from tests.support.events import fetch


async def enqueue(database: Database, value: Any = None, **options: Any) -> None:
    async with database.transaction() as db:
        await jobs.enqueue(db, "mail", {"value": value}, **options)


async def count(database: Database) -> int:
    return (await fetch(database, "SELECT count(*) AS jobs FROM job"))[0]["jobs"]


async def is_done(database: Database) -> bool:
    return await count(database) == 0


async def letters(database: Database) -> list[DeadLetter]:
    async with database.acquire() as db:
        return await dead_letters.list_letters(db, states=["parked", "replayed", "dropped"])


def worker(database: Database, handler: JobHandler, **options: Any) -> Worker:
    return Worker("wallet", database, {"mail": handler}, **options)


async def run_soon(database: Database) -> None:
    """As if the pause after a failure were over."""
    await fetch(database, "UPDATE job SET run_at = now() WHERE lease IS NULL")
    database.wakeup.announce(["job"])


async def has_failed(database: Database, attempt: int) -> bool:
    rows = await fetch(database, "SELECT FROM job WHERE attempts = $1 AND lease IS NULL", attempt)
    return bool(rows)


async def has_letter(database: Database) -> bool:
    return bool(await letters(database))
