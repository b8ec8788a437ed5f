"""Staff correct a balance: what is small at once, what is large when a second of them agrees. In the caller's transaction."""

from datetime import datetime, timedelta
from uuid import UUID

from services.wallet import audit
from services.wallet.access.handlers import check_outsider
from services.wallet.adjustments import store
from services.wallet.adjustments.rules import (
    Adjustment,
    AdjustmentMismatch,
    AdjustmentNotFound,
    AvailableShort,
    Limits,
    State,
    UnitUnknown,
    Wish,
    details_of,
    needs_second,
)
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import get_wallet_of, open_credits
from services.wallet.ledger.rules import EUR, BalanceShort, WalletNotFound, tool_of, wallet_id_of
from services.wallet.ledger.store import get_wallet
from shared import outbox
from shared.db import Connection
from shared.events.wallet import WalletAdjusted


async def request(
    db: Connection, wish: Wish, adjustment_id: UUID, *, by: UUID, limits: Limits, ttl: timedelta, now: datetime
) -> Adjustment:
    """Booked at once, or waiting for a second person. adjustment_id: chosen by who asks; sent again, it is the same one.

    Raises what `Wish.check` raises, WalletNotFound, OwnOrganisation, UnitUnknown, AdjustmentMismatch, AvailableShort, WalletFrozen.
    """
    wish.check()
    await get_wallet_of(db, wish.organisation_id)
    await check_outsider(db, wish.organisation_id, by)
    if wish.unit != EUR and not await store.has_unit(db, wish.organisation_id, wish.unit, tool_of(wish.unit)):
        raise UnitUnknown(field="unit")
    await store.lock_adjustments_of(db, wish.organisation_id)
    alone = await store.alone_lately(db, wish, now=now)
    adjustment = Adjustment(
        id=adjustment_id,
        wish=wish,
        needs_second=needs_second(wish, limits, alone_lately=alone),
        state=State.REQUESTED,
        requested_by=by,
        requested_at=now,
        expires_at=now + ttl,
    )
    if not await store.insert_adjustment(db, adjustment):
        return await _asked_before(db, adjustment)
    if not adjustment.needs_second:
        await _book(db, adjustment, by=by, now=now)
        return await get_adjustment(db, adjustment_id)
    await _check_available(db, wish)
    await audit.record(
        db,
        wish.organisation_id,
        "adjustment-requested",
        actor=by,
        by_staff=True,
        reason=wish.description,
        details=details_of(adjustment),
        now=now,
    )
    return adjustment


async def approve(db: Connection, adjustment_id: UUID, *, by: UUID, now: datetime) -> None:
    """Raises AdjustmentNotFound, AdjustmentDecided, SecondPersonNeeded, OwnOrganisation, AvailableShort, WalletFrozen."""
    adjustment = await get_adjustment(db, adjustment_id)
    await check_outsider(db, adjustment.wish.organisation_id, by)
    adjustment.check_second(by, now=now)
    await _book(db, adjustment, by=by, now=now)


async def reject(db: Connection, adjustment_id: UUID, reason: str, *, by: UUID, now: datetime) -> None:
    """Raises AdjustmentNotFound, AdjustmentDecided, SecondPersonNeeded."""
    adjustment = await get_adjustment(db, adjustment_id)
    adjustment.check_second(by, now=now)
    await _end(db, adjustment, State.REJECTED, "adjustment-rejected", reason, by=by, now=now)


async def withdraw(db: Connection, adjustment_id: UUID, *, by: UUID, now: datetime) -> None:
    """Raises AdjustmentNotFound, AdjustmentDecided, NotYourRequest."""
    adjustment = await get_adjustment(db, adjustment_id)
    adjustment.check_own(by, now=now)
    await _end(db, adjustment, State.WITHDRAWN, "adjustment-withdrawn", None, by=by, now=now)


async def get_adjustment(db: Connection, adjustment_id: UUID) -> Adjustment:
    """Locked. Raises AdjustmentNotFound."""
    found = await store.lock_adjustment(db, adjustment_id)
    if found is None:
        raise AdjustmentNotFound()
    return found


async def _asked_before(db: Connection, adjustment: Adjustment) -> Adjustment:
    found = await get_adjustment(db, adjustment.id)
    if (found.wish, found.requested_by) != (adjustment.wish, adjustment.requested_by):
        raise AdjustmentMismatch()
    return found


async def _end(
    db: Connection,
    adjustment: Adjustment,
    state: State,
    action: audit.Action,
    reason: str | None,
    *,
    by: UUID,
    now: datetime,
) -> None:
    await store.decide(db, adjustment.id, state, decided_by=by, now=now)
    await audit.record(
        db,
        adjustment.wish.organisation_id,
        action,
        actor=by,
        by_staff=True,
        reason=reason,
        details=details_of(adjustment),
        now=now,
    )


async def _book(db: Connection, adjustment: Adjustment, *, by: UUID, now: datetime) -> None:
    wish = adjustment.wish
    wallet_id = wish.organisation_id
    if wish.unit != EUR:
        wallet_id = await open_credits(db, wish.organisation_id, tool_of(wish.unit), now=now)
    postings = [
        Posting("wallet", wish.amount_cents, wallet_id=wallet_id, unit=wish.unit),
        Posting("adjustment", -wish.amount_cents, party=wish.reason, unit=wish.unit),
    ]
    try:
        booked = await book(db, "adjustment", wish.description, postings, related_id=adjustment.id)
    except BalanceShort as short:
        raise AvailableShort(field="amount_cents") from short
    await store.decide(db, adjustment.id, State.BOOKED, decided_by=by, now=now, transaction_id=booked.transaction_id)
    await audit.record(
        db,
        wish.organisation_id,
        "adjustment-booked",
        actor=by,
        by_staff=True,
        reason=wish.description,
        details=details_of(adjustment),
        now=now,
    )
    moved = booked.wallets[wallet_id]
    event = WalletAdjusted(
        wallet_id=wish.organisation_id,
        adjustment_id=adjustment.id,
        amount_cents=wish.amount_cents,
        balance_cents=moved.balance_cents,
        unit=wish.unit,
        version=moved.version,
    )
    await outbox.append(db, event)


async def _check_available(db: Connection, wish: Wish) -> None:
    """Early, so that nobody is asked to approve what cannot be booked. Raises AvailableShort."""
    if wish.amount_cents > 0:
        return
    try:
        wallet = await get_wallet(db, wallet_id_of(wish.organisation_id, wish.unit))
    except WalletNotFound as error:
        raise AvailableShort(field="amount_cents") from error
    if wallet.available_cents + wish.amount_cents < 0:
        raise AvailableShort(field="amount_cents")
