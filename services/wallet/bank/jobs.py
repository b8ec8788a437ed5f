"""What was received and is not credited yet, whoever stopped in the middle of it; and what has been known for long enough."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from services.wallet.bank import store
from services.wallet.bank.handlers import credit_received
from shared.db import Database

EVERY_S = 10.0
FORGOTTEN_EVERY_S = 6 * 3_600.0
_AT_ONCE = 200
_FORGOTTEN_AT_ONCE = 1_000


def received_transfers(database: Database) -> Callable[[], Awaitable[None]]:
    async def credit_all() -> None:
        left = 1
        while left:
            async with database.transaction() as db:
                found = await credit_received(db, limit=_AT_ONCE)
            # What another one holds is its own work.
            left = found.left if found.credited + found.waiting else 0

    return credit_all


def forgotten_texts(database: Database, *, keep_days: int) -> Callable[[], Awaitable[None]]:
    """Who paid and what they wrote goes; what was booked, and by what a movement is known again, stays."""

    async def forget() -> None:
        before = (datetime.now(UTC) - timedelta(days=keep_days)).date()
        forgotten = _FORGOTTEN_AT_ONCE
        while forgotten == _FORGOTTEN_AT_ONCE:
            async with database.transaction() as db:
                forgotten = await store.forget_texts(db, before, limit=_FORGOTTEN_AT_ONCE)

    return forget
