"""What went back of a payment is booked, each part once: refunds, chargebacks, and what undid them. In the caller's transaction."""

from dataclasses import replace
from datetime import datetime

import structlog

from services.wallet.payments.port import Chargeback, Payment, Refund
from services.wallet.payments.store import Effect, effects_of, insert_effect
from services.wallet.returns import store
from services.wallet.returns.movements import give_again, is_frozen, say_frozen, take_back
from services.wallet.returns.refunds import advance, notice
from services.wallet.topups.rules import TopUp
from shared import outbox
from shared.db import Connection
from shared.events.wallet import ChargebackReversed, WalletChargedBack

_LOG = structlog.get_logger(__name__)


async def book_returns(db: Connection, top_up: TopUp, payment: Payment, *, now: datetime) -> None:
    """Book what went back of a payment, as far as it is not booked. The caller holds the top-up's lock; it is credited."""
    if not payment.refunds and not payment.chargebacks:
        return
    top_up = replace(top_up, reference=payment.reference)
    known = await store.refunds_of(db, top_up.id)
    for refund in payment.refunds:
        if not _is_in_its_currency(top_up, refund):
            continue
        mine = next((one for one in known if one.id == refund.refund_id or one.reference == refund.reference), None)
        if mine is not None:
            await advance(db, top_up, mine, refund, now=now)
        elif not refund.is_void:
            await notice(db, top_up, refund, now=now)
    done = {(effect.kind, effect.part): effect for effect in await effects_of(db, top_up.provider, payment.reference)}
    for chargeback in payment.chargebacks:
        if not _is_in_its_currency(top_up, chargeback):
            continue
        taken = done.get(("chargeback", chargeback.reference))
        if taken is None and not chargeback.is_reversed:
            await _charge_back(db, top_up, chargeback)
        elif taken and chargeback.is_reversed and ("chargeback-void", chargeback.reference) not in done:
            await _reverse(db, top_up, chargeback, taken)


def _is_in_its_currency(top_up: TopUp, part: Refund | Chargeback) -> bool:
    if part.currency != top_up.currency:
        _LOG.error("money went back in another currency", reference=part.payment, part=part.reference)
    return part.currency == top_up.currency


async def _charge_back(db: Connection, top_up: TopUp, chargeback: Chargeback) -> None:
    was_frozen = await is_frozen(db, top_up)
    booked = await take_back(db, top_up, "chargeback", chargeback.amount_cents, overdraw=True)
    effect = Effect("chargeback", chargeback.reference, booked.transaction_id, chargeback.amount_cents)
    await insert_effect(db, top_up.provider, chargeback.payment, effect)
    wallet = booked.wallets[top_up.wallet_id]
    event = WalletChargedBack(
        wallet_id=top_up.wallet_id,
        top_up_id=top_up.id,
        amount_cents=chargeback.amount_cents,
        balance_cents=wallet.balance_cents,
        is_frozen=wallet.frozen,
        version=wallet.version,
    )
    await outbox.append(db, event)
    if wallet.frozen and not was_frozen:
        await say_frozen(db, top_up, "chargeback")


async def _reverse(db: Connection, top_up: TopUp, chargeback: Chargeback, taken: Effect) -> None:
    booked = await give_again(db, top_up, taken.amount_cents, undoes=taken.transaction_id)
    effect = Effect("chargeback-void", chargeback.reference, booked.transaction_id, taken.amount_cents)
    await insert_effect(db, top_up.provider, chargeback.payment, effect)
    wallet = booked.wallets[top_up.wallet_id]
    event = ChargebackReversed(
        wallet_id=top_up.wallet_id,
        top_up_id=top_up.id,
        amount_cents=taken.amount_cents,
        balance_cents=wallet.balance_cents,
        version=wallet.version,
    )
    await outbox.append(db, event)
