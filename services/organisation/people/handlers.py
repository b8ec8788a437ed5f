"""Keeping the copies of names and recognitions, and drawing the consequences."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.organisation.people import store
from services.organisation.people.store import Held
from services.organisation.registrations.reassess import reassess_person
from shared.db import Connection


async def keep_name(db: Connection, account_id: UUID, first_name: str, last_name: str, *, version: int) -> None:
    """Organisations are locked before the person, as by all who change employees: their lists are sorted by name."""
    await store.lock_memberships(db, account_id)
    await store.upsert_person(db, account_id, first_name, last_name, version)


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
