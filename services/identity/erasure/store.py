"""Erasures and what services report about them, one statement a function. An erasure's row lock orders all that happens to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.erasure.rules import Erasure, State
from shared.db import Connection


@dataclass(frozen=True)
class Closed:
    """What is still to be known of an account that is gone. sign_ins: how it could be named when signing in."""

    version: int
    sign_ins: tuple[str, ...]


async def find_erasure(db: Connection, account_id: UUID) -> Erasure | None:
    row = await db.fetchrow(
        """
        SELECT account_id, state, requested_at, next_at, started_at,
               ARRAY (SELECT service FROM erasure_report r WHERE r.account_id = e.account_id AND purged_at IS NULL
                      ORDER BY service) AS missing
        FROM erasure e WHERE account_id = $1
        """,
        account_id,
    )
    return _erasure(row) if row else None


async def open_erasures(db: Connection, *, limit: int) -> list[Erasure]:
    """All that have not ended, the oldest first."""
    rows = await db.fetch(
        """
        SELECT account_id, state, requested_at, next_at, started_at,
               ARRAY (SELECT service FROM erasure_report r WHERE r.account_id = e.account_id AND purged_at IS NULL
                      ORDER BY service) AS missing
        FROM erasure e WHERE next_at IS NOT NULL ORDER BY requested_at LIMIT $1
        """,
        limit,
    )
    return [_erasure(row) for row in rows]


async def lock_erasure(db: Connection, account_id: UUID) -> Erasure | None:
    await db.execute("SELECT FROM erasure WHERE account_id = $1 FOR UPDATE", account_id)
    return await find_erasure(db, account_id)


async def due(db: Connection, *, now: datetime, limit: int) -> list[UUID]:
    rows = await db.fetch("SELECT account_id FROM erasure WHERE next_at <= $1 ORDER BY next_at LIMIT $2", now, limit)
    return [row["account_id"] for row in rows]


async def request(db: Connection, account_id: UUID, *, now: datetime, next_at: datetime) -> None:
    """Changes nothing where an erasure was asked for before."""
    await db.execute(
        """
        INSERT INTO erasure (account_id, state, requested_at, next_at) VALUES ($1, 'requested', $2, $3)
        ON CONFLICT ON CONSTRAINT erasure_pk DO UPDATE SET next_at = excluded.next_at WHERE erasure.state = 'requested'
        """,
        account_id,
        now,
        next_at,
    )


async def move(db: Connection, account_id: UUID, to: State, *, next_at: datetime) -> None:
    """The row is locked, and in a state from which this can follow."""
    await db.execute("UPDATE erasure SET state = $2, next_at = $3 WHERE account_id = $1", account_id, to, next_at)


async def delete_erasure(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM erasure WHERE account_id = $1 AND started_at IS NULL", account_id)


async def start(
    db: Connection, account_id: UUID, version: int, services: Sequence[str], *, now: datetime, next_at: datetime
) -> None:
    await db.execute(
        "UPDATE erasure SET state = 'purging', version = $2, started_at = $3, next_at = $4 WHERE account_id = $1",
        account_id,
        version,
        now,
        next_at,
    )
    await db.execute(
        "INSERT INTO erasure_report (account_id, service) SELECT $1, service FROM unnest($2::text[]) AS service",
        account_id,
        list(services),
    )


async def save_report(db: Connection, account_id: UUID, service: str, *, keeps: bool, now: datetime) -> None:
    """The first report counts for the time; `keeps` may still become true."""
    await db.execute(
        """
        UPDATE erasure_report SET purged_at = coalesce(purged_at, $4), keeps = coalesce(keeps, false) OR $3
        WHERE account_id = $1 AND service = $2
        """,
        account_id,
        service,
        keeps,
        now,
    )


async def raise_version(db: Connection, account_id: UUID) -> int:
    """Of the account's events, after the account."""
    return await db.fetchval(
        "UPDATE erasure SET version = version + 1 WHERE account_id = $1 RETURNING version", account_id
    )


async def destroy_data_key(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """With those of the accounts that were merged into this one. The rows stay, to say so."""
    await db.execute(
        """
        WITH RECURSIVE theirs (subject) AS (
            SELECT $1::uuid UNION SELECT m.account_id FROM merged_account m JOIN theirs t ON m.into_id = t.subject
        )
        UPDATE data_key SET wrapped = NULL, destroyed_at = $2
        WHERE subject IN (SELECT subject FROM theirs) AND wrapped IS NOT NULL
        """,
        account_id,
        now,
    )


async def save_destroyed(db: Connection, account_id: UUID, *, now: datetime, next_at: datetime) -> None:
    await db.execute(
        "UPDATE erasure SET state = 'telling', destroyed_at = $2, next_at = $3 WHERE account_id = $1",
        account_id,
        now,
        next_at,
    )


async def end(db: Connection, account_id: UUID, *, now: datetime) -> bool:
    """Whether anything that names the account's id is kept somewhere."""
    return await db.fetchval(
        """
        UPDATE erasure SET state = 'done', ended_at = $2, next_at = NULL,
            is_anonymised = (SELECT coalesce(bool_or(keeps), false) FROM erasure_report WHERE account_id = $1)
        WHERE account_id = $1 RETURNING is_anonymised
        """,
        account_id,
        now,
    )


async def lock_sessions(db: Connection, account_id: UUID) -> list[UUID]:
    """Before the account, as everybody does who touches both."""
    rows = await db.fetch("SELECT id FROM session WHERE account_id = $1 ORDER BY id FOR UPDATE", account_id)
    return [row["id"] for row in rows]


async def delete_account(db: Connection, account_id: UUID) -> Closed | None:
    """With every table that belongs to it: their foreign keys say ON DELETE CASCADE, and a test that none is forgotten."""
    row = await db.fetchrow("DELETE FROM account WHERE id = $1 RETURNING version, username_key, email_key", account_id)
    return Closed(row["version"], (row["username_key"], row["email_key"])) if row else None


async def forget_hints(db: Connection, sign_ins: Sequence[str]) -> None:
    """What tools said about who it may be that signs in or out."""
    await db.execute("DELETE FROM authorization_request WHERE lower(login_hint) = ANY ($1::text[])", list(sign_ins))
    await db.execute(
        "DELETE FROM pushed_request WHERE lower(parameters ->> 'login_hint') = ANY ($1::text[])", list(sign_ins)
    )
    await db.execute("DELETE FROM logout_request WHERE lower(logout_hint) = ANY ($1::text[])", list(sign_ins))


async def forget_throttles(db: Connection, keys: Sequence[bytes]) -> None:
    await db.execute("DELETE FROM sign_in_throttle WHERE key = ANY ($1::bytea[])", list(keys))


def _erasure(row: Any) -> Erasure:
    return Erasure(
        row["account_id"],
        State(row["state"]),
        row["requested_at"],
        row["next_at"],
        row["started_at"],
        tuple(row["missing"]),
    )
