"""Saving "my data": load, decide, save, append the event."""

from datetime import date, datetime
from uuid import UUID

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.handlers import get_account, profile_changed
from services.identity.accounts.rules import Account
from services.identity.keys.rules import MasterKey
from services.identity.profiles import rules, store
from services.identity.profiles.problems import ProfileChangedMeanwhile
from services.identity.profiles.rules import MyData
from shared import outbox
from shared.db import Connection
from shared.pictures import Picture

_PUBLISHED = ("first_name", "last_name", "language")


async def save(
    db: Connection, account_id: UUID, data: MyData, *, master: MasterKey, today: date, now: datetime
) -> tuple[Account, MyData]:
    """All of it or nothing. An event only when something changed that others keep.

    Raises Violations, ProfileChangedMeanwhile.
    """
    await accounts.lock_account(db, account_id)
    account = await get_account(db, account_id)
    checked = rules.check(data, account, today=today)
    if not await store.save_data(db, account_id, checked, now=now):
        raise ProfileChangedMeanwhile()
    await store.set_account_data(db, account_id, checked)
    if any(getattr(checked, name) != getattr(account, name) for name in _PUBLISHED):
        await accounts.bump_version(db, account_id)
        account = await get_account(db, account_id)
        await outbox.append(db, await profile_changed(db, account, master=master))
    await _record(db, account_id, "profile-changed", now=now)
    saved = await get_account(db, account_id)
    return saved, await store.read_data(db, saved)


async def save_picture(db: Connection, account_id: UUID, picture: Picture, *, now: datetime) -> None:
    await store.save_picture(db, account_id, picture, now=now)
    await _record(db, account_id, "picture-changed", now=now)


async def delete_picture(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """Does nothing where there is none."""
    if await store.delete_picture(db, account_id):
        await _record(db, account_id, "picture-removed", now=now)


async def _record(db: Connection, account_id: UUID, action: str, *, now: datetime) -> None:
    await audit.record(db, action, now=now, actor=audit.person(account_id), account_id=account_id)
