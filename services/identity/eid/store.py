"""Links to identity cards, and challenges, one statement a function."""

from collections.abc import Sequence
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


async def save_visitor_challenge(db: Connection, binding: bytes, challenge: Challenge) -> None:
    """In the place of an earlier one of this browser."""
    await db.execute(
        """
        INSERT INTO eid_visitor_challenge (binding, nonce, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT eid_visitor_challenge_pk DO UPDATE
        SET nonce = excluded.nonce, expires_at = excluded.expires_at
        """,
        binding,
        challenge.nonce,
        challenge.expires_at,
    )


async def take_challenge(db: Connection, session_id: UUID) -> Challenge | None:
    """Taken and deleted at once: of two answers only one finds it."""
    row = await db.fetchrow("DELETE FROM eid_challenge WHERE session_id = $1 RETURNING nonce, expires_at", session_id)
    return Challenge(row["nonce"], row["expires_at"]) if row else None


async def take_visitor_challenge(db: Connection, binding: bytes) -> Challenge | None:
    """Taken and deleted at once, as `take_challenge`."""
    row = await db.fetchrow("DELETE FROM eid_visitor_challenge WHERE binding = $1 RETURNING nonce, expires_at", binding)
    return Challenge(row["nonce"], row["expires_at"]) if row else None


async def delete_expired_challenges(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM eid_challenge WHERE expires_at < $1", before)


async def delete_expired_visitor_challenges(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM eid_visitor_challenge WHERE expires_at < $1", before)


async def lock_numbers(db: Connection, hashes: Sequence[bytes]) -> None:
    """Whoever is about to link, under whichever of these keys, waits until the transaction ends.

    The unique constraint guards one key; while keys change, two accounts could otherwise link one person under one key each.
    """
    numbers = sorted(int.from_bytes(number_hash[:8], "big", signed=True) for number_hash in hashes)
    await db.execute("SELECT pg_advisory_xact_lock(n) FROM unnest($1::bigint[]) AS n", numbers)


async def find_link(db: Connection, account_id: UUID) -> Link | None:
    row = await db.fetchrow(
        """
        SELECT account_id, number_hash, certificate_sha256, hash_key_id, kind, certificate_ending, valid_until, linked_at, used_at,
               number_sent_at
        FROM eid_link WHERE account_id = $1
        """,
        account_id,
    )
    return Link(**row) if row else None


async def find_account_of_number(db: Connection, hashes: Sequence[bytes]) -> UUID | None:
    """hashes: of one person, under each key."""
    return await db.fetchval("SELECT account_id FROM eid_link WHERE number_hash = ANY ($1::bytea[])", list(hashes))


async def save_link(db: Connection, link: Link, *, now: datetime) -> None:
    """Violates NUMBER_UNIQUE where another account linked the same person meanwhile."""
    await db.execute(
        """
        INSERT INTO eid_link (
            account_id, number_hash, hash_key_id, certificate_sha256, kind, certificate_ending, valid_until, linked_at, renewed_at,
            used_at, number_sent_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $8)
        ON CONFLICT ON CONSTRAINT eid_link_pk DO UPDATE
        SET number_hash = excluded.number_hash, hash_key_id = excluded.hash_key_id,
            certificate_sha256 = excluded.certificate_sha256, certificate_ending = excluded.certificate_ending,
            valid_until = excluded.valid_until, renewed_at = $8, used_at = $8, number_sent_at = $8
        """,
        link.account_id,
        link.number_hash,
        link.hash_key_id,
        link.certificate_sha256,
        link.kind,
        link.certificate_ending,
        link.valid_until,
        now,
    )


async def touch_link(
    db: Connection, account_id: UUID, number_hash: bytes, hash_key_id: str, *, number_sent: bool, now: datetime
) -> None:
    """The same card came by: its number stands under the current key from now on."""
    await db.execute(
        """
        UPDATE eid_link
        SET number_hash = $2, hash_key_id = $3, used_at = $4, number_sent_at = CASE WHEN $5 THEN $4 ELSE number_sent_at END
        WHERE account_id = $1
        """,
        account_id,
        number_hash,
        hash_key_id,
        now,
        number_sent,
    )


async def delete_link(db: Connection, account_id: UUID) -> bool:
    """False where there was none."""
    return await db.execute("DELETE FROM eid_link WHERE account_id = $1", account_id) == "DELETE 1"


async def end_card_sessions(db: Connection, account_id: UUID, *, keep: UUID | None, now: datetime) -> list[UUID]:
    """Sessions in which nothing but the card was shown; but not `keep`."""
    rows = await db.fetch(
        """
        UPDATE session SET ended_at = $3
        WHERE account_id = $1 AND id IS DISTINCT FROM $2 AND ended_at IS NULL AND amr <@ ARRAY['eid']
        RETURNING id
        """,
        account_id,
        keep,
        now,
    )
    return [row["id"] for row in rows]


async def find_auth_time(db: Connection, session_id: UUID) -> datetime | None:
    """When the person proved last in this session who they are."""
    return await db.fetchval("SELECT auth_time FROM session WHERE id = $1", session_id)


async def lower_sessions(db: Connection, account_id: UUID) -> None:
    """Nobody vouches by card any more for who sits there; how they signed in stays on record."""
    await db.execute(
        """
        UPDATE session SET acr = CASE WHEN amr && ARRAY['otp', 'hwk', 'mfa'] THEN 'mfa' ELSE 'pwd' END
        WHERE account_id = $1 AND acr = 'eid' AND ended_at IS NULL
        """,
        account_id,
    )


async def count_links_by_key(db: Connection) -> dict[str, int]:
    rows = await db.fetch("SELECT hash_key_id, count(*) AS links FROM eid_link GROUP BY hash_key_id")
    return {row["hash_key_id"]: row["links"] for row in rows}
