"""The run of a month, and the sending of what it issued."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import structlog

from services.wallet.invoices import delivery_store, run_store, store
from services.wallet.invoices.access_point.port import AccessPoint, AccessPointRefused, AccessPointUnavailable
from services.wallet.invoices.handlers import invoice_batch
from services.wallet.invoices.months import Terms, last_month_over, month_of, months_from
from services.wallet.invoices.validation import PeppolRules
from services.wallet.seller import Seller
from shared.db import Database
from shared.jobs import Job, JobHandler, Retry

_LOG = structlog.get_logger(__name__)
EVERY_S = 3_600.0
"""A month is invoiced within the hours after it is over, and what was not possible then in any later one."""
_AGAIN_S = 300.0


@dataclass(frozen=True)
class Ran:
    """What a run did: months it looked at, wallets with something booked, documents issued."""

    months: int
    wallets: int
    documents: int


async def run_until(
    database: Database, seller: Seller, terms: Terms, last: date, *, now: Callable[[], datetime]
) -> Ran:
    """Invoice every month up to `last` that is not invoiced yet, the oldest first. Cut off, the next run goes on where it was."""
    async with database.acquire() as db:
        first = await run_store.first_moment_open(db)
    months = months_from(min(month_of(first) if first else last, last), last)
    wallets = documents = 0
    for month in months:
        after: UUID | None = None
        while True:
            async with database.transaction() as db:
                batch = await invoice_batch(db, seller, terms, month, after=after, now=now())
            wallets += batch.wallets
            documents += batch.documents
            if batch.after is None:
                break
            after = batch.after
    return Ran(len(months), wallets, documents)


def monthly_run(database: Database, seller: Seller, terms: Terms) -> Callable[[], Awaitable[None]]:
    """For a timer that comes around often: there is something to do in the first hours of a month."""

    async def run() -> None:
        ran = await run_until(
            database, seller, terms, last_month_over(datetime.now(UTC)), now=lambda: datetime.now(UTC)
        )
        if ran.documents:
            _LOG.info("invoiced", wallets=ran.wallets, documents=ran.documents)

    return run


def send_invoice_job(database: Database, rules: PeppolRules, access_point: AccessPoint | None) -> JobHandler:
    """Checked before it is sent: what breaks a rule goes nowhere, and an operator is told. Without an access point it stays `issued`."""

    async def send(job: Job) -> None:
        invoice_id = UUID(str(job.payload["invoice_id"]))
        async with database.acquire() as db:
            outgoing = await delivery_store.get_outgoing(db, invoice_id)
        state, reason, reference = "issued", None, None
        if faults := await rules.faults(outgoing.xml):
            state, reason = "faulty", "; ".join(faults)[:2_000]
        elif access_point is not None:
            try:
                state, reference = "sent", await access_point.send(outgoing)
            except AccessPointRefused as error:
                state, reason = "refused", str(error)[:2_000]
            except AccessPointUnavailable as error:
                raise Retry(_AGAIN_S) from error
        if reason is not None:
            _LOG.error("invoice_not_sent", number=outgoing.number, state=state, reason=reason)
        async with database.transaction() as db:
            await store.note_delivery(db, invoice_id, state, now=datetime.now(UTC), reason=reason, reference=reference)

    return send
