"""Answers and lists of authorities, one statement a function. What is newer is never overwritten by what is older."""

from datetime import datetime

from services.identity.eid.revocation.answers import Answer
from shared.db import Connection


async def find_answer(db: Connection, certificate: bytes, *, now: datetime) -> Answer | None:
    """Unless it is outdated. certificate: SHA-256."""
    row = await db.fetchrow(
        """
        SELECT status, source, this_update, refresh_at, expires_at
        FROM revocation_answer WHERE certificate = $1 AND expires_at > $2
        """,
        certificate,
        now,
    )
    return Answer(**row) if row else None


async def save_answer(db: Connection, certificate: bytes, answer: Answer) -> None:
    await db.execute(
        """
        INSERT INTO revocation_answer (certificate, status, source, this_update, refresh_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT revocation_answer_pk DO UPDATE
        SET status = excluded.status, source = excluded.source, this_update = excluded.this_update,
            refresh_at = excluded.refresh_at, expires_at = excluded.expires_at
        WHERE excluded.this_update >= revocation_answer.this_update
        """,
        certificate,
        answer.status,
        answer.source,
        answer.this_update,
        answer.refresh_at,
        answer.expires_at,
    )


async def find_list(db: Connection, issuer: bytes, address: str) -> bytes | None:
    """DER. issuer: SHA-256 of its certificate."""
    return await db.fetchval("SELECT der FROM revocation_list WHERE issuer = $1 AND address = $2", issuer, address)


async def save_list(
    db: Connection, issuer: bytes, address: str, der: bytes, *, this_update: datetime, next_update: datetime
) -> None:
    await db.execute(
        """
        INSERT INTO revocation_list (issuer, address, der, this_update, next_update)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT revocation_list_pk DO UPDATE
        SET der = excluded.der, this_update = excluded.this_update, next_update = excluded.next_update
        WHERE excluded.this_update >= revocation_list.this_update
        """,
        issuer,
        address,
        der,
        this_update,
        next_update,
    )


async def delete_outdated(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM revocation_answer WHERE expires_at < $1", before)
    await db.execute("DELETE FROM revocation_list WHERE next_update < $1", before)
