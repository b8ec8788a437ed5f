"""Managers decide who sees the wallet and when it counts as low. Each function runs in the caller's transaction."""

from datetime import datetime
from uuid import UUID

from services.wallet import audit
from services.wallet.access import viewer_store
from services.wallet.access.managers import Manager
from services.wallet.access.rules import EmployeeNotFound, OwnOrganisation
from services.wallet.access.store import is_member
from services.wallet.ledger.handlers import announce_low_balance
from services.wallet.ledger.store import raise_version
from shared import outbox
from shared.db import Connection
from shared.events.wallet import WalletThresholdChanged, WalletViewerAllowed, WalletViewerDismissed


async def allow(db: Connection, manager: Manager, account_id: UUID, *, now: datetime) -> None:
    """A manager needs no leave, and to allow somebody twice changes nothing. Raises EmployeeNotFound."""
    is_manager = await viewer_store.lock_member(db, manager.wallet_id, account_id)
    if is_manager is None:
        raise EmployeeNotFound()
    if is_manager or not await viewer_store.insert_viewer(
        db, manager.wallet_id, account_id, allowed_by=manager.account_id, now=now
    ):
        return
    await audit.record(
        db, manager.wallet_id, "viewer-allowed", actor=manager.account_id, account_id=account_id, now=now
    )
    moved = await raise_version(db, manager.wallet_id)
    event = WalletViewerAllowed(
        wallet_id=manager.wallet_id, account_id=account_id, allowed_by=manager.account_id, version=moved.version
    )
    await outbox.append(db, event)


async def dismiss(db: Connection, manager: Manager, account_id: UUID, *, now: datetime) -> None:
    if await lose_sight(db, manager.wallet_id, account_id):
        await audit.record(
            db, manager.wallet_id, "viewer-dismissed", actor=manager.account_id, account_id=account_id, now=now
        )


async def lose_sight(db: Connection, organisation_id: UUID, account_id: UUID) -> bool:
    """Also by what befalls them: blocked, removed, or a manager now, who needs no leave. False when they were no viewer."""
    if not await viewer_store.delete_viewer(db, organisation_id, account_id):
        return False
    moved = await raise_version(db, organisation_id)
    event = WalletViewerDismissed(wallet_id=organisation_id, account_id=account_id, version=moved.version)
    await outbox.append(db, event)
    return True


async def check_outsider(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    """Nobody of staff decides about their own organisation's money. Raises OwnOrganisation."""
    if await is_member(db, organisation_id, account_id):
        raise OwnOrganisation()


async def set_threshold(db: Connection, manager: Manager, threshold_cents: int, *, now: datetime) -> None:
    """0: never low. A balance that is low only by the new threshold is announced at once."""
    before = await viewer_store.set_threshold(db, manager.wallet_id, threshold_cents)
    if before is None or before == threshold_cents:
        return
    details = {"from_cents": before, "to_cents": threshold_cents}
    await audit.record(db, manager.wallet_id, "threshold-changed", actor=manager.account_id, now=now, details=details)
    moved = await raise_version(db, manager.wallet_id)
    event = WalletThresholdChanged(wallet_id=manager.wallet_id, threshold_cents=threshold_cents, version=moved.version)
    await outbox.append(db, event)
    await announce_low_balance(db, manager.wallet_id)
