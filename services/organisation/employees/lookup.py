"""Finding someone by exact address or username, so that a manager can add them: no directory, and no way to try out many."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.organisation.employees import lookup_store as store
from services.organisation.employees.rules import State
from services.organisation.employees.store import find_employee
from services.organisation.organisations.membership import Manager
from services.organisation.people.store import name_of
from shared.client import RemoteProblem, ServiceClient
from shared.db import Connection
from shared.errors import Conflict, TooMany
from shared.markers import N_

FOUND_COUNTS = timedelta(hours=1)
KEPT = timedelta(days=1)
"""As long as the longest window below."""


@dataclass(frozen=True)
class Limit:
    """So many look-ups by one manager, wherever they manage, and by all managers of one organisation."""

    window: timedelta
    by_manager: int
    by_organisation: int


LIMITS = (Limit(timedelta(hours=1), 20, 60), Limit(timedelta(days=1), 60, 200))


class TooManyLookups(TooMany):
    code = "too-many-lookups"
    message = N_("You have looked for many people. Wait a while, or ask people to join by themselves.")


class LookUpFirst(Conflict):
    code = "look-up-first"
    message = N_("Look this person up again: it was too long ago.")


@dataclass(frozen=True)
class Found:
    account_id: UUID
    name: str
    state: State | None


async def begin(db: Connection, manager: Manager, *, now: datetime) -> int:
    """The number of the look-up, which counts whatever comes of it. The organisation is locked. Raises TooManyLookups."""
    await store.lock_manager(db, manager.account_id)
    for limit in LIMITS:
        counts = await store.counts_since(db, manager.account_id, manager.organisation_id, since=now - limit.window)
        if counts.by_manager >= limit.by_manager or counts.by_organisation >= limit.by_organisation:
            raise TooManyLookups(retry_after_s=int(limit.window.total_seconds()))
    return await store.insert_lookup(db, manager.organisation_id, manager.account_id, now=now)


async def ask(identity: ServiceClient, *, email: str | None, username: str | None) -> UUID | None:
    """Who is active and has exactly this address or username. Raises ServiceUnavailable."""
    try:
        answer = await identity.post("/internal/accounts/lookup", {"email": email, "username": username})
    except RemoteProblem as problem:
        if problem.status == 404:
            return None
        raise
    return UUID(answer["account_id"])


async def end(db: Connection, manager: Manager, lookup_id: int, account_id: UUID) -> Found:
    await store.save_found(db, lookup_id, account_id)
    known = await find_employee(db, manager.organisation_id, account_id)
    return Found(account_id, await name_of(db, account_id), known.state if known else None)


async def check_found(db: Connection, manager: Manager, account_id: UUID, *, now: datetime) -> None:
    """An account's id is no secret: only who knew the address or username may add the person. Raises LookUpFirst."""
    if not await store.was_found(db, manager.organisation_id, manager.account_id, account_id, since=now - FOUND_COUNTS):
        raise LookUpFirst()
