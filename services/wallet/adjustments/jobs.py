"""The timer that lets adjustments expire that nobody decided upon."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from services.wallet.adjustments import store
from shared.db import Database

EVERY_S = 300.0


def expired_adjustments(database: Database) -> Callable[[], Awaitable[None]]:
    async def expire() -> None:
        async with database.transaction() as db:
            await store.expire(db, now=datetime.now(UTC))

    return expire
