"""From the wish to top up to the money in the wallet. Each function runs in the caller's transaction; none calls out."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from services.wallet.access.managers import Manager
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.rules import CURRENCY
from services.wallet.ledger.store import raise_version
from services.wallet.payments.port import Checkout, Method, Payment
from services.wallet.topups import store
from services.wallet.topups.rules import (
    CHECKED_AGAIN_AFTER,
    FIRST_CHECK,
    Credit,
    Fail,
    State,
    TopUp,
    TopUpNotFound,
    decide,
    next_check,
    was_never_opened,
)
from shared import jobs, outbox
from shared.db import Connection
from shared.events.wallet import TopUpFailed, TopUpRequested, WalletToppedUp

FETCH_PAYMENT_JOB = "wallet.fetch-payment"
MAX_DUE = 200
_LOG = structlog.get_logger(__name__)


async def request_top_up(
    db: Connection,
    manager: Manager,
    amount_cents: int,
    method: Method,
    provider: str,
    *,
    top_up_id: UUID,
    now: datetime,
) -> TopUp:
    """Write down the wish before the provider hears of it, so that no payment is ever unknown here."""
    top_up = TopUp(
        id=top_up_id,
        wallet_id=manager.wallet_id,
        amount_cents=amount_cents,
        currency=CURRENCY,
        method=method,
        provider=provider,
        reference=None,
        checkout_url=None,
        requested_by=manager.account_id,
        state=State.CREATED,
        reason=None,
        created_at=now,
        ended_at=None,
    )
    await store.insert_top_up(db, top_up, next_check_at=now + FIRST_CHECK)
    return top_up


async def open_payment(db: Connection, top_up: TopUp, checkout: Checkout, *, now: datetime) -> None:
    """The provider has opened the payment."""
    present = await store.lock_top_up(db, top_up.id)
    if present is None or present.state is not State.CREATED:
        return  # a webhook was faster
    await store.open_payment(db, top_up.id, checkout, next_check_at=next_check(top_up, now=now))
    wallet = await raise_version(db, top_up.wallet_id)
    event = TopUpRequested(
        wallet_id=top_up.wallet_id,
        top_up_id=top_up.id,
        amount_cents=top_up.amount_cents,
        method=top_up.method,
        requested_by=top_up.requested_by,
        version=wallet.version,
    )
    await outbox.append(db, event)


async def give_up(db: Connection, top_up: TopUp, *, now: datetime) -> None:
    """The provider could not be asked: nobody saw a payment page, so nobody is told but the one who asked."""
    present = await store.lock_top_up(db, top_up.id)
    if present is not None and present.state is State.CREATED:
        await store.fail(db, top_up.id, State.FAILED, "provider-unavailable", now=now)


async def settle(db: Connection, provider: str, payment: Payment, *, now: datetime) -> None:
    """Draw the consequences of what the provider says about a payment, once, however often and in whatever order it is said."""
    top_up = await store.lock_top_up_of(db, provider, payment.reference, payment.top_up_id)
    if top_up is None:
        _LOG.warning("payment without top-up", provider=provider, reference=payment.reference)
        return
    match decide(top_up, payment):
        case Credit():
            await _credit(db, top_up, payment, now=now)
        case Fail() as failed:
            if failed.reason == "amount-mismatch":
                _LOG.error("payment of another amount", reference=payment.reference, top_up_id=str(top_up.id))
            await _fail(db, top_up, failed, now=now)
        case None:
            pass


async def _credit(db: Connection, top_up: TopUp, payment: Payment, *, now: datetime) -> None:
    postings = [
        Posting("wallet", top_up.amount_cents, wallet_id=top_up.wallet_id),
        Posting("clearing", -top_up.amount_cents, party=top_up.provider),
    ]
    booked = await book(
        db,
        "top-up",
        payment.method or top_up.method,
        postings,
        account_id=top_up.requested_by,
        related_id=top_up.id,
    )
    wallet = booked.wallets[top_up.wallet_id]
    await store.insert_payment_effect(
        db, top_up.provider, payment.reference, booked.transaction_id, top_up.amount_cents
    )
    await store.complete(db, top_up.id, payment.reference, now=now)
    event = WalletToppedUp(
        wallet_id=top_up.wallet_id,
        top_up_id=top_up.id,
        amount_cents=top_up.amount_cents,
        balance_cents=wallet.balance_cents,
        requested_by=top_up.requested_by,
        version=wallet.version,
    )
    await outbox.append(db, event)


async def _fail(db: Connection, top_up: TopUp, failed: Fail, *, now: datetime) -> None:
    await store.fail(db, top_up.id, failed.state, failed.reason, now=now)
    wallet = await raise_version(db, top_up.wallet_id)
    event = TopUpFailed(
        wallet_id=top_up.wallet_id,
        top_up_id=top_up.id,
        amount_cents=top_up.amount_cents,
        reason=failed.reason,
        requested_by=top_up.requested_by,
        version=wallet.version,
    )
    await outbox.append(db, event)


async def show_top_up(db: Connection, top_up: TopUp, *, now: datetime) -> None:
    """Someone looks at it and it is still open: the webhook may be lost, so the provider is asked at once, but not at each look."""
    if top_up.reference is not None and await store.note_check(
        db, top_up.id, now=now, not_since=now - CHECKED_AGAIN_AFTER
    ):
        await ask_provider(db, top_up.provider, top_up.reference)


async def note_references(db: Connection, provider: str, references: Sequence[str]) -> None:
    """Someone says that these payments changed. What cannot be one of ours is not even asked about."""
    for reference in references:
        if await store.may_be_ours(db, provider, reference):
            await ask_provider(db, provider, reference)


async def ask_provider(db: Connection, provider: str, reference: str, *, priority: int = jobs.URGENT) -> None:
    await jobs.enqueue(
        db,
        FETCH_PAYMENT_JOB,
        {"provider": provider, "reference": reference},
        key=reference,
        unique=f"{provider}:{reference}",
        priority=priority,
    )


async def check_overdue(db: Connection, *, now: datetime) -> int:
    """Ask about top-ups of which nothing was heard, and close those that never got as far as the provider. Returns how many."""
    due = await store.take_due(db, now=now, limit=MAX_DUE)
    await store.set_next_checks(db, [(top_up.id, next_check(top_up, now=now)) for top_up in due])
    for top_up in due:
        if top_up.reference is not None:
            await ask_provider(db, top_up.provider, top_up.reference, priority=0)
        elif was_never_opened(top_up, now=now):
            await store.fail(db, top_up.id, State.FAILED, "provider-unavailable", now=now)
    return len(due)


async def get_top_up(db: Connection, top_up_id: UUID) -> TopUp:
    """Raises TopUpNotFound."""
    found = await store.find_top_up(db, top_up_id)
    if found is None:
        raise TopUpNotFound()
    return found
