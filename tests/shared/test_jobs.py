"""Jobs run after the commit, at least once, by whoever is alive; what fails for good becomes a dead letter."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from shared import dead_letters, jobs
from shared.correlation import correlated, current_correlation_id
from shared.db import Database
from shared.dead_letter_store import DeadLetter
from shared.errors import Conflict, Unavailable
from shared.jobs import URGENT, Job, JobHandler, Retry, Worker
from tests.conftest import DatabaseOf
from tests.support.events import fetch, running, until


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


async def test_a_job_runs_with_its_payload_and_is_gone(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    ran: list[Job] = []

    async def handler(job: Job) -> None:
        ran.append(job)

    await enqueue(database, [1, "é"], key="account-1")
    async with running(worker(database, handler).run):
        await until(lambda: is_done(database))
    (job,) = ran
    assert (job.kind, job.payload, job.key, job.attempt) == ("mail", {"value": [1, "é"]}, "account-1", 1)


async def test_a_job_of_a_transaction_that_rolls_back_never_runs(database_of: DatabaseOf) -> None:
    database = await database_of("kit")

    async def change_ones_mind() -> None:
        async with database.transaction() as db:
            await jobs.enqueue(db, "mail", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_ones_mind()
    assert await count(database) == 0


async def test_a_worker_that_waits_is_woken_by_the_commit(
    database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await database_of("kit")
    monkeypatch.setattr(jobs, "POLL_S", 60.0)
    done = asyncio.Event()

    async def handler(job: Job) -> None:
        done.set()

    async with running(worker(database, handler).run):
        await asyncio.sleep(0.3)
        await enqueue(database)
        await asyncio.wait_for(done.wait(), 3)


async def test_urgent_jobs_go_first_and_later_ones_when_they_are_due(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    order: list[str] = []

    async def handler(job: Job) -> None:
        order.append(job.payload["value"])

    await enqueue(database, "later", run_at=datetime.now(UTC) + timedelta(seconds=1))
    await enqueue(database, "first")
    await enqueue(database, "second")
    await enqueue(database, "urgent", priority=URGENT)
    async with running(worker(database, handler, concurrency=1).run):
        await until(lambda: len(order) == 3)
        await until(lambda: len(order) == 4)
    assert order == ["urgent", "first", "second", "later"]


async def test_several_workers_share_the_queue_and_no_job_runs_twice(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    runs: Counter[int] = Counter()

    async def handler(job: Job) -> None:
        runs[job.payload["value"]] += 1
        await asyncio.sleep(0.005)

    async with database.transaction() as db:
        for number in range(200):
            await jobs.enqueue(db, "mail", {"value": number})
    async with running(*(worker(database, handler).run for _ in range(3))):
        await until(lambda: is_done(database))
    assert runs == Counter(range(200))


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


async def has_failed(database: Database, attempt: int) -> bool:
    rows = await fetch(database, "SELECT FROM job WHERE attempts = $1 AND lease IS NULL", attempt)
    return bool(rows)


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


async def has_letter(database: Database) -> bool:
    return bool(await letters(database))


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


async def test_a_job_can_finish_together_with_its_last_effect(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    await fetch(database, "CREATE TABLE sent (n int)")
    outcomes: list[bool] = []

    async def handler(job: Job) -> None:
        async with database.transaction() as db:
            await db.execute("INSERT INTO sent VALUES (1)")
            outcomes.append(await job.finish(db))

    await enqueue(database)
    async with running(worker(database, handler).run):
        await until(lambda: is_done(database))
    assert outcomes == [True]
    assert len(await fetch(database, "SELECT FROM sent")) == 1


async def test_a_unique_job_waits_once_and_takes_the_newest_payload(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    payloads: list[int] = []

    async def handler(job: Job) -> None:
        payloads.append(job.payload["value"])

    for number in range(5):
        await enqueue(database, number, unique="account-1")
    async with running(worker(database, handler).run):
        await until(lambda: is_done(database))
    assert payloads == [4]


async def test_a_unique_job_asked_for_while_it_runs_runs_once_more(database_of: DatabaseOf) -> None:
    """Or what changed after it looked would be missed."""
    database = await database_of("kit")
    payloads: list[int] = []

    async def handler(job: Job) -> None:
        payloads.append(job.payload["value"])
        if job.payload["value"] == 1:
            await enqueue(database, 2, unique="account-1")
            await enqueue(database, 3, unique="account-1")

    await enqueue(database, 1, unique="account-1")
    async with running(*(worker(database, handler).run for _ in range(2))):
        await until(lambda: is_done(database))
    assert payloads == [1, 3]


async def test_the_work_continues_the_trace_and_the_correlation_of_the_request(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    seen: list[tuple[int, str | None]] = []

    async def handler(job: Job) -> None:
        seen.append((trace.get_current_span().get_span_context().trace_id, current_correlation_id()))

    with tracer.start_as_current_span("request") as span, correlated("request-9"):
        await enqueue(database)
    async with running(worker(database, handler).run):
        await until(lambda: is_done(database))
    assert seen == [(span.get_span_context().trace_id, "request-9")]


async def test_a_worker_that_is_stopped_lets_the_job_in_hand_end(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    started = asyncio.Event()

    async def handler(job: Job) -> None:
        started.set()
        await asyncio.sleep(0.5)

    await enqueue(database)
    async with running(worker(database, handler).run):
        await asyncio.wait_for(started.wait(), 5)
    assert await count(database) == 0
