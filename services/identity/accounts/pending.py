"""Accounts whose address was never confirmed: after a while they are deleted, and their name and address are free again."""

from datetime import datetime
from uuid import UUID

from services.identity import audit
from services.identity.accounts import store
from services.identity.erasure.store import destroy_data_key
from shared import outbox
from shared.db import Connection
from shared.events.identity import AccountErased, ErasureStarted


async def delete_stale(db: Connection, *, before: datetime, now: datetime, limit: int = 200) -> int:
    """Those made before `before`, unless a code of theirs can still be entered. Returns how many; call again while it is `limit`."""
    stale = await store.lock_stale_pending(db, before=before, now=now, limit=limit)
    for account_id in stale:
        await delete(db, account_id, now=now)
    return len(stale)


async def delete(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """The account is pending, and locked. Nothing hangs on an account that was never active, so there is nothing to wait for."""
    version = await store.bump_version(db, account_id)
    await outbox.append(
        db,
        ErasureStarted(version=version, account_id=account_id, started_at=now),
        AccountErased(version=version + 1, account_id=account_id, erased_at=now),
    )
    await audit.record(db, "pending-account-deleted", now=now, actor="service:identity", account_id=account_id)
    await destroy_data_key(db, account_id, now=now)
    await store.delete_account(db, account_id)
