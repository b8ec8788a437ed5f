"""Data keys: made with the account, handed to services that may read what was sealed with them."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.identity.keys import store
from services.identity.keys.rules import KEY_BYTES, MasterKey
from services.identity.keys.store import WrappedDataKey
from shared.db import Connection
from shared.sealed import DataKey, Keyring


async def create_data_key(db: Connection, master: MasterKey, subject: UUID, *, now: datetime) -> None:
    wrapped = master.wrap(_purpose(subject, version=1), os.urandom(KEY_BYTES))
    await store.insert_data_key(db, WrappedDataKey(subject, 1, wrapped), master.id, now=now)


async def read_data_keys(db: Connection, master: MasterKey, subjects: Sequence[UUID]) -> Mapping[UUID, DataKey | None]:
    """None for a subject whose key was destroyed, and for one that never had any."""
    keys: dict[UUID, DataKey | None] = dict.fromkeys(subjects)
    for found in await store.find_data_keys(db, subjects):
        if found.wrapped is not None:
            key = master.unwrap(_purpose(found.subject, version=found.version), found.wrapped)
            keys[found.subject] = DataKey(found.version, key)
    return keys


async def keyring_of(db: Connection, master: MasterKey, subject: UUID) -> Keyring:
    """Seals for one person, inside the transaction that may only just have made their key."""

    async def load(subjects: list[UUID]) -> Mapping[UUID, DataKey | None]:
        return await read_data_keys(db, master, subjects)

    keyring = Keyring(load)
    await keyring.fetch([subject])
    return keyring


def _purpose(subject: UUID, *, version: int) -> str:
    return f"data-key:{subject}:{version}"
