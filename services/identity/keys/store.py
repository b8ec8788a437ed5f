"""Data keys and signing keys, one statement a function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.keys.rotation import Algorithm
from shared.db import Connection

_SIGNING_KEYS_LOCK = 0x1AA0_1001


@dataclass(frozen=True)
class WrappedDataKey:
    """wrapped: None once destroyed."""

    subject: UUID
    version: int
    wrapped: bytes | None


@dataclass(frozen=True)
class WrappedSigningKey:
    """activates_at: when it begins to sign; until then it is only published."""

    kid: str
    algorithm: Algorithm
    public_jwk: Mapping[str, Any]
    wrapped: bytes
    activates_at: datetime


async def insert_data_key(db: Connection, key: WrappedDataKey, wrapped_by: str, *, now: datetime) -> None:
    await db.execute(
        "INSERT INTO data_key (subject, version, wrapped, wrapped_by, created_at) VALUES ($1, $2, $3, $4, $5)",
        key.subject,
        key.version,
        key.wrapped,
        wrapped_by,
        now,
    )


async def is_an_accounts(db: Connection, subject: UUID) -> bool:
    """Whether the key belongs to an account, or did: also to one that was erased, or became part of another."""
    return await db.fetchval(
        """
        SELECT EXISTS (SELECT FROM account WHERE id = $1) OR EXISTS (SELECT FROM erasure WHERE account_id = $1)
            OR EXISTS (SELECT FROM merged_account WHERE account_id = $1)
        """,
        subject,
    )


async def add_data_key(db: Connection, key: WrappedDataKey, wrapped_by: str, *, now: datetime) -> None:
    """Does nothing where there is one, or was."""
    await db.execute(
        """
        INSERT INTO data_key (subject, version, wrapped, wrapped_by, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT data_key_pk DO NOTHING
        """,
        key.subject,
        key.version,
        key.wrapped,
        wrapped_by,
        now,
    )


async def destroy_data_key(db: Connection, subject: UUID, *, now: datetime) -> None:
    """The row stays, to say so."""
    await db.execute(
        "UPDATE data_key SET wrapped = NULL, destroyed_at = $2 WHERE subject = $1 AND wrapped IS NOT NULL", subject, now
    )


async def find_data_keys(db: Connection, subjects: Sequence[UUID]) -> list[WrappedDataKey]:
    """Subjects that never had a key are left out."""
    rows = await db.fetch(
        "SELECT subject, version, wrapped FROM data_key WHERE subject = ANY ($1::uuid[])", list(subjects)
    )
    return [WrappedDataKey(row["subject"], row["version"], row["wrapped"]) for row in rows]


async def lock_signing_keys(db: Connection) -> None:
    """Until the transaction ends nobody else makes or removes a signing key."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", _SIGNING_KEYS_LOCK)


async def insert_signing_key(db: Connection, key: WrappedSigningKey, wrapped_by: str, *, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO signing_key (kid, algorithm, public_jwk, wrapped, wrapped_by, created_at, activates_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        key.kid,
        key.algorithm,
        key.public_jwk,
        key.wrapped,
        wrapped_by,
        now,
        key.activates_at,
    )


async def find_signing_keys(db: Connection) -> list[WrappedSigningKey]:
    """All that are published, in the order in which they sign."""
    rows = await db.fetch(
        "SELECT kid, algorithm, public_jwk, wrapped, activates_at FROM signing_key ORDER BY algorithm, activates_at"
    )
    return [
        WrappedSigningKey(row["kid"], row["algorithm"], row["public_jwk"], row["wrapped"], row["activates_at"])
        for row in rows
    ]


async def delete_signing_keys(db: Connection, kids: Sequence[str]) -> None:
    await db.execute("DELETE FROM signing_key WHERE kid = ANY ($1::text[])", list(kids))


async def insert_secret(db: Connection, name: str, wrapped: bytes, wrapped_by: str, *, now: datetime) -> None:
    """Does nothing where there is one already."""
    await db.execute(
        """
        INSERT INTO wrapped_secret (name, wrapped, wrapped_by, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT wrapped_secret_pk DO NOTHING
        """,
        name,
        wrapped,
        wrapped_by,
        now,
    )


async def get_secret(db: Connection, name: str) -> bytes:
    rows = await db.fetch("SELECT wrapped FROM wrapped_secret WHERE name = $1", name)
    return rows[0]["wrapped"]
