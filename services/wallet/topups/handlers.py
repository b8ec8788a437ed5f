"""From the wish to top up to the money in the wallet. Each function runs in the caller's transaction; none calls out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from services.wallet.access.viewers import Viewer
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.rules import CURRENCY
from services.wallet.ledger.store import raise_version
from services.wallet.payments import store as payment_store
from services.wallet.payments.port import Checkout, Method, Payment
from services.wallet.payments.store import Effect
from services.wallet.returns.handlers import book_returns
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
    is_as_asked,
    next_check,
    was_never_opened,
)
from shared import jobs, outbox
from shared.db import Connection
from shared.events.wallet import TopUpFailed, TopUpRequested, WalletToppedUp

FETCH_PAYMENT_JOB = "wallet.fetch-payment"
MAX_DUE = 200
MAX_STRANGERS = 100
_NOTICES_APART = timedelta(seconds=1)
_LOG = structlog.get_logger(__name__)


async def request_top_up(
    db: Connection,
    viewer: Viewer,
    amount_cents: int,
    method: Method,
    provider: str,
    *,
    top_up_id: UUID,
    request_key: str | None,
    now: datetime,
) -> TopUp:
    """Write down the wish before the provider hears of it, so that no payment is ever unknown here.

    The same wish, sent twice, is the top-up that is open for it: its payment is opened once, as its id is the provider's key.
    """
    top_up = TopUp(
        id=top_up_id,
        wallet_id=viewer.organisation_id,
        amount_cents=amount_cents,
        currency=CURRENCY,
        method=method,
        provider=provider,
        reference=None,
        checkout_url=None,
        requested_by=viewer.account_id,
        state=State.CREATED,
        reason=None,
        created_at=now,
        ended_at=None,
        request_key=request_key,
    )
    for _ in range(2):  # an open one may end between the two looks
        if await store.insert_top_up(db, top_up, next_check_at=now + FIRST_CHECK):
            return top_up
        if (present := await store.find_same_wish(db, top_up)) is not None:
            return present
    raise TopUpNotFound()


async def open_payment(db: Connection, top_up: TopUp, checkout: Checkout, *, now: datetime) -> None:
    """The provider has opened the payment."""
    present = await store.lock_top_up(db, top_up.id)
    if present is None or present.state is not State.CREATED:
        return  # a webhook was faster
    await store.open_payment(
        db,
        top_up.id,
        checkout.reference,
        checkout.checkout_url,
        expires_at=checkout.expires_at,
        is_cancelable=checkout.is_cancelable,
        next_check_at=next_check(top_up, now=now),
    )
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
        await _note_stray(db, provider, payment, None, now=now)
        return
    match decide(top_up, payment):
        case Credit():
            await _credit(db, top_up, payment, now=now)
        case Fail() as failed:
            await _fail(db, top_up, failed, now=now)
        case None:
            if top_up.is_open:
                await _note_open(db, top_up, payment, now=now)
    if payment.status == "paid" and not is_as_asked(top_up, payment):
        await _note_stray(db, provider, payment, top_up, now=now)
    elif payment.status == "paid":
        await book_returns(db, top_up, payment, now=now)


async def _note_stray(db: Connection, provider: str, payment: Payment, top_up: TopUp | None, *, now: datetime) -> None:
    """Money that no wallet can have waits for a person. A payment that nobody asked for and nobody paid is nothing."""
    if payment.status != "paid":
        _LOG.info("payment without top-up", provider=provider, reference=payment.reference)
        return
    reason = "amount-mismatch" if top_up else "unknown"
    top_up_id = top_up.id if top_up else None
    if await payment_store.insert_stray(db, provider, payment, reason, top_up_id=top_up_id, now=now):
        _LOG.error("paid, and in no wallet", provider=provider, reference=payment.reference, reason=reason)


async def _note_open(db: Connection, top_up: TopUp, payment: Payment, *, now: datetime) -> None:
    """Still open: if its opening was not noted, the process died or the provider's answer was lost."""
    if top_up.reference is not None:
        await store.note_answer(db, top_up.id, payment)
    elif payment.checkout_url is not None:
        checkout = Checkout(payment.reference, payment.checkout_url, payment.expires_at, payment.is_cancelable)
        await open_payment(db, top_up, checkout, now=now)


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
    effect = Effect("paid", "", booked.transaction_id, top_up.amount_cents)
    await payment_store.insert_effect(db, top_up.provider, payment.reference, effect)
    await store.complete(db, top_up.id, payment.reference, now=now)
    event = WalletToppedUp(
        wallet_id=top_up.wallet_id,
        top_up_id=top_up.id,
        amount_cents=top_up.amount_cents,
        balance_cents=wallet.balance_cents,
        requested_by=top_up.requested_by,
        method=payment.method or top_up.method,
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


async def note_references(db: Connection, provider: str, references: Sequence[str], *, now: datetime) -> None:
    """Someone says that these payments changed. What cannot be one of ours is not even asked about, and anyone may say it as often as
    they like: one payment is asked about once a second at most, and few are that nobody knows."""
    for reference in references:
        is_known, asked_at = await payment_store.note_notice(db, provider, reference, now=now)
        if is_known:
            run_at = asked_at + _NOTICES_APART if asked_at and asked_at + _NOTICES_APART > now else None
            await ask_provider(db, provider, reference, run_at=run_at)
        elif await payment_store.may_ask_about_strangers(db, provider, FETCH_PAYMENT_JOB, limit=MAX_STRANGERS):
            await ask_provider(db, provider, reference, priority=-1)


async def ask_provider(
    db: Connection, provider: str, reference: str, *, priority: int = jobs.URGENT, run_at: datetime | None = None
) -> None:
    await jobs.enqueue(
        db,
        FETCH_PAYMENT_JOB,
        {"provider": provider, "reference": reference},
        key=reference,
        unique=f"{provider}:{reference}",
        priority=priority,
        run_at=run_at,
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
