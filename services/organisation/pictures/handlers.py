"""Showing another logo or cover picture."""

from datetime import datetime
from uuid import UUID

from services.organisation.data.handlers import tell
from services.organisation.organisations.membership import Manager
from services.organisation.pictures import store
from services.organisation.pictures.rules import Kind
from shared.db import Connection
from shared.pictures import Picture


async def save_picture(db: Connection, manager: Manager, kind: Kind, picture: Picture, *, now: datetime) -> UUID:
    """Return its name, which is made of what it shows: the same picture again changes nothing. The organisation is locked."""
    name = UUID(picture.sha256[:32])
    if (await store.picture_names(db, manager.organisation_id)).get(kind) != name:
        await store.save_picture(db, manager.organisation_id, kind, name, picture.body, now=now)
        await _follow(db, manager, kind, f"change-{kind}")
    return name


async def delete_picture(db: Connection, manager: Manager, kind: Kind) -> None:
    """Does nothing where there is none. The organisation is locked."""
    if await store.delete_picture(db, manager.organisation_id, kind):
        await _follow(db, manager, kind, f"remove-{kind}")


async def _follow(db: Connection, manager: Manager, kind: Kind, action: str) -> None:
    await manager.record(db, action)
    if kind == "logo":
        await tell(db, manager.organisation_id, by=manager.account_id)
