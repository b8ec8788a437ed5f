"""Money that came in and is in no wallet: somebody sees to it, on the record."""

from datetime import datetime
from uuid import UUID

from services.wallet import audit
from services.wallet.payments import store
from services.wallet.returns.rules import StrayNotFound
from shared.db import Connection


async def settle(db: Connection, provider: str, reference: str, note: str, *, by: UUID, now: datetime) -> None:
    """In the record of the wallet that it was meant for; of money that nobody asked for, in one of no wallet. Raises StrayNotFound."""
    settled = await store.settle_stray(db, provider, reference, note, by=by, now=now)
    if settled is None:
        raise StrayNotFound()
    details = {"provider": provider, "reference": reference, "amount_cents": settled.amount_cents}
    await audit.record(
        db,
        settled.organisation_id,
        "stray-payment-settled",
        actor=by,
        by_staff=True,
        reason=note,
        details=details,
        now=now,
    )
