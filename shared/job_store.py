"""The statements of `jobs`: claim, renew, finish, put back, give up. A lease is the proof that a job is still this worker's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.db import Connection
from shared.ids import new_id


@dataclass(frozen=True)
class Job:
    """A job in the hands of a worker.

    attempt: 1 for the first run. forgiven: how many of the earlier ones do not count as failures. key: whom or what it is about.
    """

    id: UUID
    kind: str
    key: str | None
    payload: dict[str, Any]
    headers: Mapping[str, str]
    attempt: int
    forgiven: int
    lease: UUID

    async def finish(self, db: Connection) -> bool:
        """Finish the job in the transaction of its own last effect. False: the lease was lost, so roll back.

        Not needed otherwise: a handler that returns has finished its job.
        """
        return await finish(db, self)


@dataclass(frozen=True)
class Asked:
    """One of many that are asked for at once. key, unique: as in `jobs.enqueue`."""

    payload: Mapping[str, Any]
    key: str | None
    unique: str


async def claim(db: Connection, kinds: Sequence[str], *, limit: int, lease: timedelta) -> list[Job]:
    """Lease the most urgent jobs that are due and nobody holds."""
    rows = await db.fetch(
        """
        UPDATE job SET lease = gen_random_uuid(), leased_until = now() + $3::interval, attempts = attempts + 1
        -- An array, not IN: a plan that looked again for each row would skip what it has locked, and lease more each time.
        WHERE id = ANY (ARRAY(
            SELECT id FROM job WHERE lease IS NULL AND run_at <= now() AND kind = ANY ($1::text[])
            ORDER BY priority DESC, run_at, id LIMIT $2
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING id, kind, key, payload, headers, attempts, forgiven, lease, priority, run_at
        """,
        kinds,
        limit,
        lease,
    )
    rows.sort(key=lambda row: (-row["priority"], row["run_at"], row["id"]))
    return [
        Job(
            row["id"],
            row["kind"],
            row["key"],
            row["payload"],
            row["headers"],
            row["attempts"],
            row["forgiven"],
            row["lease"],
        )
        for row in rows
    ]


async def renew(db: Connection, leases: Sequence[UUID], *, lease: timedelta) -> set[UUID]:
    """Keep these leases alive and return those that still are; the others' jobs belong to someone else by now."""
    rows = await db.fetch(
        "UPDATE job SET leased_until = now() + $2::interval WHERE lease = ANY ($1::uuid[]) RETURNING lease",
        leases,
        lease,
    )
    return {row["lease"] for row in rows}


async def release_expired(db: Connection) -> int:
    """Give back what dead workers held; return how many jobs that were."""
    status = await db.execute(
        "UPDATE job SET lease = NULL, leased_until = NULL, again = false WHERE leased_until < now()"
    )
    return int(status.rpartition(" ")[2])


async def finish(db: Connection, job: Job) -> bool:
    """Done: delete it, or let it run once more when that was asked meanwhile. False: the lease was lost."""
    done = await db.fetchval(
        "DELETE FROM job WHERE id = $1 AND lease = $2 AND NOT again RETURNING true", job.id, job.lease
    )
    if done:
        return True
    status = await db.execute(
        """
        UPDATE job SET lease = NULL, leased_until = NULL, again = false, attempts = 0, forgiven = 0, run_at = now()
        WHERE id = $1 AND lease = $2
        """,
        job.id,
        job.lease,
    )
    return status == "UPDATE 1"


async def put_back(db: Connection, job: Job, *, after_s: float, counts: bool, error: str) -> None:
    """Run it again later. counts: whether this run was a failure of the job itself."""
    await db.execute(
        """
        UPDATE job SET lease = NULL, leased_until = NULL, again = false, last_error = $5,
            run_at = now() + $3::interval, forgiven = forgiven + $4
        WHERE id = $1 AND lease = $2
        """,
        job.id,
        job.lease,
        timedelta(seconds=after_s),
        0 if counts else 1,
        error,
    )


async def give_up(db: Connection, job: Job) -> bool:
    """Take it out of the queue, for the dead letters. False: the lease was lost."""
    return bool(await db.fetchval("DELETE FROM job WHERE id = $1 AND lease = $2 RETURNING true", job.id, job.lease))


_INSERT = """
    INSERT INTO job AS present (id, kind, key, unique_key, priority, payload, headers, run_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()))
"""
_INSERT_ALL = """
    INSERT INTO job AS present (id, kind, key, unique_key, priority, payload, headers)
    SELECT id, $2::text, key, unique_key, $3::smallint, payload, $4::jsonb
    FROM unnest($1::uuid[], $5::text[], $6::text[], $7::jsonb[]) AS asked (id, key, unique_key, payload)
    ORDER BY unique_key
"""
_ONCE = """
    ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO UPDATE SET
        payload = excluded.payload,
        headers = excluded.headers,
        priority = greatest(present.priority, excluded.priority),
        run_at = least(present.run_at, excluded.run_at),
        again = present.lease IS NOT NULL
"""


async def insert(
    db: Connection,
    kind: str,
    payload: Mapping[str, Any],
    headers: Mapping[str, str],
    *,
    key: str | None,
    unique: str | None,
    priority: int,
    run_at: datetime | None,
) -> None:
    await db.execute(
        _INSERT + _ONCE,
        new_id(),
        kind,
        key,
        unique,
        priority,
        payload,
        headers,
        run_at,
    )


async def insert_all(
    db: Connection, kind: str, asked: Sequence[Asked], headers: Mapping[str, str], *, priority: int
) -> None:
    """In one statement, however many they are."""
    await db.execute(
        _INSERT_ALL + _ONCE,
        [new_id() for _ in asked],
        kind,
        priority,
        headers,
        [one.key for one in asked],
        [one.unique for one in asked],
        [one.payload for one in asked],
    )


async def insert_again(
    db: Connection, job_id: str, kind: str, payload: Mapping[str, Any], headers: Mapping[str, str], *, key: str | None
) -> None:
    """Back into the queue under its old id, as if it had never been tried."""
    await db.execute(
        "INSERT INTO job (id, kind, key, payload, headers) VALUES ($1, $2, $3, $4, $5)",
        UUID(job_id),
        kind,
        key,
        payload,
        headers,
    )


async def waiting(db: Connection) -> int:
    """Jobs that are due or running, for the metric."""
    return await db.fetchval("SELECT count(*) FROM job WHERE run_at <= now()")
