"""A tool in front of a wallet: it sets money aside, captures and releases."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.wallet.keys.handlers import once
from services.wallet.reservations import handlers
from services.wallet.reservations.handlers import Captured, Reserved
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReserveRequest
from shared.db import Connection, Database
from tests.wallet.book import TOOL, published


class ReservationDesk:
    """A wallet with 50 euros, and a tool in front of it."""

    def __init__(self, database: Database, wallet_id: UUID) -> None:
        self.database = database
        self.wallet_id = wallet_id

    async def reserve(self, key: str, *, excl: int = 1_900, incl: int = 2_299, **more: Any) -> Reserved:
        usual: dict[str, Any] = {"wallet_id": self.wallet_id, "tool_id": TOOL, "vat_rate_bp": 2_100}
        request = ReserveRequest(
            idempotency_key=key,
            amount_excl_cents=excl,
            amount_incl_cents=incl,
            description="An extract",
            **{**usual, **more},
        )
        return await once(self.database, lambda db: handlers.reserve(db, request))

    async def capture(
        self, key: str, reservation_id: UUID, *, excl: int = 1_900, incl: int = 2_299, tool_id: str = TOOL
    ) -> Captured:
        request = CaptureRequest(self.wallet_id, tool_id, key, reservation_id, excl, incl)
        return await once(self.database, lambda db: handlers.capture(db, request))

    async def release(self, key: str, reservation_id: UUID) -> Reserved:
        request = ReleaseRequest(self.wallet_id, TOOL, key, reservation_id)
        return await once(self.database, lambda db: handlers.release(db, request))

    async def money(self) -> tuple[int, int]:
        """Balance and what is held of it."""
        async with self.database.acquire() as db:
            row = await db.fetchrow("SELECT balance_cents, held_cents FROM wallet WHERE id = $1", self.wallet_id)
        assert row is not None
        return row["balance_cents"], row["held_cents"]

    async def events(self, *names: str) -> list[dict[str, Any]]:
        return [event for event in await published(self.database) if event["type"] in names]


async def make_overdue(db: Connection, reservation_id: UUID) -> None:
    """As if it had been made two hours ago."""
    await db.execute("ALTER TABLE reservation DISABLE TRIGGER reservation_goes_forward")
    await db.execute(
        "UPDATE reservation SET reserved_at = reserved_at - $2::interval, expires_at = expires_at - $2::interval WHERE id = $1",
        reservation_id,
        timedelta(hours=2),
    )
    await db.execute("ALTER TABLE reservation ENABLE TRIGGER reservation_goes_forward")
