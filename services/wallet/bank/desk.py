"""Transfers that name no wallet, decided by staff: each with a reason, on the record, and possible to undo. In the caller's transaction."""

from datetime import datetime
from uuid import UUID

from services.wallet import audit
from services.wallet.access.handlers import check_outsider
from services.wallet.adjustments.rules import Limits, SecondPersonNeeded
from services.wallet.bank import desk_store as store
from services.wallet.bank.communications import is_structured
from services.wallet.bank.desk_store import Transfer
from services.wallet.bank.handlers import credit
from services.wallet.bank.refusals import MovementDecided, MovementForeign, MovementNotFound
from services.wallet.bank.store import Credit, set_credited
from services.wallet.bank.suggestions import Suggestion, enterprise_numbers, near_communications
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import get_wallet_of
from services.wallet.ledger.rules import CURRENCY
from shared import outbox
from shared.db import Connection
from shared.events.wallet import WalletAdjusted

MAX_SUGGESTIONS = 10


async def suggestions_for(db: Connection, transfer: Transfer) -> list[Suggestion]:
    """The surest first, each wallet once."""
    said = " ".join(filter(None, (transfer.structured, transfer.free_text)))
    found = await store.of_communications(db, near_communications(said), limit=MAX_SUGGESTIONS)
    if transfer.counterparty_iban:
        found += await store.of_payer(db, transfer.counterparty_iban, limit=MAX_SUGGESTIONS)
    found += await store.of_enterprise_numbers(db, enterprise_numbers(transfer.free_text), limit=MAX_SUGGESTIONS)
    if transfer.counterparty_name:
        found += await store.of_name(db, transfer.counterparty_name, limit=MAX_SUGGESTIONS)
    if transfer.free_text:
        found += await store.of_name(db, transfer.free_text, limit=MAX_SUGGESTIONS)
    once = {one.organisation_id: one for one in reversed(found)}
    return sorted(once.values(), key=found.index)[:MAX_SUGGESTIONS]


async def find_payees(db: Connection, text: str) -> list[Suggestion]:
    """By communication, enterprise number, number of the organisation, or a part of its name."""
    digits = "".join(letter for letter in text if letter in "0123456789")
    if is_structured(digits):
        return await store.of_communications(db, [digits], limit=MAX_SUGGESTIONS)
    numbers = enterprise_numbers(text.upper().replace("BE", " "))
    if numbers:
        return await store.of_enterprise_numbers(db, numbers, limit=MAX_SUGGESTIONS)
    try:
        organisation = await store.of_organisation(db, UUID(text.strip()))
    except ValueError:
        return await store.of_name(db, " ".join(text.split()), limit=MAX_SUGGESTIONS)
    return [organisation] if organisation else []


async def attribute(
    db: Connection, movement_id: UUID, wallet_id: UUID, reason: str, *, by: UUID, limits: Limits, now: datetime
) -> None:
    """Credit this wallet with it. limits: whoever took more out of another wallet than that does not put it into this one alone.

    Raises MovementNotFound, MovementDecided, MovementForeign, OwnOrganisation, SecondPersonNeeded, WalletNotFound.
    """
    transfer = await _locked(db, movement_id, "waiting")
    if transfer.currency != CURRENCY:
        raise MovementForeign()
    await get_wallet_of(db, wallet_id)
    await check_outsider(db, wallet_id, by)
    if transfer.amount_cents > limits.cents and await store.took_from_another(db, movement_id, wallet_id, by):
        raise SecondPersonNeeded()
    one = Credit(transfer.id, transfer.account_iban, transfer.currency, transfer.amount_cents, wallet_id)
    transaction_id = await credit(db, one, wallet_id)
    await set_credited(db, [(movement_id, wallet_id, transaction_id)])
    await store.insert_decision(db, movement_id, "attributed", wallet_id, reason, actor=by, now=now)
    await _record(db, "bank-transfer-attributed", transfer, wallet_id, reason, by=by, now=now)


async def set_aside(db: Connection, movement_id: UUID, reason: str, *, by: UUID, now: datetime) -> None:
    """It is no top-up, or went back to who paid. Raises MovementNotFound, MovementDecided."""
    await _locked(db, movement_id, "waiting")
    await store.set_state(db, movement_id, "set-aside")
    await store.insert_decision(db, movement_id, "set-aside", None, reason, actor=by, now=now)


async def undo(db: Connection, movement_id: UUID, reason: str, *, by: UUID, now: datetime) -> None:
    """It waits again; what was credited is taken back by a booking of its own.

    Raises MovementNotFound, MovementDecided, OwnOrganisation, and BalanceShort or WalletFrozen where it cannot be taken back.
    """
    transfer = await _locked(db, movement_id, "credited", "set-aside")
    if transfer.wallet_id is not None:
        await check_outsider(db, transfer.wallet_id, by)
        await _take_back(db, transfer, transfer.wallet_id)
        await _record(db, "bank-transfer-undone", transfer, transfer.wallet_id, reason, by=by, now=now)
    await store.set_state(db, movement_id, "waiting")
    await store.insert_decision(db, movement_id, "undone", transfer.wallet_id, reason, actor=by, now=now)


async def _take_back(db: Connection, transfer: Transfer, wallet_id: UUID) -> None:
    postings = [
        Posting("wallet", -transfer.amount_cents, wallet_id=wallet_id),
        Posting("bank", transfer.amount_cents, party=transfer.account_iban),
    ]
    # Without a description the statement calls it by its kind.
    booked = await book(db, "adjustment", "", postings, related_id=transfer.transaction_id)
    wallet = booked.wallets[wallet_id]
    event = WalletAdjusted(
        wallet_id=wallet_id,
        adjustment_id=booked.transaction_id,
        amount_cents=-transfer.amount_cents,
        balance_cents=wallet.balance_cents,
        version=wallet.version,
    )
    await outbox.append(db, event)


async def _locked(db: Connection, movement_id: UUID, *states: store.State) -> Transfer:
    found = await store.lock_transfer(db, movement_id)
    if found is None:
        raise MovementNotFound()
    if found.state not in states:
        raise MovementDecided()
    return found


async def _record(
    db: Connection, action: audit.Action, transfer: Transfer, wallet_id: UUID, reason: str, *, by: UUID, now: datetime
) -> None:
    details = {"movement_id": str(transfer.id), "amount_cents": transfer.amount_cents}
    await audit.record(db, wallet_id, action, actor=by, by_staff=True, reason=reason, details=details, now=now)
