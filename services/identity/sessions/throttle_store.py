"""Failed attempts and the pauses after them, one statement a function."""

from datetime import datetime

from services.identity.sessions.rules import Throttle
from shared.db import Connection


async def count_try(db: Connection, key: bytes, throttle: Throttle, *, now: datetime) -> datetime | None:
    """Count an attempt as failed before it is judged. None, or until when it is too early: then it counts for nothing."""
    return await db.fetchval(
        "SELECT count_try($1, $2, $3, $4)", key, list(throttle.pauses_s), throttle.forget_before(now), now
    )


async def forget_failures(db: Connection, key: bytes) -> None:
    await db.execute("DELETE FROM sign_in_throttle WHERE key = $1", key)


async def forget_attempt(
    db: Connection, identifier_key: bytes | None, address_key: bytes | None, *, now: datetime
) -> None:
    """`forget_failures` and `take_back_attempt` in one, for an attempt that succeeded. None: nothing was counted there."""
    await db.execute("SELECT forget_try($1, $2, $3)", identifier_key, address_key, now)


async def take_back_attempt(db: Connection, key: bytes, *, now: datetime) -> None:
    """The attempt that was counted was none."""
    await db.execute(
        "UPDATE sign_in_throttle SET failures = greatest(failures - 1, 0), blocked_until = least(blocked_until, $2) WHERE key = $1",
        key,
        now,
    )


async def delete_old_throttles(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM sign_in_throttle WHERE tried_at < $1", before)
