"""Asking the provider about a payment, and the timer that looks for what was not heard of."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from services.wallet.payments.port import PaymentProvider, PaymentUnknown
from services.wallet.topups.handlers import MAX_DUE, check_overdue, settle
from shared.db import Database
from shared.jobs import Job, JobHandler

_LOG = structlog.get_logger(__name__)


def fetch_payment_job(database: Database, payments: PaymentProvider) -> JobHandler:
    """Fetch outside the transaction, then act."""

    async def fetch(job: Job) -> None:
        provider, reference = str(job.payload["provider"]), str(job.payload["reference"])
        try:
            payment = await payments.fetch(reference)
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
