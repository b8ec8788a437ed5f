"""Refunds of top-ups: those that staff ask for, and those that somebody made at the provider. In the caller's transaction; none calls
out.

Locks are taken in one order: the top-up, then its wallet.
"""

from datetime import datetime
from uuid import UUID

import structlog

from services.wallet import audit
from services.wallet.access.handlers import check_outsider
from services.wallet.ledger.booking import Booked
from services.wallet.payments.port import Refund
from services.wallet.payments.store import Effect, effects_of, insert_effect
from services.wallet.returns import store
from services.wallet.returns.movements import give_again, is_frozen, say_frozen, take_back
from services.wallet.returns.rules import (
    RefundMismatch,
    RefundState,
    RefundTooMuch,
    TopUpNotRefundable,
    TopUpRefund,
    left_cents,
    next_check,
    part_of,
    step,
)
from services.wallet.topups.rules import State, TopUp, TopUpNotFound
from services.wallet.topups.store import lock_top_up
from shared import jobs, outbox
from shared.db import Connection
from shared.events.wallet import TopUpRefunded, TopUpRefundFailed

SEND_REFUND_JOB = "wallet.send-refund"
AT_PROVIDER = "provider"
"""The reason of a refund that we did not ask for."""
_LOG = structlog.get_logger(__name__)


async def request_refund(
    db: Connection, top_up_id: UUID, amount_cents: int, reason: str, *, refund_id: UUID, by: UUID, now: datetime
) -> TopUpRefund:
    """Take the money out of the wallet and have the provider send it the way it came. The same id again is the same refund.

    Raises TopUpNotFound, OwnOrganisation, TopUpNotRefundable, RefundTooMuch, RefundMismatch; BalanceShort, WalletFrozen: no more than is
    available.
    """
    top_up = await lock_top_up(db, top_up_id)
    if top_up is None:
        raise TopUpNotFound()
    await check_outsider(db, top_up.wallet_id, by)
    known = await store.find_refund(db, refund_id)
    if known is not None:
        if (known.top_up_id, known.amount_cents) != (top_up_id, amount_cents):
            raise RefundMismatch()
        return known
    if top_up.state is not State.COMPLETED or top_up.reference is None:
        raise TopUpNotRefundable()
    left = await left_of(db, top_up)
    if amount_cents > left:
        raise RefundTooMuch(field="amount_cents", left_cents=left)
    booked = await take_back(db, top_up, "top-up-refund", amount_cents)
    refund = _requested(top_up, refund_id, amount_cents, reason, booked, by=by, now=now)
    await _keep_refund(db, top_up, top_up.reference, refund, str(refund_id), booked)
    details = {"top_up_id": str(top_up.id), "refund_id": str(refund_id), "amount_cents": amount_cents}
    await audit.record(
        db, top_up.wallet_id, "top-up-refunded", actor=by, by_staff=True, reason=reason, details=details, now=now
    )
    payload = {"refund_id": str(refund_id)}
    await jobs.enqueue(db, SEND_REFUND_JOB, payload, key=str(top_up.wallet_id), unique=str(refund_id))
    return refund


def _requested(
    top_up: TopUp, refund_id: UUID, amount_cents: int, reason: str, booked: Booked, *, by: UUID, now: datetime
) -> TopUpRefund:
    return TopUpRefund(
        id=refund_id,
        top_up_id=top_up.id,
        amount_cents=amount_cents,
        reason=reason,
        requested_by=by,
        provider=top_up.provider,
        reference=None,
        state=RefundState.REQUESTED,
        created_at=now,
        ended_at=None,
        transaction_id=booked.transaction_id,
        void_transaction_id=None,
    )


async def left_of(db: Connection, top_up: TopUp) -> int:
    """What of a completed top-up can still be refunded."""
    effects = await effects_of(db, top_up.provider, top_up.reference or "")
    gone = sum(one.amount_cents for one in effects if one.kind == "chargeback")
    back = sum(one.amount_cents for one in effects if one.kind == "chargeback-void")
    return left_cents(top_up.amount_cents, await store.refunds_of(db, top_up.id), gone - back)


async def follow_refund(db: Connection, refund_id: UUID, at_provider: Refund, *, now: datetime) -> None:
    """What the provider says of a refund that we asked for."""
    top_up, refund = await _lock_refund(db, refund_id)
    await advance(db, top_up, refund, at_provider, now=now)


async def refuse_refund(db: Connection, refund_id: UUID, *, now: datetime) -> None:
    """The provider does not send it: its money is in the wallet again."""
    top_up, refund = await _lock_refund(db, refund_id)
    if refund.state is RefundState.REQUESTED:
        await _fail_refund(db, top_up, refund, str(refund.id), None, now=now)


async def notice(db: Connection, top_up: TopUp, at_provider: Refund, *, now: datetime) -> None:
    """Somebody refunded at the provider: the money is gone, whether it is in the wallet or not."""
    was_frozen = await is_frozen(db, top_up)
    booked = await take_back(db, top_up, "top-up-refund", at_provider.amount_cents, overdraw=True)
    is_done = at_provider.status == "refunded"
    refund = TopUpRefund(
        id=booked.transaction_id,
        top_up_id=top_up.id,
        amount_cents=at_provider.amount_cents,
        reason=AT_PROVIDER,
        requested_by=None,
        provider=top_up.provider,
        reference=at_provider.reference,
        state=RefundState.REFUNDED if is_done else RefundState.PENDING,
        created_at=now,
        ended_at=now if is_done else None,
        transaction_id=booked.transaction_id,
        void_transaction_id=None,
    )
    await _keep_refund(db, top_up, at_provider.payment, refund, part_of(at_provider), booked)
    await store.set_next_check(db, refund.id, None if is_done else next_check(now, now=now))
    if booked.wallets[top_up.wallet_id].frozen and not was_frozen:
        await say_frozen(db, top_up, "refund")


async def _keep_refund(
    db: Connection, top_up: TopUp, payment: str, refund: TopUpRefund, part: str, booked: Booked
) -> None:
    await store.insert_refund(db, refund)
    await insert_effect(
        db, top_up.provider, payment, Effect("refund", part, booked.transaction_id, refund.amount_cents)
    )
    wallet = booked.wallets[top_up.wallet_id]
    event = TopUpRefunded(
        wallet_id=top_up.wallet_id,
        top_up_id=top_up.id,
        amount_cents=refund.amount_cents,
        balance_cents=wallet.balance_cents,
        version=wallet.version,
    )
    await outbox.append(db, event)


async def advance(db: Connection, top_up: TopUp, refund: TopUpRefund, at_provider: Refund, *, now: datetime) -> None:
    if refund.amount_cents != at_provider.amount_cents:
        _LOG.error("refund of another amount", refund_id=str(refund.id), reference=at_provider.reference)
        return
    match step(refund.state, at_provider):
        case None:
            pass
        case RefundState.FAILED:
            await _fail_refund(db, top_up, refund, part_of(at_provider), at_provider.reference, now=now)
        case state:
            ended = now if state is RefundState.REFUNDED else None
            await store.set_state(
                db,
                refund.id,
                state,
                reference=at_provider.reference,
                ended_at=ended,
                void_transaction_id=None,
                next_check_at=None if ended else next_check(refund.created_at, now=now),
            )


async def _fail_refund(
    db: Connection, top_up: TopUp, refund: TopUpRefund, part: str, reference: str | None, *, now: datetime
) -> None:
    booked = await give_again(db, top_up, refund.amount_cents, undoes=refund.transaction_id)
    effect = Effect("refund-void", part, booked.transaction_id, refund.amount_cents)
    await insert_effect(db, top_up.provider, top_up.reference or "", effect)
    await store.set_state(
        db,
        refund.id,
        RefundState.FAILED,
        reference=reference,
        ended_at=now,
        void_transaction_id=booked.transaction_id,
        next_check_at=None,
    )
    wallet = booked.wallets[top_up.wallet_id]
    event = TopUpRefundFailed(
        wallet_id=top_up.wallet_id,
        top_up_id=top_up.id,
        amount_cents=refund.amount_cents,
        balance_cents=wallet.balance_cents,
        version=wallet.version,
    )
    await outbox.append(db, event)


async def _lock_refund(db: Connection, refund_id: UUID) -> tuple[TopUp, TopUpRefund]:
    """The refund as it is under its top-up's lock."""
    found = await store.find_refund(db, refund_id)
    top_up = await lock_top_up(db, found.top_up_id) if found else None
    refund = await store.find_refund(db, refund_id)
    if top_up is None or refund is None:
        raise TopUpNotFound()
    return top_up, refund
