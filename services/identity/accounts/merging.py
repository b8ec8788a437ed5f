"""Two accounts of one person become one. Whoever asks has proved that it is one person; here is only what cannot be."""

from datetime import datetime
from uuid import UUID

from services.identity import audit
from services.identity.accounts import merging_store as store
from services.identity.accounts import store as accounts
from services.identity.accounts.handlers import get_account, profile_changed
from services.identity.accounts.problems import AccountsUnmergeable, EidsOfDifferentPeople
from services.identity.accounts.rules import Account
from services.identity.erasure import store as erasures
from services.identity.erasure.rules import State
from services.identity.keys.handlers import keyring_of
from services.identity.keys.rules import MasterKey
from services.identity.legacy.attaching import PURPOSE as OLD_NAME
from services.identity.legacy.attaching import attached_of
from services.identity.sessions import store as sessions
from services.identity.sessions.handlers import end_other_sessions
from shared import outbox
from shared.db import Connection
from shared.events.identity import AccountsMerged


async def merge(
    db: Connection, *, into: UUID, merged: UUID, master: MasterKey, now: datetime, actor: str, reason: str
) -> None:
    """`merged` is gone: sessions and grants end, its name, address and password open nothing; its card and old accounts are `into`'s.

    Its data key stays as long as that of `into`, so that what was sealed for it can be read until then. Every service hands over
    what it has when it hears AccountsMerged. actor, reason: for the audit log.

    Raises AccountNotFound, AccountsUnmergeable, EidsOfDifferentPeople.
    """
    if into == merged:
        raise AccountsUnmergeable()
    for account_id in sorted((into, merged)):
        await sessions.lock_sessions(db, account_id)
    for account_id in sorted((into, merged)):
        await accounts.lock_account(db, account_id)
    stays, goes = await get_account(db, into), await get_account(db, merged)
    if stays.state != "active" or goes.state != "active":
        raise AccountsUnmergeable()
    for account_id in (into, merged):
        erasure = await erasures.lock_erasure(db, account_id)
        if (
            erasure is not None and erasure.state is not State.REQUESTED
        ):  # the wish to be erased would be lost, or take both
            raise AccountsUnmergeable()
    if stays.is_eid_linked and goes.is_eid_linked:  # a card is linked once only, so these are two people's
        raise EidsOfDifferentPeople()
    await end_other_sessions(db, merged, keep=None, reason="accounts-merged", actor=actor, now=now)
    await _hand_over_old_accounts(db, goes, stays, master=master)
    await store.hand_over(db, merged, into, now=now)
    if goes.is_eid_linked:
        await _hand_over_card(db, goes, stays, master=master)
    await accounts.delete_account(db, merged)
    version = await accounts.bump_version(db, into)
    await outbox.append(db, AccountsMerged(version=version, account_id=into, merged_account_id=merged))
    await audit.record(
        db,
        "accounts-merged",
        now=now,
        actor=actor,
        account_id=into,
        reason=reason,
        details={"merged_account_id": str(merged), "card_moved": goes.is_eid_linked},
    )


async def _hand_over_card(db: Connection, goes: Account, stays: Account, *, master: MasterKey) -> None:
    """With what was read from it: that is how the person is called."""
    await store.hand_over_card(db, goes.id, stays.id)
    await accounts.set_card_data(
        db,
        stays.id,
        first_name=goes.first_name,
        last_name=goes.last_name,
        birth_date=goes.birth_date,
        sex=goes.sex,
    )
    if (goes.first_name, goes.last_name) != (stays.first_name, stays.last_name):
        await accounts.bump_version(db, stays.id)
        await outbox.append(db, await profile_changed(db, await get_account(db, stays.id), master=master))


async def _hand_over_old_accounts(db: Connection, goes: Account, stays: Account, *, master: MasterKey) -> None:
    """What they were called is sealed anew: it belongs to the other account now."""
    keyring = await keyring_of(db, master, stays.id)
    for old, name in await attached_of(db, goes.id, master=master):
        await store.hand_over_old_account(db, old.id, stays.id, keyring.seal(stays.id, OLD_NAME, name))
