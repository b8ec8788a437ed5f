"""Jobs run after the commit, by priority, each by one worker, in the trace of whoever asked for them."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from shared import job_store, jobs
from shared.correlation import correlated, current_correlation_id
from shared.jobs import URGENT, Asked, Job, enqueue_all
from tests.conftest import DatabaseOf
from tests.support.events import fetch, running, until
from tests.support.jobs import count, enqueue, is_done, worker


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


async def test_many_jobs_asked_for_at_once_are_each_done_once(database_of: DatabaseOf) -> None:
    database = await database_of("kit")
    done: list[tuple[str | None, int]] = []

    async def handler(job: Job) -> None:
        done.append((job.key, job.payload["value"]))

    await enqueue(database, 7, unique="account-1")
    asked = [Asked({"value": number}, key=f"key-{number}", unique=f"account-{number}") for number in range(20)]
    async with database.transaction() as db:
        await enqueue_all(db, "mail", [])
        await enqueue_all(db, "mail", asked, priority=URGENT)
    async with running(worker(database, handler).run):
        await until(lambda: is_done(database))
    assert sorted(value for _, value in done) == list(range(20))
    assert ("key-2", 2) in done


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


async def test_no_more_are_claimed_than_asked_for_however_many_came_since_the_table_was_measured(
    database_of: DatabaseOf,
) -> None:
    """Then the planner takes it for nearly empty, and would look for what is due once for each row."""
    database = await database_of("kit")
    asked = [Asked({"value": number}, key=None, unique=str(number)) for number in range(500)]
    async with database.acquire() as db:
        await enqueue_all(db, "mail", asked, priority=URGENT)
        await db.execute("DELETE FROM job")
        await db.execute("ANALYZE job")
        await enqueue_all(db, "mail", asked, priority=URGENT)
        claimed = await job_store.claim(db, ["mail"], limit=8, lease=timedelta(seconds=30))
    assert len(claimed) == 8
