"""A person goes; what was paid stays paid."""

from uuid import UUID

from services.wallet.erasure import store
from shared import outbox
from shared.db import Connection
from shared.events.identity import AccountErased, AccountPurged, ErasureStarted
from shared.sealed import Keyring


async def on_erasure_started(db: Connection, event: ErasureStarted, keyring: Keyring) -> None:
    await store.forget_member(db, event.account_id)
    keeps = await store.is_remembered(db, event.account_id)
    await outbox.append(db, AccountPurged(account_id=event.account_id, service="wallet", keeps=keeps))


async def on_account_erased(db: Connection, event: AccountErased, keyring: Keyring) -> None:
    """Once more, for what was still on its way before."""
    await store.forget_member(db, event.account_id)


async def export_of(db: Connection, account_id: UUID) -> dict[str, object]:
    return {
        "memberships": await store.memberships_of(db, account_id),
        "charges": await store.charges_of(db, account_id),
        "reservations": await store.reservations_of(db, account_id),
        "top_ups": await store.top_ups_of(db, account_id),
        "transfers": await store.transfers_of(db, account_id),
        "purchases": await store.purchases_of(db, account_id),
        "decisions": await store.decisions_of(db, account_id),
    }
