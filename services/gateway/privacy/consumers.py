"""The read model forgets a person, and says so."""

from services.gateway.privacy import store
from shared import outbox
from shared.db import Connection
from shared.events.identity import AccountErased, AccountPurged, ErasureStarted
from shared.sealed import Keyring


async def on_erasure_started(db: Connection, event: ErasureStarted, keyring: Keyring) -> None:
    keyring.forget(event.account_id)
    await store.forget(db, event.account_id)
    await outbox.append(db, AccountPurged(account_id=event.account_id, service="gateway"))


async def on_account_erased(db: Connection, event: AccountErased, keyring: Keyring) -> None:
    """Once more, for what was still on its way before."""
    keyring.forget(event.account_id)
    await store.forget(db, event.account_id)
