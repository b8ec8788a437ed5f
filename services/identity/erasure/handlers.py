"""An erasure, step by step. Each step may be repeated, comes from whatever noticed that it is time, and does nothing out of turn."""

from datetime import datetime
from uuid import UUID

from services.identity import audit
from services.identity.accounts import codes
from services.identity.accounts import store as accounts
from services.identity.accounts.handlers import get_account
from services.identity.accounts.rules import CodePolicy
from services.identity.erasure import store
from services.identity.erasure.rules import (
    CANCELLABLE,
    SERVICES,
    AlreadyScheduled,
    NoErasure,
    Policy,
    State,
    TooLateToCancel,
)
from services.identity.keys.rules import MasterKey
from services.identity.oidc.logout import end_session_grants
from shared import jobs, outbox
from shared.db import Connection
from shared.errors import Problem
from shared.events.identity import (
    AccountErased,
    DataKeyDestroyed,
    ErasureCancelled,
    ErasureHeld,
    ErasureScheduled,
    ErasureStarted,
)

RELEASE = "erasure-release"
_SERVICE = "service:identity"


async def request(
    db: Connection, account_id: UUID, *, master: MasterKey, codes_policy: CodePolicy, policy: Policy, now: datetime
) -> int:
    """Mails a code; returns after how many seconds there may be another. Raises CodeTooSoon, AlreadyScheduled."""
    await accounts.lock_account(db, account_id)
    account = await get_account(db, account_id)
    erasure = await store.lock_erasure(db, account_id)
    if erasure is not None and erasure.state is not State.REQUESTED:
        raise AlreadyScheduled()
    retry_after_s = await codes.send(db, account, "erasure", master=master, policy=codes_policy, now=now)
    await store.request(db, account_id, now=now, next_at=now + policy.unconfirmed_for)
    await _record(db, "erasure-requested", account_id, now=now)
    return retry_after_s


async def confirm(
    db: Connection, account_id: UUID, entered: str, *, master: MasterKey, policy: Policy, now: datetime
) -> datetime | Problem:
    """When it begins; or why the code was not taken, returned and not raised, because the try that it cost must be committed."""
    await accounts.lock_account(db, account_id)
    erasure = await store.lock_erasure(db, account_id)
    if erasure is None:
        return NoErasure()
    if erasure.state is not State.REQUESTED:
        return erasure.next_at or now
    if refusal := await codes.take(db, account_id, "erasure", entered, master=master, now=now):
        return refusal
    starts_at = now + policy.cooling_off
    await store.move(db, account_id, State.SCHEDULED, next_at=starts_at)
    version = await accounts.bump_version(db, account_id)
    event = ErasureScheduled(version=version, account_id=account_id, scheduled_at=now, starts_at=starts_at)
    await outbox.append(db, event)
    await _record(db, "erasure-scheduled", account_id, now=now)
    return starts_at


async def cancel(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """Does nothing where there is nothing to cancel. Raises TooLateToCancel."""
    await accounts.lock_account(db, account_id)
    erasure = await store.lock_erasure(db, account_id)
    if erasure is None:
        return
    if erasure.state not in CANCELLABLE:
        raise TooLateToCancel()
    await store.delete_erasure(db, account_id)
    await _record(db, "erasure-cancelled", account_id, now=now)
    if erasure.state is not State.REQUESTED:
        version = await accounts.bump_version(db, account_id)
        await outbox.append(db, ErasureCancelled(version=version, account_id=account_id, cancelled_at=now))


async def go_on(db: Connection, account_id: UUID, *, policy: Policy, now: datetime) -> None:
    """It is time to look after this erasure: begin it, ask again, or remind those who are late."""
    erasure = await store.lock_erasure(db, account_id)
    if erasure is None or erasure.next_at is None or erasure.next_at > now:
        return
    match erasure.state:
        case State.REQUESTED:
            await store.delete_erasure(db, account_id)
        case State.SCHEDULED | State.STARTING | State.HELD:
            await store.move(db, account_id, State.STARTING, next_at=now + policy.ask_again_after)
            await jobs.enqueue(
                db, RELEASE, {"account_id": str(account_id)}, key=str(account_id), unique=str(account_id)
            )
        case State.PURGING:
            await store.move(db, account_id, State.PURGING, next_at=now + policy.remind_after)
            version = await store.raise_version(db, account_id)
            await outbox.append(db, ErasureStarted(version=version, account_id=account_id, started_at=now))
        case State.TELLING:
            await store.move(db, account_id, State.TELLING, next_at=now + policy.remind_after)
            version = await store.raise_version(db, account_id)
            await outbox.append(db, DataKeyDestroyed(version=version, account_id=account_id, destroyed_at=now))
        case State.DONE:
            pass


async def hold(db: Connection, account_id: UUID, *, policy: Policy, now: datetime) -> None:
    """The organisation service cannot let the person go yet."""
    await accounts.lock_account(db, account_id)
    erasure = await store.lock_erasure(db, account_id)
    if erasure is None or erasure.state is not State.STARTING:
        return
    await store.move(db, account_id, State.HELD, next_at=now + policy.held_for)
    version = await accounts.bump_version(db, account_id)
    await outbox.append(db, ErasureHeld(version=version, account_id=account_id, held_at=now))
    await _record(db, "erasure-held", account_id, now=now, actor=_SERVICE)


async def start(db: Connection, account_id: UUID, *, master: MasterKey, policy: Policy, now: datetime) -> None:
    """No way back: whatever the account was able to do ends here, and everything that this service knows of the person goes.

    Only the data key stays until nobody needs it any more to understand what was said before.
    """
    sessions = await store.lock_sessions(db, account_id)
    await accounts.lock_account(db, account_id)
    erasure = await store.lock_erasure(db, account_id)
    if erasure is None or erasure.state is not State.STARTING:
        return
    for session_id in sessions:
        await end_session_grants(db, session_id, reason="account-erased", now=now)
    closed = await store.delete_account(db, account_id)
    if closed is None:  # someone else removed it, as when accounts are merged: there is nobody left to erase
        await store.delete_erasure(db, account_id)
        return
    await store.forget_hints(db, closed.sign_ins)
    keys = [master.keyed_hash("throttle", "identifier", name) for name in closed.sign_ins]
    await store.forget_throttles(db, keys)
    version = closed.version + 1
    await store.start(db, account_id, version, SERVICES, now=now, next_at=now + policy.remind_after)
    await outbox.append(db, ErasureStarted(version=version, account_id=account_id, started_at=now))
    await _record(db, "erasure-started", account_id, now=now, actor=_SERVICE)


async def on_purged(
    db: Connection, account_id: UUID, service: str, *, keeps: bool, policy: Policy, now: datetime
) -> None:
    """A service has nothing of the person any more. When none has, nobody needs the data key."""
    erasure = await store.lock_erasure(db, account_id)
    if erasure is None or erasure.state is not State.PURGING:
        return
    await store.save_report(db, account_id, service, keeps=keeps, now=now)
    if set(erasure.missing) - {service}:
        return
    await store.destroy_data_key(db, account_id, now=now)
    await store.save_destroyed(db, account_id, now=now, next_at=now + policy.remind_after)
    version = await store.raise_version(db, account_id)
    await outbox.append(db, DataKeyDestroyed(version=version, account_id=account_id, destroyed_at=now))
    await _record(db, "data-key-destroyed", account_id, now=now, actor=_SERVICE)


async def on_told(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """The last mail is gone, and with it the last address."""
    erasure = await store.lock_erasure(db, account_id)
    if erasure is None or erasure.state is not State.TELLING:
        return
    anonymised = await store.end(db, account_id, now=now)
    version = await store.raise_version(db, account_id)
    await outbox.append(db, AccountErased(version=version, account_id=account_id, erased_at=now, anonymised=anonymised))
    await _record(db, "account-erased", account_id, now=now, actor=_SERVICE)


async def repeat(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """An operator found someone who was erased in a database that was restored: identity's, or another service's.

    Raises NoErasure for someone of whom nothing is known here.
    """
    await accounts.lock_account(db, account_id)
    erasure = await store.lock_erasure(db, account_id)
    if erasure is not None and erasure.state is State.DONE:
        version = await store.raise_version(db, account_id)
        await outbox.append(db, AccountErased(version=version, account_id=account_id, erased_at=now, anonymised=True))
    elif await accounts.find_account(db, account_id) is not None:
        await store.request(db, account_id, now=now, next_at=now)
        await store.move(db, account_id, State.SCHEDULED, next_at=now)
    elif erasure is None:
        raise NoErasure()
    await _record(db, "erasure-repeated", account_id, now=now, actor="service:operator")


async def record_export(db: Connection, account_id: UUID, *, now: datetime) -> None:
    await _record(db, "data-exported", account_id, now=now)


async def _record(db: Connection, action: str, account_id: UUID, *, now: datetime, actor: str | None = None) -> None:
    await audit.record(db, action, now=now, actor=actor or audit.person(account_id), account_id=account_id)
