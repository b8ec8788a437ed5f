"""Keeping the copies of names and recognitions, and drawing the consequences."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.organisation.employees.handlers import erase_employee
from services.organisation.employees.store import organisation_ids_of
from services.organisation.organisations.store import lock_organisations
from services.organisation.people import store
from services.organisation.people.store import Held
from services.organisation.registrations.reassess import reassess_person
from shared.db import Connection


async def replace_held(db: Connection, account_id: UUID, held: Sequence[Held], *, version: int, today: date) -> None:
    """The person now holds exactly these."""
    if await store.advance_holder(db, account_id, version):
        await store.forget_others(db, account_id, held)
        await store.upsert_held(db, account_id, held)
        await reassess_person(db, account_id, today=today)


async def add_held(db: Connection, account_id: UUID, held: Held, *, version: int, today: date) -> None:
    if await store.advance_holder(db, account_id, version):
        await store.upsert_held(db, account_id, [held])
        await reassess_person(db, account_id, today=today)


async def drop_held(db: Connection, account_id: UUID, kind: str, source: str, *, version: int, today: date) -> None:
    if await store.advance_holder(db, account_id, version):
        await store.delete_held(db, account_id, kind, source)
        await reassess_person(db, account_id, today=today)


async def erase_person(db: Connection, account_id: UUID, *, version: int, now: datetime) -> None:
    """Nothing of the person stays but ids; whatever stood on them falls."""
    await store.close_holder(db, account_id)
    await store.delete_all_held(db, account_id)
    await store.erase_person(db, account_id, version)
    organisation_ids = await organisation_ids_of(db, account_id)
    await lock_organisations(db, organisation_ids)
    for organisation_id in organisation_ids:
        await erase_employee(db, organisation_id, account_id, now=now)
