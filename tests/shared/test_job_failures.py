"""A job that fails is tried again, one whose worker died is taken over, and what fails for good becomes a dead letter."""

import asyncio

import asyncpg
import pytest

from shared import dead_letters
from shared.errors import Conflict, Unavailable
from shared.jobs import Job, Retry
from tests.conftest import DatabaseOf
from tests.support.events import fetch, running, until
from tests.support.jobs import count, enqueue, has_failed, has_letter, is_done, letters, run_soon, worker


async def test_a_failure_is_tried_again_after_a_growing_pause(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    attempts: list[int] = []

    async def handler(job: Job) -> None:
        attempts.append(job.attempt)
        if job.attempt < 4:
            raise RuntimeError("not yet")

    await enqueue(database)
    pauses: list[float] = []
    async with running(worker(database, handler).run):
        for attempt in (1, 2, 3):
            await until(lambda attempt=attempt: has_failed(database, attempt))
            (row,) = await fetch(database, "SELECT extract(epoch FROM run_at - now())::float AS pause_s FROM job")
            pauses.append(row["pause_s"])
            await run_soon(database)
        await until(lambda: is_done(database))
    assert attempts == [1, 2, 3, 4]
    assert all(0.3 * 2**n < pause_s <= 1.0 * 2**n for n, pause_s in enumerate(pauses))


async def test_after_its_last_try_a_job_is_a_dead_letter_that_can_be_replayed(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    is_broken = True
    ran: list[Job] = []

    async def handler(job: Job) -> None:
        ran.append(job)
        if is_broken:
            raise RuntimeError("cannot reach someone@example.org")

    await enqueue(database, 1, key="account-1")
    async with running(worker(database, handler, max_attempts=2).run):
        await until(lambda: has_failed(database, 1))
        await run_soon(database)
        await until(lambda: has_letter(database))
        (letter,) = await letters(database)
        assert (letter.source, letter.state, letter.type, letter.attempts) == ("job", "parked", "mail", 2)
        assert (letter.key, letter.payload) == (b"account-1", b'{"value":1}')
        assert "example.org" not in letter.error
        is_broken = False
        async with database.transaction() as db:
            await dead_letters.replay(db, "wallet", letter.id)
        await until(lambda: is_done(database))
    assert ran[-1].payload == {"value": 1}
    assert ran[-1].id == ran[0].id
    assert (await letters(database))[0].state == "replayed"
    mirrored = await fetch(database, "SELECT payload FROM outbox WHERE topic = 'wallet.dead-letters'")
    assert {row["payload"] for row in mirrored} == {b""}, "a job's payload stays in its database"


async def test_a_job_that_breaks_a_rule_is_given_up_at_once(database_of: DatabaseOf) -> None:
    database = await database_of("kit")

    async def handler(job: Job) -> None:
        raise Conflict()

    await enqueue(database)
    async with running(worker(database, handler).run):
        await until(lambda: has_letter(database))
    (letter,) = await letters(database)
    assert (letter.reason, letter.attempts) == ("conflict", 1)


@pytest.mark.parametrize(
    "error", [Unavailable(), ConnectionRefusedError(), Retry(0.01), asyncpg.DeadlockDetectedError()]
)
async def test_what_is_away_is_waited_for_without_end(database_of: DatabaseOf, error: Exception) -> None:
    database = await database_of("kit")
    tries = 0

    async def handler(job: Job) -> None:
        nonlocal tries
        tries += 1
        if tries < 5:
            raise error

    await enqueue(database)
    async with running(worker(database, handler, max_attempts=2).run):
        for attempt in range(1, 5):
            await until(lambda attempt=attempt: tries >= attempt)
            await asyncio.sleep(0.05)
            await run_soon(database)
        await until(lambda: is_done(database))
    assert await letters(database) == []


async def test_a_dead_workers_job_is_done_by_another_when_its_lease_ends(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    started = asyncio.Event()
    attempts: list[int] = []

    async def hang(job: Job) -> None:
        started.set()
        await asyncio.sleep(3600)

    async def handler(job: Job) -> None:
        attempts.append(job.attempt)

    await enqueue(database)
    dying = asyncio.create_task(worker(database, hang, lease_s=1.0).run(asyncio.Event()))
    await asyncio.wait_for(started.wait(), 5)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await count(database) == 1
    async with running(worker(database, handler, lease_s=0.6).run):
        await until(lambda: is_done(database))
    assert attempts == [2]


async def test_a_long_job_keeps_its_lease(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    runs = 0

    async def handler(job: Job) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(1.5)

    await enqueue(database)
    async with running(*(worker(database, handler, lease_s=0.5).run for _ in range(2))):
        await until(lambda: is_done(database))
    assert runs == 1


async def test_whoever_lost_the_lease_is_stopped_and_finishes_nothing(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    stopped = asyncio.Event()

    async def handler(job: Job) -> None:
        await fetch(database, "UPDATE job SET lease = gen_random_uuid()")
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            stopped.set()
            raise

    await enqueue(database)
    async with running(worker(database, handler, lease_s=0.6).run):
        await asyncio.wait_for(stopped.wait(), 10)
    assert await count(database) == 1
