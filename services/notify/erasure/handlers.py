"""The last that a person hears: one mail, and then nobody knows any more where it went."""

from datetime import datetime, timedelta
from uuid import UUID

from services.notify.bounces import store as bounces
from services.notify.erasure import store
from services.notify.mails.store import delete_deliveries
from services.notify.preferences import store as preferences
from services.notify.recipients import store as recipients
from services.notify.webhooks import log_store as webhooks
from shared import outbox
from shared.db import Connection
from shared.events.identity import AccountPurged

FAREWELL = "erasure-done"
# A mail server may be away for days; but not for ever should an address wait for it.
TRIED_FOR = timedelta(days=7)


async def leave(db: Connection, account_id: UUID) -> None:
    """Everything but the address and the language goes, also the mails that are still to be sent. May be repeated."""
    await store.mark_leaving(db, account_id)
    await recipients.drop_person(db, account_id)
    await delete_deliveries(db, account_id)
    await preferences.delete_of(db, account_id)
    await bounces.delete_of(db, account_id)
    await _report(db, account_id, "purged")


async def say_farewell(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """Where no address is known, or was known until now, there is nothing left to do but to say so."""
    await store.lock_recipient(db, account_id)  # while the last mail is being ended, nobody begins another
    known = (await recipients.find_recipients(db, [account_id])).get(account_id)
    if known is None or not known.email:
        await forget(db, account_id)
        return
    if await store.insert_farewell(db, account_id, FAREWELL, expires_at=now + TRIED_FOR):
        db.mark("job")


async def forget(db: Connection, account_id: UUID) -> None:
    """The last mail has left, or never can. May be repeated."""
    await erase(db, account_id)
    await _report(db, account_id, "told")


async def erase(db: Connection, account_id: UUID) -> None:
    await recipients.erase_recipient(db, account_id)
    await recipients.drop_person(db, account_id)
    await delete_deliveries(db, account_id)
    await preferences.delete_of(db, account_id)
    await bounces.delete_of(db, account_id)
    await store.delete_mail_version(db, account_id)


async def export_of(db: Connection, account_id: UUID) -> dict[str, object]:
    return {
        "recipient": await store.recipient_of(db, account_id),
        "mails": await store.mails_of(db, account_id),
        "returned": await bounces.export_of(db, account_id),
        "choices": await preferences.export_of(db, account_id),
        "told_to_tools": await webhooks.told_about(db, account_id),
    }


async def _report(db: Connection, account_id: UUID, step: str) -> None:
    report = AccountPurged.model_validate({"account_id": account_id, "service": "notify", "step": step})
    await outbox.append(db, report)
