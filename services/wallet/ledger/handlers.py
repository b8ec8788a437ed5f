"""Opening a wallet, finding it, and saying that one is low. Each runs in the caller's transaction."""

from datetime import datetime
from uuid import UUID

from services.wallet.ledger import store
from services.wallet.ledger.rules import EUR, WalletNotFound, credits_of, wallet_id_of
from services.wallet.ledger.store import Wallet
from shared import outbox
from shared.db import Connection
from shared.events.wallet import BalanceLow, WalletOpened

ANNOUNCE_LOW_BALANCE_JOB = "wallet.announce-low-balance"
"""Enqueued by the database function that books charges."""


async def open_wallet(db: Connection, organisation_id: UUID, *, low_threshold_cents: int, now: datetime) -> None:
    if await store.insert_wallet(db, organisation_id, EUR, low_threshold_cents=low_threshold_cents, now=now):
        await outbox.append(db, WalletOpened(wallet_id=organisation_id, version=1))


async def get_wallet_of(db: Connection, organisation_id: UUID) -> Wallet:
    """The organisation's wallet of euros. Raises WalletNotFound, also for the id of a wallet of credits."""
    wallet = await store.get_wallet(db, organisation_id)
    if wallet.unit != EUR:
        raise WalletNotFound()
    return wallet


async def open_credits(db: Connection, organisation_id: UUID, tool_id: str, *, now: datetime) -> UUID:
    """The organisation's wallet of this tool's credits, opened when it has none. Nobody is told that they are few."""
    unit = credits_of(tool_id)
    await store.insert_wallet(db, organisation_id, unit, low_threshold_cents=0, now=now)
    return wallet_id_of(organisation_id, unit)


async def announce_low_balance(db: Connection, wallet_id: UUID) -> None:
    """Once, until the balance has been above the threshold again."""
    low = await store.mark_low(db, wallet_id)
    if low is not None:
        event = BalanceLow(
            wallet_id=wallet_id,
            balance_cents=low.balance_cents,
            threshold_cents=low.low_threshold_cents,
            version=low.version,
        )
        await outbox.append(db, event)
