"""Work that calls out (mail, a registry, a tool's server): a row, claimed under a lease, done outside any transaction.

A job runs at least once, so a second run must do no harm. A worker that dies leaves a lease that ends, and another takes the job.
What passes by itself (Unavailable, a lost connection) is tried for ever; other errors `max_attempts` times, then the job becomes a
dead letter that an operator can replay.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from shared import dead_letters, job_store
from shared.consume_errors import Verdict, pause_s, verdict
from shared.correlation import trace_headers, traced
from shared.db import DATABASE_AWAY, Connection, Database
from shared.errors import DatabaseUnavailable, TooMany
from shared.event_metrics import JOBS_DONE
from shared.job_store import Asked, Job
from shared.redact import describe
from shared.stopping import wait_any

__all__ = ["URGENT", "Asked", "Job", "JobHandler", "Retry", "Worker", "enqueue", "enqueue_all"]

URGENT = 10
POLL_S = 0.5
_LOG = structlog.get_logger(__name__)

JobHandler = Callable[[Job], Awaitable[None]]


class Retry(Exception):
    """Raised by a handler for whom it is too early: run the job again after so many seconds. Does not count as a failure."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"again after {after_s} s")
        self.after_s = after_s


async def enqueue(
    db: Connection,
    kind: str,
    payload: Mapping[str, Any],
    *,
    key: str | None = None,
    run_at: datetime | None = None,
    unique: str | None = None,
    priority: int = 0,
) -> None:
    """Have this done after the commit.

    payload: what JSON can hold. key: whom or what it is about, shown to operators; jobs of one key keep no order.
    unique: at most one unfinished job of this kind has this name. Asking again replaces what waits (payload, the earlier run_at)
    and, when the job is running at that moment, makes it run once more.
    priority: higher first; URGENT for what a person waits for.
    """
    await job_store.insert(db, kind, payload, trace_headers(), key=key, unique=unique, priority=priority, run_at=run_at)
    db.mark("job")


async def enqueue_all(db: Connection, kind: str, asked: Sequence[Asked], *, priority: int = 0) -> None:
    """The same for many at once, each with a `unique` of its own."""
    if asked:
        await job_store.insert_all(db, kind, asked, trace_headers(), priority=priority)
        db.mark("job")


class Worker:
    """Runs up to `concurrency` jobs at once; any number of workers share one queue."""

    def __init__(
        self,
        service: str,
        database: Database,
        handlers: Mapping[str, JobHandler],
        *,
        concurrency: int = 8,
        lease_s: float = 30.0,
        max_attempts: int = 10,
        most_pause_s: float = 300.0,
    ) -> None:
        self._service = service
        self._database = database
        self._handlers = handlers
        self._concurrency = concurrency
        self._lease = timedelta(seconds=lease_s)
        self._max_attempts = max_attempts
        self._most_pause_s = most_pause_s
        self._running: dict[UUID, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let the jobs in hand end."""
        renewal = asyncio.create_task(self._renew())
        try:
            with self._database.wakeup.subscribe("job") as more, self._database.wakeup.serving("job"):
                while not stop.is_set():
                    more.clear()
                    if not await self._claim():
                        await wait_any(stop.wait(), more.wait(), timeout_s=POLL_S)
            if self._running:
                await asyncio.wait(self._running.values())
        finally:
            renewal.cancel()
            for task in self._running.values():
                task.cancel()

    async def _claim(self) -> bool:
        """Wait for a free hand and start what is due. Returns whether there was as much as the free hands could take."""
        if len(self._running) >= self._concurrency:
            await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
        try:
            async with self._database.transaction() as db:
                free = self._concurrency - len(self._running)
                jobs = await job_store.claim(db, list(self._handlers), limit=free, lease=self._lease)
        except (*DATABASE_AWAY, DatabaseUnavailable):
            return False
        for job in jobs:
            task = asyncio.create_task(self._perform(job), name=f"job {job.kind}")
            self._running[job.lease] = task
            task.add_done_callback(lambda _, lease=job.lease: self._running.pop(lease, None))
        return len(jobs) == free

    async def _perform(self, job: Job) -> None:
        with traced(f"job {job.kind}", job.headers):
            try:
                await self._handlers[job.kind](job)
            except Exception as error:
                await self._settle(job, error)
            else:
                await self._settle(job, None)

    async def _settle(self, job: Job, error: Exception | None) -> None:
        """Write down how it ended. When the database is away the lease ends by itself, and the job runs again."""
        try:
            async with self._database.transaction() as db:
                outcome = await self._write_outcome(db, job, error)
        except (*DATABASE_AWAY, DatabaseUnavailable):
            outcome = "unknown"
        JOBS_DONE.labels(job.kind, outcome).inc()
        if error is not None:
            _LOG.warning(
                "job_failed",
                kind=job.kind,
                job_id=str(job.id),
                attempt=job.attempt,
                outcome=outcome,
                error=describe(error),
            )

    async def _write_outcome(self, db: Connection, job: Job, error: Exception | None) -> str:
        if error is None:
            await job_store.finish(db, job)
            return "done"
        if isinstance(error, Retry | TooMany):
            after_s = error.after_s if isinstance(error, Retry) else float(str(error.params["retry_after_s"]))
            await job_store.put_back(db, job, after_s=after_s, counts=False, error=describe(error))
            return "later"
        judged = verdict(error)
        failures = job.attempt - job.forgiven
        if judged is Verdict.PARK or (judged is Verdict.TRY and failures >= self._max_attempts):
            if await job_store.give_up(db, job):
                await dead_letters.park_job(db, self._service, job, error)
            return "parked"
        after_s = pause_s(job.attempt, first_s=1.0, most_s=15.0 if judged is Verdict.WAIT else self._most_pause_s)
        await job_store.put_back(db, job, after_s=after_s, counts=judged is Verdict.TRY, error=describe(error))
        return "again"

    async def _renew(self) -> None:
        """Keep the leases of what runs; stop what lost its lease, since another worker has it; free what the dead held."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                async with self._database.transaction() as db:
                    held = list(self._running)
                    kept = await job_store.renew(db, held, lease=self._lease)
                    if await job_store.release_expired(db):
                        db.mark("job")
            except (*DATABASE_AWAY, DatabaseUnavailable):
                continue
            for lease in set(held) - kept:
                if task := self._running.get(lease):
                    task.cancel()
