"""Asking the provider about a payment, and the timers that look for what was not heard of."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from services.wallet.payments import store as payment_store
from services.wallet.payments.port import PaymentProvider, PaymentsBusy, PaymentUnknown, Recent
from services.wallet.payments.store import Kind
from services.wallet.returns.rules import part_of
from services.wallet.topups.handlers import MAX_DUE, ask_provider, check_overdue, settle
from shared.db import Database
from shared.jobs import Job, JobHandler, Retry

OVERLAP = timedelta(days=2)
"""What is listed is compared more than once: a payment may be paid long after it was opened."""
_LOG = structlog.get_logger(__name__)


def fetch_payment_job(database: Database, payments: PaymentProvider) -> JobHandler:
    """Fetch outside the transaction, then act."""

    async def fetch(job: Job) -> None:
        provider, reference = str(job.payload["provider"]), str(job.payload["reference"])
        try:
            payment = await payments.fetch(reference)
        except PaymentsBusy as busy:
            raise Retry(busy.after_s) from busy
        except PaymentUnknown:
            # Anyone can send a notice with an invented reference.
            _LOG.info("payment unknown to the provider", provider=provider, reference=reference)
            return
        async with database.transaction() as db:
            await settle(db, provider, payment, now=datetime.now(UTC))

    return fetch


def overdue_top_ups(database: Database) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        found = MAX_DUE
        while found == MAX_DUE:
            async with database.transaction() as db:
                found = await check_overdue(db, now=datetime.now(UTC))

    return check


def reconciliation(database: Database, payments: PaymentProvider) -> Callable[[], Awaitable[None]]:
    """Compare what the provider lists with what is known here, and ask about each payment that did less to the book than it should: its
    opening, its webhook or its refund was not noticed."""

    async def reconcile() -> None:
        now = datetime.now(UTC)
        async with database.acquire() as db:
            until = await payment_store.reconciled_until(db, payments.name) or now
        recent = await payments.list_since(until - OVERLAP)
        async with database.transaction() as db:
            missed = await payment_store.unsettled(db, payments.name, recent.payments, _parts(recent))
            for reference in sorted(missed):
                await ask_provider(db, payments.name, reference, priority=0)
            await payment_store.set_reconciled_until(db, payments.name, now)
        if missed:
            _LOG.warning("payments were missed", provider=payments.name, count=len(missed))

    return reconcile


def _parts(recent: Recent) -> list[tuple[str, Kind, str]]:
    """What went back, and what that should have done to the book."""
    refunds: list[tuple[str, Kind, str]] = [
        (one.payment, "refund-void" if one.is_void else "refund", part_of(one)) for one in recent.refunds
    ]
    return refunds + [
        (one.payment, "chargeback-void" if one.is_reversed else "chargeback", one.reference)
        for one in recent.chargebacks
    ]
