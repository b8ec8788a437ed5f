"""What was received and is not credited yet, whoever stopped in the middle of it."""

from collections.abc import Awaitable, Callable

from services.wallet.bank.handlers import credit_received
from shared.db import Database

EVERY_S = 10.0
_AT_ONCE = 200


def received_transfers(database: Database) -> Callable[[], Awaitable[None]]:
    async def credit_all() -> None:
        left = 1
        while left:
            async with database.transaction() as db:
                found = await credit_received(db, limit=_AT_ONCE)
            # What another one holds is its own work.
            left = found.left if found.credited + found.waiting else 0

    return credit_all
