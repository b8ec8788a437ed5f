"""Sessions and the throttling of sign-ins, one statement a function."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.sessions.rules import SESSION_ACRS, Session, SessionAcr, SessionPolicy
from shared.db import Connection


async def use_session(db: Connection, token_hash: bytes, policy: SessionPolicy, *, now: datetime) -> Session | None:
    """The session of this token, if it lives; its idle time begins anew."""
    row = await db.fetchrow(
        """
        UPDATE session SET last_seen_at = $2
        WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > $2 AND last_seen_at > $3
        RETURNING id, account_id, acr, amr, auth_time
        """,
        token_hash,
        now,
        policy.seen_after(now),
    )
    return _session(row) if row else None


async def is_open(db: Connection, session_id: UUID, account_id: UUID, *, now: datetime) -> bool:
    return bool(
        await db.fetchval(
            """
            SELECT EXISTS (
                SELECT FROM session WHERE id = $1 AND account_id = $2 AND ended_at IS NULL AND expires_at > $3
            )
            """,
            session_id,
            account_id,
            now,
        )
    )


async def replace_token(db: Connection, session_id: UUID, token_hash: bytes) -> None:
    """Whoever knew the old token is out."""
    await db.execute("UPDATE session SET token_hash = $2 WHERE id = $1", session_id, token_hash)


async def elevate(
    db: Connection,
    session_id: UUID,
    account_id: UUID,
    *,
    token_hash: bytes,
    acr: SessionAcr,
    methods: Sequence[str],
    now: datetime,
) -> Session | None:
    """The person proved who they are again: never weaker than before, and under another token. None when it has ended meanwhile."""
    row = await db.fetchrow(
        """
        UPDATE session AS s
        SET token_hash = $3, auth_time = $6, last_seen_at = $6,
            acr = CASE WHEN array_position($7::text[], s.acr) < array_position($7, $4) THEN $4 ELSE s.acr END,
            amr = s.amr || ARRAY(SELECT m FROM unnest($5::text[]) AS m WHERE m <> ALL (s.amr))
        WHERE s.id = $1 AND s.account_id = $2 AND s.ended_at IS NULL AND s.expires_at > $6
        RETURNING id, account_id, acr, amr, auth_time
        """,
        session_id,
        account_id,
        token_hash,
        acr,
        list(methods),
        now,
        list(SESSION_ACRS),
    )
    return _session(row) if row else None


async def lock_sessions(db: Connection, account_id: UUID) -> None:
    """Before the account is locked by whoever may end some of them: one order, no deadlock."""
    await db.execute(
        "SELECT FROM session WHERE account_id = $1 AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE", account_id
    )


async def is_known_client(db: Connection, account_id: UUID, key: bytes) -> bool:
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM known_client WHERE account_id = $1 AND key = $2)", account_id, key
        )
    )


async def end_other_sessions(db: Connection, account_id: UUID, *, keep: UUID | None, now: datetime) -> list[UUID]:
    """The sessions that were open, but `keep`."""
    rows = await db.fetch(
        """
        UPDATE session SET ended_at = $3
        WHERE account_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $2
        RETURNING id
        """,
        account_id,
        keep,
        now,
    )
    return [row["id"] for row in rows]


async def end_session(db: Connection, token_hash: bytes, *, now: datetime) -> Session | None:
    row = await db.fetchrow(
        """
        UPDATE session SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL
        RETURNING id, account_id, acr, amr, auth_time
        """,
        token_hash,
        now,
    )
    return _session(row) if row else None


async def end_session_by_id(
    db: Connection, session_id: UUID, *, now: datetime, account_id: UUID | None = None
) -> Session | None:
    """account_id: whose it must be; None for anybody's."""
    row = await db.fetchrow(
        """
        UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL AND ($3::uuid IS NULL OR account_id = $3)
        RETURNING id, account_id, acr, amr, auth_time
        """,
        session_id,
        now,
        account_id,
    )
    return _session(row) if row else None


async def end_expired(db: Connection, policy: SessionPolicy, *, now: datetime, limit: int) -> list[UUID]:
    """Sessions whose time is over, by age or by idleness."""
    rows = await db.fetch(
        """
        UPDATE session SET ended_at = $1
        WHERE id = ANY (ARRAY(
            SELECT id FROM session WHERE ended_at IS NULL AND (expires_at <= $1 OR last_seen_at <= $2)
            LIMIT $3 FOR UPDATE SKIP LOCKED
        ))
        RETURNING id
        """,
        now,
        policy.seen_after(now),
        limit,
    )
    return [row["id"] for row in rows]


async def delete_old_sessions(db: Connection, *, before: datetime) -> None:
    """Their grants go with them."""
    await db.execute("DELETE FROM session WHERE ended_at < $1", before)


def _session(row: Any) -> Session:
    return Session(row["id"], row["account_id"], row["acr"], tuple(row["amr"]), row["auth_time"])
