"""Old accounts and claims to them, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Connection


@dataclass(frozen=True)
class Sealed:
    """An old account that waits: what only the master key opens, and the keyed hashes by which it is found.

    notes: what of its line was left out; not kept.
    """

    tool_id: str
    source_key: bytes
    username_key: bytes | None
    email_key: bytes | None
    has_password: bool
    digest: bytes
    wrapped: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waiting:
    id: UUID
    tool_id: str
    source_key: bytes
    wrapped: bytes


@dataclass(frozen=True)
class Known:
    """What an import finds of a line that was imported before."""

    digest: bytes
    is_attached: bool


@dataclass(frozen=True)
class Attached:
    """shown_as: how it was called, sealed with the owner's data key."""

    id: UUID
    tool_id: str
    attached_at: datetime
    shown_as: str


@dataclass(frozen=True)
class Claim:
    """account_id: the new account, while its address waits for confirmation."""

    legacy_ids: list[UUID]
    password_hash: str | None
    account_id: UUID | None


def legacy_purpose(source_key: bytes) -> str:
    """What a record is wrapped for."""
    return f"legacy-account:{source_key.hex()}"


async def find_known(db: Connection, source_keys: Sequence[bytes]) -> dict[bytes, Known]:
    rows = await db.fetch(
        """
        SELECT source_key, digest, attached_at IS NOT NULL AS is_attached
        FROM legacy_account WHERE source_key = ANY ($1::bytea[])
        """,
        list(source_keys),
    )
    return {row["source_key"]: Known(row["digest"], row["is_attached"]) for row in rows}


async def upsert(db: Connection, accounts: Sequence[Sealed], wrapped_by: str, *, now: datetime) -> None:
    """Each source key at most once. What was attached meanwhile stays as it is."""
    await db.execute(
        """
        INSERT INTO legacy_account AS known (
            tool_id, source_key, username_key, email_key, has_password, digest, wrapped, wrapped_by, imported_at
        )
        SELECT n.*, $8, $9
        FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[], $5::boolean[], $6::bytea[], $7::bytea[]) AS n
        ORDER BY 2
        ON CONFLICT ON CONSTRAINT legacy_account_source DO UPDATE
        SET username_key = excluded.username_key, email_key = excluded.email_key, has_password = excluded.has_password,
            digest = excluded.digest, wrapped = excluded.wrapped, wrapped_by = excluded.wrapped_by, imported_at = excluded.imported_at
        WHERE known.attached_at IS NULL
        """,
        [one.tool_id for one in accounts],
        [one.source_key for one in accounts],
        [one.username_key for one in accounts],
        [one.email_key for one in accounts],
        [one.has_password for one in accounts],
        [one.digest for one in accounts],
        [one.wrapped for one in accounts],
        wrapped_by,
        now,
    )


async def find_by_password_key(db: Connection, key: bytes, place: UUID, *, limit: int) -> tuple[list[Waiting], bool]:
    """Whoever may be meant by a username or an address, and True; or in their place others who are not meant, and False.

    key: the keyed hash of what was typed. place: where to look for the others, always the same for one key; the name of whoever
    comes next there is borrowed, so that nobody can tell by the time whether a name is known.
    """
    rows = await db.fetch(
        """
        WITH lender AS (
            SELECT coalesce(username_key, email_key) AS key FROM (
                (SELECT username_key, email_key FROM legacy_account
                 WHERE wrapped IS NOT NULL AND has_password AND id >= $2 ORDER BY id LIMIT 1)
                UNION ALL
                (SELECT username_key, email_key FROM legacy_account
                 WHERE wrapped IS NOT NULL AND has_password ORDER BY id LIMIT 1)
            ) AS next_ones LIMIT 1
        ), wanted AS (SELECT $1::bytea AS key, true AS is_meant UNION ALL SELECT key, false FROM lender)
        SELECT a.id, a.tool_id, a.source_key, a.wrapped, w.is_meant
        FROM wanted AS w
        CROSS JOIN LATERAL (
            SELECT id, tool_id, source_key, wrapped, imported_at FROM legacy_account
            WHERE wrapped IS NOT NULL AND has_password AND (username_key = w.key OR email_key = w.key)
            ORDER BY imported_at, tool_id LIMIT $3
        ) AS a
        ORDER BY a.imported_at, a.tool_id
        """,
        key,
        place,
        limit,
    )
    meant = [row for row in rows if row["is_meant"]]
    return [_waiting(row) for row in meant or rows], bool(meant)


async def find_by_email_key(db: Connection, key: bytes, *, limit: int) -> list[Waiting]:
    """Also those without a password."""
    rows = await db.fetch(
        """
        SELECT id, tool_id, source_key, wrapped FROM legacy_account
        WHERE wrapped IS NOT NULL AND email_key = $1 ORDER BY imported_at, id LIMIT $2
        """,
        key,
        limit,
    )
    return [_waiting(row) for row in rows]


async def find_waiting(db: Connection, ids: Sequence[UUID]) -> list[Waiting]:
    rows = await db.fetch(
        """
        SELECT id, tool_id, source_key, wrapped FROM legacy_account
        WHERE id = ANY ($1::uuid[]) AND wrapped IS NOT NULL ORDER BY imported_at, tool_id
        """,
        list(ids),
    )
    return [_waiting(row) for row in rows]


async def lock_waiting(db: Connection, ids: Sequence[UUID]) -> list[Waiting]:
    """Of two people who want the same old account at once, the second waits here, and then finds nothing."""
    rows = await db.fetch(
        """
        SELECT id, tool_id, source_key, wrapped FROM legacy_account
        WHERE id = ANY ($1::uuid[]) AND wrapped IS NOT NULL ORDER BY id FOR UPDATE
        """,
        list(ids),
    )
    return [_waiting(row) for row in rows]


async def replace_record(db: Connection, waiting: Waiting, wrapped: bytes, wrapped_by: str) -> None:
    """With the same digest: what was imported is still the same, only better kept. Not where it changed meanwhile."""
    await db.execute(
        "UPDATE legacy_account SET wrapped = $3, wrapped_by = $4 WHERE id = $1 AND wrapped = $2",
        waiting.id,
        waiting.wrapped,
        wrapped,
        wrapped_by,
    )


async def attach(db: Connection, legacy_id: UUID, account_id: UUID, shown_as: str, *, now: datetime) -> None:
    """The row is locked. Its credentials are gone from here on."""
    await db.execute(
        """
        UPDATE legacy_account
        SET wrapped = NULL, username_key = NULL, email_key = NULL, attached_to = $2, shown_as = $3, attached_at = $4
        WHERE id = $1
        """,
        legacy_id,
        account_id,
        shown_as,
        now,
    )


async def attached_of(db: Connection, account_id: UUID) -> list[Attached]:
    rows = await db.fetch(
        """
        SELECT id, tool_id, attached_at, shown_as FROM legacy_account WHERE attached_to = $1 ORDER BY attached_at, tool_id
        """,
        account_id,
    )
    return [Attached(row["id"], row["tool_id"], row["attached_at"], row["shown_as"]) for row in rows]


async def insert_claim(
    db: Connection,
    token_hash: bytes,
    legacy_ids: Sequence[UUID],
    password_hash: str | None,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    await db.execute(
        """
        INSERT INTO legacy_claim (token_hash, legacy_ids, password_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
        """,
        token_hash,
        list(legacy_ids),
        password_hash,
        now,
        expires_at,
    )


async def lock_claim(db: Connection, token_hash: bytes, *, now: datetime) -> Claim | None:
    row = await db.fetchrow(
        """
        SELECT legacy_ids, password_hash, account_id FROM legacy_claim
        WHERE token_hash = $1 AND expires_at > $2 FOR UPDATE
        """,
        token_hash,
        now,
    )
    return _claim(row) if row else None


async def find_unfinished(db: Connection, token_hash: bytes, email_key: str, legacy_ids: Sequence[UUID]) -> list[UUID]:
    """Accounts that were begun for these old ones and never confirmed: by this claim, or for the same address."""
    rows = await db.fetch(
        """
        SELECT a.id FROM account AS a
        WHERE a.state = 'pending' AND EXISTS (
            SELECT FROM legacy_claim AS c
            WHERE c.account_id = a.id AND (c.token_hash = $1 OR (a.email_key = $2 AND c.legacy_ids && $3::uuid[]))
        )
        FOR UPDATE
        """,
        token_hash,
        email_key,
        list(legacy_ids),
    )
    return [row["id"] for row in rows]


async def set_claimant(db: Connection, token_hash: bytes, account_id: UUID) -> None:
    await db.execute("UPDATE legacy_claim SET account_id = $2 WHERE token_hash = $1", token_hash, account_id)


async def take_claim(db: Connection, token_hash: bytes, *, now: datetime) -> Claim | None:
    """Taken and deleted at once."""
    row = await db.fetchrow(
        """
        DELETE FROM legacy_claim WHERE token_hash = $1 AND expires_at > $2
        RETURNING legacy_ids, password_hash, account_id
        """,
        token_hash,
        now,
    )
    return _claim(row) if row else None


async def take_claims_of(db: Connection, account_id: UUID) -> list[UUID]:
    """The old accounts that this account claimed when it was made; an address may be confirmed late."""
    rows = await db.fetch("DELETE FROM legacy_claim WHERE account_id = $1 RETURNING legacy_ids", account_id)
    return [legacy_id for row in rows for legacy_id in row["legacy_ids"]]


async def delete_expired_claims(db: Connection, *, before: datetime) -> None:
    """Those that led to an account stay as long as it waits."""
    await db.execute("DELETE FROM legacy_claim WHERE expires_at < $1 AND account_id IS NULL", before)


def _waiting(row: Any) -> Waiting:
    return Waiting(row["id"], row["tool_id"], row["source_key"], row["wrapped"])


def _claim(row: Any) -> Claim:
    return Claim(list(row["legacy_ids"]), row["password_hash"], row["account_id"])
