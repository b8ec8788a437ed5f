"""A manager moves money between two organisations that they manage. In the caller's transaction."""

from datetime import datetime
from uuid import UUID

from services.wallet import audit
from services.wallet.access.managers import Manager
from services.wallet.access.store import is_closed
from services.wallet.ledger.booking import Booked, Posting, book
from services.wallet.ledger.rules import NotAManager
from services.wallet.transfers import store
from services.wallet.transfers.rules import OtherWalletClosed, OtherWalletNotFound, Request, TransferMismatch
from services.wallet.transfers.store import Transfer
from shared import outbox
from shared.db import Connection
from shared.events.wallet import WalletTransferred
from shared.ids import new_id


async def transfer(db: Connection, manager: Manager, request: Request, *, now: datetime) -> tuple[Transfer, bool]:
    """The transfer, and whether it is new: the same key with the same request is the one that was made by it.

    Whoever loses an organisation at this moment does so before or after, not between.
    Raises what `Request.check` raises, NotAManager, OtherWalletNotFound, OtherWalletClosed, TransferMismatch, BalanceShort, WalletFrozen.
    """
    request.check()
    managed = await store.lock_managed(db, manager.account_id, [request.from_wallet_id, request.to_wallet_id])
    if request.from_wallet_id not in managed:
        raise NotAManager()
    if request.to_wallet_id not in managed:
        raise OtherWalletNotFound(field="to")
    if await is_closed(db, request.to_wallet_id):
        raise OtherWalletClosed(field="to")
    transfer_id = new_id()
    if not await store.insert_transfer(db, transfer_id, manager.account_id, request):
        return await _made_before(db, manager.account_id, request), False
    booked = await book(
        db,
        "transfer",
        request.description,
        [
            Posting("wallet", -request.amount_cents, wallet_id=request.from_wallet_id),
            Posting("wallet", request.amount_cents, wallet_id=request.to_wallet_id),
        ],
        transaction_id=transfer_id,
        account_id=manager.account_id,
    )
    await _announce(db, booked, manager.account_id, request)
    await _record(db, transfer_id, manager.account_id, request, now=now)
    gave, got = booked.wallets[request.from_wallet_id], booked.wallets[request.to_wallet_id]
    return Transfer(transfer_id, request, gave.balance_cents, got.balance_cents, booked.booked_at), True


async def _made_before(db: Connection, account_id: UUID, request: Request) -> Transfer:
    """Raises TransferMismatch."""
    found = await store.find_by_key(db, account_id, request.key)
    if found is None or found.request != request:
        raise TransferMismatch(field="key")
    return found


async def _announce(db: Connection, booked: Booked, account_id: UUID, request: Request) -> None:
    sides = (
        (request.from_wallet_id, request.to_wallet_id, -request.amount_cents),
        (request.to_wallet_id, request.from_wallet_id, request.amount_cents),
    )
    events = [
        WalletTransferred(
            wallet_id=wallet_id,
            transfer_id=booked.transaction_id,
            other_wallet_id=other_id,
            amount_cents=amount_cents,
            balance_cents=booked.wallets[wallet_id].balance_cents,
            transferred_by=account_id,
            version=booked.wallets[wallet_id].version,
        )
        for wallet_id, other_id, amount_cents in sides
    ]
    await outbox.append(db, *events)


async def _record(db: Connection, transfer_id: UUID, account_id: UUID, request: Request, *, now: datetime) -> None:
    details = {"transfer_id": str(transfer_id), "amount_cents": request.amount_cents}
    gave = {**details, "other": str(request.to_wallet_id)}
    got = {**details, "other": str(request.from_wallet_id)}
    await audit.record(db, request.from_wallet_id, "transferred", actor=account_id, now=now, details=gave)
    await audit.record(db, request.to_wallet_id, "received", actor=account_id, now=now, details=got)
