"""Data keys and signing keys, one statement a function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.db import Connection

KeyState = Literal["next", "active", "retired"]

_FIRST_KEY_LOCK = 0x1AA0_1001


@dataclass(frozen=True)
class WrappedDataKey:
    """wrapped: None once destroyed."""

    subject: UUID
    version: int
    wrapped: bytes | None


@dataclass(frozen=True)
class WrappedSigningKey:
    kid: str
    state: KeyState
    public_jwk: Mapping[str, Any]
    wrapped: bytes


async def insert_data_key(db: Connection, key: WrappedDataKey, wrapped_by: str, *, now: datetime) -> None:
    await db.execute(
        "INSERT INTO data_key (subject, version, wrapped, wrapped_by, created_at) VALUES ($1, $2, $3, $4, $5)",
        key.subject,
        key.version,
        key.wrapped,
        wrapped_by,
        now,
    )


async def find_data_keys(db: Connection, subjects: Sequence[UUID]) -> list[WrappedDataKey]:
    """Subjects that never had a key are left out."""
    rows = await db.fetch(
        "SELECT subject, version, wrapped FROM data_key WHERE subject = ANY ($1::uuid[])", list(subjects)
    )
    return [WrappedDataKey(row["subject"], row["version"], row["wrapped"]) for row in rows]


async def lock_signing_keys(db: Connection) -> None:
    """Until the transaction ends nobody else makes or moves a signing key."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", _FIRST_KEY_LOCK)


async def insert_signing_key(db: Connection, key: WrappedSigningKey, wrapped_by: str, *, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO signing_key (kid, state, public_jwk, wrapped, wrapped_by, created_at, activated_at)
        VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $2 = 'next' THEN NULL ELSE $6::timestamptz END)
        """,
        key.kid,
        key.state,
        key.public_jwk,
        key.wrapped,
        wrapped_by,
        now,
    )


async def find_signing_keys(db: Connection) -> list[WrappedSigningKey]:
    """All that are published."""
    rows = await db.fetch("SELECT kid, state, public_jwk, wrapped FROM signing_key ORDER BY created_at, kid")
    return [WrappedSigningKey(row["kid"], row["state"], row["public_jwk"], row["wrapped"]) for row in rows]
