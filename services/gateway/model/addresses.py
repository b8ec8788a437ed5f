"""Who cannot be reached by mail, as notify found out."""

from uuid import UUID

from shared.db import Connection
from shared.events import notify
from shared.sealed import Keyring


async def on_address_bounced(db: Connection, event: notify.AddressBounced, _: Keyring) -> None:
    await db.execute(
        "INSERT INTO undeliverable_address (account_id) VALUES ($1) ON CONFLICT (account_id) DO NOTHING",
        event.account_id,
    )


async def on_address_restored(db: Connection, event: notify.AddressRestored, _: Keyring) -> None:
    await forget_undeliverable(db, event.account_id)


async def forget_undeliverable(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM undeliverable_address WHERE account_id = $1", account_id)


async def is_undeliverable(db: Connection, account_id: UUID) -> bool:
    return await db.fetchval("SELECT EXISTS (SELECT FROM undeliverable_address WHERE account_id = $1)", account_id)
