"""The timer that gives back what was set aside for too long."""

from collections.abc import Awaitable, Callable

from services.wallet.reservations.handlers import EXPIRED_AT_ONCE, expire_due
from shared.db import Database


def overdue_reservations(database: Database) -> Callable[[], Awaitable[None]]:
    async def expire() -> None:
        found = EXPIRED_AT_ONCE
        while found == EXPIRED_AT_ONCE:
            async with database.transaction() as db:
                found = await expire_due(db)

    return expire
