"""Data keys: made with the account, handed to services that may read what was sealed with them. And the turns of signing keys."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.identity import audit
from services.identity.keys import rotation, store
from services.identity.keys.rotation import ALGORITHMS, Algorithm, RotationPolicy
from services.identity.keys.rules import KEY_BYTES, MasterKey, SubjectIsAnAccount
from services.identity.keys.signing import new_signing_key
from services.identity.keys.store import WrappedDataKey, WrappedSigningKey
from shared.db import Connection
from shared.sealed import DataKey, Keyring

HASH_ROOT = "hash-root"


async def create_data_key(db: Connection, master: MasterKey, subject: UUID, *, now: datetime) -> None:
    wrapped = master.wrap(data_key_purpose(subject, version=1), os.urandom(KEY_BYTES))
    await store.insert_data_key(db, WrappedDataKey(subject, 1, wrapped), master.id, now=now)


async def add_data_key(db: Connection, master: MasterKey, subject: UUID, *, now: datetime) -> None:
    """For what is no account, such as an invitation. One that was destroyed stays so. Raises SubjectIsAnAccount."""
    await _refuse_accounts(db, subject)
    wrapped = master.wrap(data_key_purpose(subject, version=1), os.urandom(KEY_BYTES))
    await store.add_data_key(db, WrappedDataKey(subject, 1, wrapped), master.id, now=now)


async def destroy_data_key(db: Connection, subject: UUID, *, now: datetime) -> None:
    """What was sealed with it is unreadable from now on. May be repeated. Raises SubjectIsAnAccount."""
    await _refuse_accounts(db, subject)
    await store.destroy_data_key(db, subject, now=now)


async def _refuse_accounts(db: Connection, subject: UUID) -> None:
    """Only an erasure ends the key of a person."""
    if await store.is_an_accounts(db, subject):
        raise SubjectIsAnAccount()


async def read_data_keys(db: Connection, master: MasterKey, subjects: Sequence[UUID]) -> Mapping[UUID, DataKey | None]:
    """None for a subject whose key was destroyed, and for one that never had any."""
    keys: dict[UUID, DataKey | None] = dict.fromkeys(subjects)
    for found in await store.find_data_keys(db, subjects):
        if found.wrapped is not None:
            key = master.unwrap(data_key_purpose(found.subject, version=found.version), found.wrapped)
            keys[found.subject] = DataKey(found.version, key)
    return keys


async def keyring_of(db: Connection, master: MasterKey, subject: UUID) -> Keyring:
    """Seals for one person, inside the transaction that may only just have made their key."""

    async def load(subjects: list[UUID]) -> Mapping[UUID, DataKey | None]:
        return await read_data_keys(db, master, subjects)

    keyring = Keyring(load)
    await keyring.fetch([subject])
    return keyring


async def load_hash_root(db: Connection, master: MasterKey, *, now: datetime) -> None:
    """Keyed hashes come from the root that the first master key gave, whichever is in use now."""
    await store.insert_secret(db, HASH_ROOT, master.wrap(HASH_ROOT, master.hash_root), master.id, now=now)
    master.hash_with(master.unwrap(HASH_ROOT, await store.get_secret(db, HASH_ROOT)))


async def turn_signing_keys(db: Connection, master: MasterKey, policy: RotationPolicy, *, now: datetime) -> None:
    """Make successors in time for them to be published before they sign; remove keys of which nothing is left."""
    await store.lock_signing_keys(db)
    found = await store.find_signing_keys(db)
    for algorithm in ALGORITHMS:
        keys = rotation.of_algorithm(found, algorithm)
        activates_at = rotation.successor_due(keys, policy, now=now)
        if activates_at is not None:
            await _insert_signing_key(db, master, algorithm, activates_at, by="service:identity", now=now)
        gone = [key.kid for key in rotation.outlived(keys, policy, now=now)]
        if gone:
            await store.delete_signing_keys(db, gone)
            details = {"algorithm": algorithm, "kids": gone}
            await audit.record(db, "signing-keys-removed", now=now, actor="service:identity", details=details)


async def rotate_signing_key(
    db: Connection, master: MasterKey, policy: RotationPolicy, algorithm: Algorithm, *, at_once: bool, now: datetime
) -> WrappedSigningKey:
    """The key that signs next. One that waits for its turn already is that key, so this is harmless when repeated.

    at_once: it signs from now on, and all others are withdrawn, because one has leaked: whatever they signed is void.
    """
    await store.lock_signing_keys(db)
    keys = rotation.of_algorithm(await store.find_signing_keys(db), algorithm)
    if at_once:
        await store.delete_signing_keys(db, [key.kid for key in keys])
        details = {"algorithm": algorithm, "kids": [key.kid for key in keys]}
        await audit.record(db, "signing-keys-withdrawn", now=now, actor="service:operator", details=details)
    elif keys[-1].activates_at > now:
        return keys[-1]
    activates_at = now if at_once else now + timedelta(seconds=policy.publish_s)
    return await _insert_signing_key(db, master, algorithm, activates_at, by="service:operator", now=now)


async def _insert_signing_key(
    db: Connection, master: MasterKey, algorithm: Algorithm, activates_at: datetime, *, by: str, now: datetime
) -> WrappedSigningKey:
    key = new_signing_key(master, algorithm, activates_at=activates_at)
    await store.insert_signing_key(db, key, master.id, now=now)
    details = {"algorithm": algorithm, "kid": key.kid, "activates_at": activates_at.isoformat()}
    await audit.record(db, "signing-key-made", now=now, actor=by, details=details)
    return key


def data_key_purpose(subject: UUID, *, version: int) -> str:
    return f"data-key:{subject}:{version}"
