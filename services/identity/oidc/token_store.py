"""Codes and refresh tokens at their use: one statement each, and thus a transaction of its own.

Whether the grant still stands is part of the statement (`standing_grant`): its session, its account and its client must stand too.

Nobody waits for these commits to reach the disk (`hasty`): if PostgreSQL itself crashes, the last half second of them may be forgotten.
A tool then holds a refresh token that nobody knows, and its person signs in again; a code used in that half second could be used once
more before its minute is over, by the same client with the same verifier. Nothing else is lost, and nothing is published from here.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.identity.oidc.rules import Grant
from services.identity.oidc.store import grant_of
from shared.db import Connection


@dataclass(frozen=True)
class Redeemed:
    """A code at its first use. grant: None when it has ended."""

    redirect_uri: str
    code_challenge: str | None
    grant: Grant | None


@dataclass(frozen=True)
class Presented:
    """A refresh token as it is known, whoever brought it."""

    grant_id: UUID
    client_id: str
    is_used: bool
    is_expired: bool


async def redeem_code(
    db: Connection,
    code_hash: bytes,
    client_id: str,
    refresh_hash: bytes | None,
    *,
    seen_after: datetime,
    now: datetime,
) -> Redeemed | None:
    """The code is used up by this; of two at once only one gets it. refresh_hash: of the first refresh token, if there is to be one;
    it ends with the session. seen_after: a session that was not used since is over."""
    row = await db.fetchrow(
        """
        WITH taken AS (
            UPDATE oidc_code SET used_at = $4
            WHERE code_hash = $1 AND client_id = $2 AND used_at IS NULL AND expires_at > $4
            RETURNING grant_id, redirect_uri, code_challenge
        ), live AS (
            SELECT g.* FROM taken AS t JOIN standing_grant AS g ON g.id = t.grant_id
            WHERE g.session_expires_at > $4 AND g.session_seen_at > $5
        ), issued AS (
            INSERT INTO oidc_refresh_token (token_hash, grant_id, expires_at)
            SELECT $3, id, session_expires_at FROM live WHERE $3::bytea IS NOT NULL
        )
        SELECT taken.redirect_uri, taken.code_challenge, live.*
        FROM (SELECT set_config('synchronous_commit', 'off', true)) AS hasty, taken LEFT JOIN live ON true
        """,
        code_hash,
        client_id,
        refresh_hash,
        now,
        seen_after,
    )
    if row is None:
        return None
    return Redeemed(row["redirect_uri"], row["code_challenge"], grant_of(row) if row["id"] else None)


async def rotate(
    db: Connection,
    token_hash: bytes,
    next_hash: bytes,
    client_id: str,
    scopes: list[str],
    *,
    repeatable_after: datetime,
    seen_after: datetime,
    now: datetime,
) -> Grant | None:
    """The grant of a refresh token, which is used up by this and followed by the next one; the session was used.

    scopes: must all be granted. repeatable_after: a token that was used later than this may come again, while its successor is unused.
    """
    row = await db.fetchrow(
        """
        WITH presented AS (
            SELECT t.token_hash, t.grant_id, t.previous_hash
            FROM oidc_refresh_token AS t JOIN oidc_grant AS g ON g.id = t.grant_id
            WHERE t.token_hash = $1 AND g.client_id = $3 AND t.expires_at > $5
              AND (t.used_at IS NULL OR (t.used_at > $6 AND t.superseded_at IS NULL))
            FOR UPDATE OF t
        ), live AS (
            SELECT g.*, p.previous_hash FROM presented AS p JOIN standing_grant AS g ON g.id = p.grant_id
            WHERE g.session_expires_at > $5 AND g.session_seen_at > $7 AND g.scopes @> $4::text[]
        ), used AS (
            UPDATE oidc_refresh_token AS t SET used_at = coalesce(t.used_at, $5) FROM live WHERE t.token_hash = $1
        ), superseded AS (
            UPDATE oidc_refresh_token AS t SET superseded_at = $5
            FROM live WHERE t.token_hash = live.previous_hash AND t.superseded_at IS NULL
        ), seen AS (
            UPDATE session AS s SET last_seen_at = $5 FROM live WHERE s.id = live.session_id
        ), issued AS (
            INSERT INTO oidc_refresh_token (token_hash, grant_id, expires_at, previous_hash)
            SELECT $2, id, session_expires_at, $1 FROM live
            ON CONFLICT ON CONSTRAINT oidc_refresh_token_pk DO NOTHING
        )
        SELECT live.*
        FROM (SELECT set_config('synchronous_commit', 'off', true)) AS hasty, live
        """,
        token_hash,
        next_hash,
        client_id,
        scopes,
        now,
        repeatable_after,
        seen_after,
    )
    return grant_of(row) if row else None


async def find_misused_code(db: Connection, code_hash: bytes, client_id: str) -> UUID | None:
    """The grant of a code that was used before, or is another client's; None for one that merely expired or never was."""
    return await db.fetchval(
        "SELECT grant_id FROM oidc_code WHERE code_hash = $1 AND (used_at IS NOT NULL OR client_id <> $2)",
        code_hash,
        client_id,
    )


async def find_refresh_token(db: Connection, token_hash: bytes, *, now: datetime) -> Presented | None:
    row = await db.fetchrow(
        """
        SELECT t.grant_id, g.client_id, t.used_at IS NOT NULL AS is_used, t.expires_at <= $2 AS is_expired
        FROM oidc_refresh_token AS t JOIN oidc_grant AS g ON g.id = t.grant_id
        WHERE t.token_hash = $1
        """,
        token_hash,
        now,
    )
    return Presented(**row) if row else None
