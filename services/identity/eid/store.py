"""Links to identity cards, and challenges, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identity.eid.rules import Link
from shared.db import Connection

NUMBER_UNIQUE = "eid_link_number_unique"


@dataclass(frozen=True)
class Challenge:
    nonce: str
    expires_at: datetime


async def save_challenge(db: Connection, session_id: UUID, challenge: Challenge) -> bool:
    """In the place of an earlier one of this session. False: the session does not live."""
    status = await db.execute(
        """
        INSERT INTO eid_challenge (session_id, nonce, expires_at)
        SELECT id, $2, $3 FROM session WHERE id = $1 AND ended_at IS NULL
        ON CONFLICT ON CONSTRAINT eid_challenge_pk DO UPDATE SET nonce = excluded.nonce, expires_at = excluded.expires_at
        """,
        session_id,
        challenge.nonce,
        challenge.expires_at,
    )
    return status == "INSERT 0 1"


async def take_challenge(db: Connection, session_id: UUID) -> Challenge | None:
    """Taken and deleted at once: of two answers only one finds it."""
    row = await db.fetchrow("DELETE FROM eid_challenge WHERE session_id = $1 RETURNING nonce, expires_at", session_id)
    return Challenge(row["nonce"], row["expires_at"]) if row else None


async def delete_expired_challenges(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM eid_challenge WHERE expires_at < $1", before)


async def find_link(db: Connection, account_id: UUID) -> Link | None:
    row = await db.fetchrow(
        "SELECT account_id, number_hash, certificate_sha256 FROM eid_link WHERE account_id = $1", account_id
    )
    return Link(row["account_id"], row["number_hash"], row["certificate_sha256"]) if row else None


async def find_account_of_number(db: Connection, number_hash: bytes) -> UUID | None:
    return await db.fetchval("SELECT account_id FROM eid_link WHERE number_hash = $1", number_hash)


async def save_link(db: Connection, link: Link, hash_key_id: str, *, now: datetime) -> None:
    """Violates NUMBER_UNIQUE where another account linked the same person meanwhile."""
    await db.execute(
        """
        INSERT INTO eid_link (account_id, number_hash, hash_key_id, certificate_sha256, linked_at, renewed_at)
        VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT ON CONSTRAINT eid_link_pk DO UPDATE
        SET certificate_sha256 = excluded.certificate_sha256, renewed_at = excluded.renewed_at
        """,
        link.account_id,
        link.number_hash,
        hash_key_id,
        link.certificate_sha256,
        now,
    )
