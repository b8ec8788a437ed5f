"""Failed attempts and the pauses after them, one statement a function."""

from datetime import datetime, timedelta

from services.identity.sessions.rules import Throttle
from shared.db import Connection


async def count_attempt(db: Connection, key: bytes, throttle: Throttle, *, now: datetime) -> bool:
    """Count an attempt as failed before it is judged, so that many at once are no way round. False: it is too early, nothing counts.

    Where there is no pause nothing is blocked, also not for whoever comes at the same moment with a clock that is a little behind.
    """
    row = await db.fetchrow(
        """
        INSERT INTO sign_in_throttle AS t (key, failures, blocked_until, tried_at)
        VALUES ($1, 1, CASE ($3::int[])[1] WHEN 0 THEN to_timestamp(0) ELSE $2::timestamptz + make_interval(secs => ($3::int[])[1]) END, $2)
        ON CONFLICT ON CONSTRAINT sign_in_throttle_pk DO UPDATE
        SET failures = CASE WHEN t.tried_at < $4 THEN 1 ELSE t.failures + 1 END,
            blocked_until = (
                SELECT CASE pause_s WHEN 0 THEN to_timestamp(0) ELSE $2 + make_interval(secs => pause_s) END
                FROM (SELECT ($3::int[])[
                    CASE WHEN t.tried_at < $4 THEN 1 ELSE least(t.failures + 1, cardinality($3::int[])) END
                ]) AS next (pause_s)
            ),
            tried_at = $2
        WHERE t.blocked_until <= $2
        RETURNING failures
        """,
        key,
        now,
        list(throttle.pauses_s),
        now - timedelta(seconds=throttle.forget_s),
    )
    return row is not None


async def find_blocked_until(db: Connection, key: bytes) -> datetime | None:
    return await db.fetchval("SELECT blocked_until FROM sign_in_throttle WHERE key = $1", key)


async def forget_failures(db: Connection, key: bytes) -> None:
    await db.execute("DELETE FROM sign_in_throttle WHERE key = $1", key)


async def forget_attempt(
    db: Connection, identifier_key: bytes | None, address_key: bytes | None, *, now: datetime
) -> None:
    """`forget_failures` and `take_back_attempt` in one, for an attempt that succeeded. None: nothing was counted there."""
    await db.execute(
        """
        WITH forgotten AS (DELETE FROM sign_in_throttle WHERE key = $1)
        UPDATE sign_in_throttle SET failures = greatest(failures - 1, 0), blocked_until = least(blocked_until, $3)
        WHERE key = $2
        """,
        identifier_key,
        address_key,
        now,
    )


async def take_back_attempt(db: Connection, key: bytes, *, now: datetime) -> None:
    """The attempt that was counted was none."""
    await db.execute(
        "UPDATE sign_in_throttle SET failures = greatest(failures - 1, 0), blocked_until = least(blocked_until, $2) WHERE key = $1",
        key,
        now,
    )


async def delete_old_throttles(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM sign_in_throttle WHERE tried_at < $1", before)
