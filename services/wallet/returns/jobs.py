"""Sending refunds to the provider, and the timer that asks what became of them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

from services.wallet.payments.port import (
    PaymentProvider,
    PaymentsBusy,
    PaymentUnknown,
    Refund,
    RefundOrder,
    RefundRefused,
)
from services.wallet.returns import store
from services.wallet.returns.refunds import follow_refund, refuse_refund
from services.wallet.returns.rules import RefundState, TopUpRefund, next_check
from services.wallet.topups.handlers import MAX_DUE, ask_provider
from services.wallet.topups.rules import TopUp
from services.wallet.topups.store import find_top_up
from shared.db import Database
from shared.jobs import Job, JobHandler, Retry

DESCRIPTION = "Wallet top-up refunded"
"""On the payer's statement of account. In English for all: a refund knows no language."""


def send_refund_job(database: Database, payments: PaymentProvider) -> JobHandler:
    """Look first, then ask: a process that died, or an answer that was lost, may have asked already, longer ago than the provider
    remembers keys."""

    async def send(job: Job) -> None:
        refund_id = UUID(job.payload["refund_id"])
        async with database.acquire() as db:
            refund = await store.find_refund(db, refund_id)
            top_up = await find_top_up(db, refund.top_up_id) if refund else None
        if refund is None or top_up is None or refund.state is not RefundState.REQUESTED:
            return
        try:
            at_provider = await _sent(payments, top_up, refund)
        except PaymentsBusy as busy:
            raise Retry(busy.after_s) from busy
        except (RefundRefused, PaymentUnknown):
            async with database.transaction() as db:
                await refuse_refund(db, refund_id, now=datetime.now(UTC))
            return
        async with database.transaction() as db:
            await follow_refund(db, refund_id, at_provider, now=datetime.now(UTC))

    return send


async def _sent(payments: PaymentProvider, top_up: TopUp, refund: TopUpRefund) -> Refund:
    payment = await payments.fetch(top_up.reference or "")
    for known in payment.refunds:
        if known.refund_id == refund.id:
            return known
    order = RefundOrder(refund.id, payment.reference, refund.amount_cents, top_up.currency, DESCRIPTION)
    return await payments.refund(order)


def overdue_refunds(database: Database) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        found = MAX_DUE
        while found == MAX_DUE:
            found = await _check(database, now=datetime.now(UTC))

    return check


async def _check(database: Database, *, now: datetime) -> int:
    async with database.transaction() as db:
        due = await store.take_due(db, now=now, limit=MAX_DUE)
        for refund_id, created_at, provider, payment in due:
            await store.set_next_check(db, refund_id, next_check(created_at, now=now))
            await ask_provider(db, provider, payment, priority=0)
    return len(due)
