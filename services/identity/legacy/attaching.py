"""An old account becomes part of an account: its credentials end, and what belonged to it is announced as the account's."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.keys.handlers import keyring_of
from services.identity.keys.rules import MasterKey
from services.identity.legacy import store
from services.identity.legacy.rules import Record
from services.identity.legacy.store import Attached, Waiting, legacy_purpose
from shared import outbox
from shared.db import Connection
from shared.events.identity import LegacyAccountAttached, LegacyMembership
from shared.sealed import Sealed

PURPOSE = "legacy_name"
"""What an old account was called is sealed for this, with its owner's data key."""


def open_record(waiting: Waiting, master: MasterKey) -> Record:
    return Record.of_bytes(master.unwrap(legacy_purpose(waiting.source_key), waiting.wrapped))


async def attach(
    db: Connection, account_id: UUID, legacy_ids: Sequence[UUID], *, master: MasterKey, now: datetime
) -> int:
    """Those of them that still wait; returns how many. Of two who want one at once the second gets none."""
    await accounts.lock_account(db, account_id)
    waiting = await store.lock_waiting(db, legacy_ids)
    account = await accounts.find_account(db, account_id)
    if account is None or not waiting:
        return 0
    keyring = await keyring_of(db, master, account_id)
    for one in sorted(waiting, key=lambda one: one.tool_id):
        record = open_record(one, master)
        called = keyring.seal(account_id, PURPOSE, record.username or record.email)
        await store.attach(db, one.id, account_id, called, now=now)
        attached = LegacyAccountAttached(
            version=await accounts.bump_version(db, account_id),
            account_id=account_id,
            legacy_tool_id=one.tool_id,
            attached_at=now,
            email=keyring.seal(account_id, "email", account.email),
            memberships=tuple(
                LegacyMembership(
                    enterprise_number=membership.enterprise_number,
                    employee_type=membership.type,
                    manager=membership.manager,
                )
                for membership in record.memberships
            ),
            trusted=record.is_trusted,
        )
        await outbox.append(db, attached)
        await audit.record(
            db,
            "old-account-attached",
            now=now,
            actor=audit.person(account_id),
            account_id=account_id,
            details={"legacy_account_id": str(one.id), "tool_id": one.tool_id},
        )
    return len(waiting)


async def attach_claimed(db: Connection, account_id: UUID, *, master: MasterKey, now: datetime) -> None:
    """What was claimed when this account was made, now that its address is confirmed."""
    legacy_ids = await store.take_claims_of(db, account_id)
    if legacy_ids:
        await attach(db, account_id, legacy_ids, master=master, now=now)


async def attached_of(db: Connection, account_id: UUID, *, master: MasterKey) -> list[tuple[Attached, str]]:
    """Each with how it was called."""
    found = await store.attached_of(db, account_id)
    keyring = await keyring_of(db, master, account_id)
    return [(one, keyring.open(Sealed(one.shown_as), PURPOSE) or "") for one in found]
