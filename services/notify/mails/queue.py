"""The statements of sending: claim, renew, put back, end. A lease says who sends a mail now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.notify.mails.rules import Delivery
from shared.db import Connection


@dataclass(frozen=True)
class Claimed:
    """A delivery in the hands of a worker. attempt: from 1. first_due_at: from when it counts as late."""

    delivery: Delivery
    lease: UUID
    attempt: int
    priority: int
    first_due_at: datetime
    has_slot: bool
    headers: Mapping[str, str]


@dataclass(frozen=True)
class PutBack:
    """counts: whether this was an attempt. has_slot: it need not keep to its domain's pace again."""

    claimed: Claimed
    run_at: datetime
    error: str = ""
    counts: bool = True
    has_slot: bool = False


async def claim(
    db: Connection, *, limit: int, lease: timedelta, at_least: int = -100, at_most: int = 100
) -> list[Claimed]:
    """Lease those that are due and nobody holds, the most urgent first. at_least, at_most: of their priority."""
    rows = await db.fetch(
        """
        UPDATE delivery SET lease = gen_random_uuid(), leased_until = now() + $2::interval, attempts = attempts + 1
        -- An array, not IN: a plan that looked again for each row would skip what it has locked, and lease more each time.
        WHERE delivery_id = ANY (ARRAY(
            SELECT delivery_id FROM delivery
            WHERE state = 'waiting' AND lease IS NULL AND run_at <= now() AND priority BETWEEN $3 AND $4
            ORDER BY priority DESC, run_at, delivery_id LIMIT $1
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING delivery_id, account_id, kind, params, sealed_email, sealed_code, language, created_at, expires_at,
            lease, attempts, priority, first_due_at, has_slot, headers, run_at
        """,
        limit,
        lease,
        at_least,
        at_most,
    )
    rows.sort(key=lambda row: (-row["priority"], row["run_at"], row["delivery_id"]))
    return [_claimed(row) for row in rows]


def _claimed(row: Any) -> Claimed:
    return Claimed(
        Delivery(
            row["delivery_id"],
            row["account_id"],
            row["kind"],
            row["params"],
            row["sealed_email"],
            row["sealed_code"],
            row["language"],
            row["created_at"],
            row["expires_at"],
        ),
        row["lease"],
        row["attempts"],
        row["priority"],
        row["first_due_at"],
        row["has_slot"],
        row["headers"],
    )


async def renew(db: Connection, leases: Sequence[UUID], *, lease: timedelta) -> set[UUID]:
    """Those that are still held; the others' mails belong to another worker by now, or have ended."""
    rows = await db.fetch(
        "UPDATE delivery SET leased_until = now() + $2::interval WHERE lease = ANY ($1::uuid[]) RETURNING lease",
        leases,
        lease,
    )
    return {row["lease"] for row in rows}


async def release_expired(db: Connection) -> int:
    """Give back what dead workers held; how many those were."""
    status = await db.execute("UPDATE delivery SET lease = NULL, leased_until = NULL WHERE leased_until < now()")
    return int(status.rpartition(" ")[2])


async def put_back(db: Connection, items: Sequence[PutBack]) -> None:
    """Those whose lease is still this worker's."""
    await db.execute(
        """
        UPDATE delivery d SET lease = NULL, leased_until = NULL, run_at = b.run_at, last_error = b.error,
            has_slot = b.has_slot, attempts = attempts - (NOT b.counts)::integer
        FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::boolean[], $6::boolean[])
            AS b (delivery_id, lease, run_at, error, counts, has_slot)
        WHERE d.delivery_id = b.delivery_id AND d.lease = b.lease
        """,
        [item.claimed.delivery.delivery_id for item in items],
        [item.claimed.lease for item in items],
        [item.run_at for item in items],
        [item.error for item in items],
        [item.counts for item in items],
        [item.has_slot for item in items],
    )


async def end_all(db: Connection, delivery_ids: Sequence[UUID], states: Sequence[str], *, now: datetime) -> set[UUID]:
    """Forget codes and addresses with them. The ids of those that had not ended before."""
    rows = await db.fetch(
        """
        UPDATE delivery d SET state = e.state, ended_at = $3, sealed_code = NULL, sealed_email = NULL,
            lease = NULL, leased_until = NULL
        FROM unnest($1::uuid[], $2::text[]) AS e (delivery_id, state)
        WHERE d.delivery_id = e.delivery_id AND d.state = 'waiting'
        RETURNING d.delivery_id
        """,
        delivery_ids,
        states,
        now,
    )
    return {row["delivery_id"] for row in rows}


async def give_up(db: Connection, claimed: Claimed, *, error: str, now: datetime) -> bool:
    """It keeps its address, so that it can be sent after all. False: the lease was lost."""
    return bool(
        await db.fetchval(
            """
            UPDATE delivery SET state = 'given-up', ended_at = $3, lease = NULL, leased_until = NULL, last_error = $4
            WHERE delivery_id = $1 AND lease = $2 RETURNING true
            """,
            claimed.delivery.delivery_id,
            claimed.lease,
            now,
            error,
        )
    )


async def take_up_again(db: Connection, delivery_id: UUID) -> None:
    """As if it had never been tried. Nothing where it is not given up, or was erased meanwhile."""
    await db.execute(
        """
        UPDATE delivery SET state = 'waiting', ended_at = NULL, attempts = 0, has_slot = false,
            run_at = now(), first_due_at = now()
        WHERE delivery_id = $1 AND state = 'given-up'
        """,
        delivery_id,
    )


async def raise_mail_versions(db: Connection, counts: Mapping[UUID, int]) -> dict[UUID, int]:
    """By account: the last of as many numbers as are needed. In the order of accounts, so that two never wait for each other."""
    accounts = sorted(counts)
    rows = await db.fetch(
        """
        INSERT INTO mail_version AS v (account_id, version)
        SELECT account_id, number FROM unnest($1::uuid[], $2::bigint[]) AS n (account_id, number) ORDER BY account_id
        ON CONFLICT ON CONSTRAINT mail_version_pk DO UPDATE SET version = v.version + excluded.version
        RETURNING account_id, version
        """,
        accounts,
        [counts[account] for account in accounts],
    )
    return {row["account_id"]: row["version"] for row in rows}


async def lock_paces(db: Connection, domains: Sequence[str]) -> dict[str, datetime]:
    """From when mail to each of these domains may leave; nobody else decides about them until the commit."""
    await db.execute(
        """
        INSERT INTO mail_pace (domain, free_at) SELECT domain, '2000-01-01' FROM unnest($1::text[]) AS d (domain) ORDER BY domain
        ON CONFLICT ON CONSTRAINT mail_pace_pk DO NOTHING
        """,
        sorted(domains),
    )
    rows = await db.fetch(
        """
        SELECT domain, free_at FROM mail_pace
        WHERE domain = ANY ($1::text[]) ORDER BY domain FOR UPDATE
        """,
        domains,
    )
    return {row["domain"]: row["free_at"] for row in rows}


async def set_paces(db: Connection, free_at: Mapping[str, datetime]) -> None:
    await db.execute(
        """
        UPDATE mail_pace p SET free_at = n.free_at FROM unnest($1::text[], $2::timestamptz[]) AS n (domain, free_at)
        WHERE p.domain = n.domain
        """,
        list(free_at),
        list(free_at.values()),
    )


async def prune_paces(db: Connection) -> None:
    """Domains that have rested for long begin afresh anyway."""
    await db.execute("DELETE FROM mail_pace WHERE free_at < now() - interval '1 hour'")


async def backlog(db: Connection) -> tuple[int, float]:
    """How many wait, and how many seconds the longest of them has."""
    [row] = await db.fetch(
        """
        SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(first_due_at)), 0)::float8 AS age_s
        FROM delivery WHERE state = 'waiting'
        """
    )
    return row["waiting"], row["age_s"]
