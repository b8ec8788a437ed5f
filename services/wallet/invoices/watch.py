"""What Prometheus sees of invoices that did not reach their buyers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from prometheus_client import Gauge

from services.wallet.invoices import delivery_store
from shared.db import Database

REPORT_S = 60.0
LATE = timedelta(hours=24)
STATES = ("faulty", "refused", "undelivered", "unaddressed")

IN_TROUBLE = Gauge(
    "immo_wallet_invoices_in_trouble",
    "Invoices that break a rule (faulty), that the access point will not take (refused) or did not take for a day (undelivered),"
    " and wallets that wait for an address (unaddressed); alert on it",
    ["state"],
)


def report(database: Database, *, sends: bool) -> Callable[[], Awaitable[None]]:
    """sends: whether there is an access point. Without one nothing is late, it is never asked."""

    async def work() -> None:
        async with database.acquire() as db:
            found = await delivery_store.counts_by_state(db)
            late = await delivery_store.count_issued_before(db, datetime.now(UTC) - LATE) if sends else 0
            unaddressed = await delivery_store.nameless(db)
        numbers = {**found, "undelivered": late, "unaddressed": unaddressed}
        for state in STATES:
            IN_TROUBLE.labels(state).set(numbers.get(state, 0))

    return work
