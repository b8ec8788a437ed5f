"""What identity announces of an erasure: each step is told, and the last is the end of what is known here."""

from collections.abc import Mapping
from datetime import UTC, datetime

from services.notify.erasure import handlers
from services.notify.mails.handlers import cause_of, tell
from shared.consume import Handler
from shared.db import Connection
from shared.events.base import Event
from shared.events.identity import (
    AccountErased,
    DataKeyDestroyed,
    ErasureCancelled,
    ErasureHeld,
    ErasureScheduled,
    ErasureStarted,
)
from shared.sealed import Keyring


async def on_erasure_scheduled(db: Connection, event: ErasureScheduled, keyring: Keyring) -> None:
    params = {"starts_at": event.starts_at}
    await tell(db, [event.account_id], "erasure-scheduled", cause_of(event), params)


async def on_erasure_cancelled(db: Connection, event: ErasureCancelled, keyring: Keyring) -> None:
    await tell(db, [event.account_id], "erasure-cancelled", cause_of(event), {})


async def on_erasure_held(db: Connection, event: ErasureHeld, keyring: Keyring) -> None:
    """Once a day at most, however often it is tried."""
    cause = f"{event.account_id}:{event.held_at.date()}"
    await tell(db, [event.account_id], "erasure-held", cause, {})


async def on_erasure_started(db: Connection, event: ErasureStarted, keyring: Keyring) -> None:
    await handlers.leave(db, event.account_id)


async def on_data_key_destroyed(db: Connection, event: DataKeyDestroyed, keyring: Keyring) -> None:
    keyring.forget(event.account_id)
    await handlers.say_farewell(db, event.account_id, now=datetime.now(UTC))


async def on_account_erased(db: Connection, event: AccountErased, keyring: Keyring) -> None:
    """Once more, for what was still on its way before."""
    keyring.forget(event.account_id)
    await handlers.erase(db, event.account_id)


HANDLERS: Mapping[type[Event], Handler] = {
    ErasureScheduled: on_erasure_scheduled,
    ErasureCancelled: on_erasure_cancelled,
    ErasureHeld: on_erasure_held,
    ErasureStarted: on_erasure_started,
    DataKeyDestroyed: on_data_key_destroyed,
    AccountErased: on_account_erased,
}
