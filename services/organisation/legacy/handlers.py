"""An older tool's memberships become the platform's: at once where the organisation exists, else when it is created."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.employees import store as employees
from services.organisation.employees.rules import Action, Actor, State, next_state
from services.organisation.employees.store import Employee
from services.organisation.legacy import store
from services.organisation.legacy.store import Expected
from services.organisation.organisations.store import lock_organisations
from services.organisation.publish import publish
from shared.db import Connection
from shared.events.organisation import EmployeeAdded, EmployeeConfirmed, EmployeeRequested, OrganisationEvent


async def take_memberships(db: Connection, account_id: UUID, found: Sequence[Expected], *, now: datetime) -> None:
    """All of one person's. Nothing for somebody who was erased meanwhile, and nothing in an organisation that is closed."""
    if not found or await store.is_erased(db, account_id):
        return
    await store.lock_numbers(db, {one.enterprise_number for one in found})
    known = await store.find_open(db, [one.enterprise_number for one in found])
    await lock_organisations(db, [organisation_id for organisation_id in known.values() if organisation_id])
    await store.expect(db, [one for one in found if one.enterprise_number not in known], now=now)
    for one in found:
        organisation_id = known.get(one.enterprise_number)
        if organisation_id is not None:
            await _adopt(db, organisation_id, one, now=now)


async def take_expected(db: Connection, organisation_id: UUID, enterprise_number: str, *, now: datetime) -> None:
    """The organisation was created in this transaction, and its number locked before."""
    for one in await store.take_expected(db, enterprise_number):
        if not await store.is_erased(db, one.account_id):
            await _adopt(db, organisation_id, one, now=now)


async def _adopt(db: Connection, organisation_id: UUID, one: Expected, *, now: datetime) -> None:
    """An older tool's word counts only where the platform has none of its own, or the person is waiting for just that."""
    known = await employees.find_employee(db, organisation_id, one.account_id)
    if known is None and not one.is_trusted:
        action, by = Action.REQUEST, Actor.SELF
    elif known is None or (known.state is State.REQUESTED and one.is_trusted):
        action, by = Action.ADOPT, Actor.PLATFORM
    else:
        return
    state = next_state(known.state if known else None, action, by=frozenset({by}))
    manager = one.manager and state is State.ACTIVE
    kept = known or Employee(one.account_id, one.type, one.email, None, state, manager=manager, version=1)
    employee = replace(kept, state=state, manager=manager)
    await employees.save_employee(db, organisation_id, employee, now=now)
    await audit.record(
        db,
        action,
        actor="identity",
        origin="LegacyAccountAttached",
        organisation_id=organisation_id,
        account_id=one.account_id,
        details={"type": employee.type, "manager": manager, "trusted": one.is_trusted},
    )
    await publish(db, [_event(organisation_id, employee, was_known=known is not None)])


def _event(organisation_id: UUID, employee: Employee, *, was_known: bool) -> OrganisationEvent:
    """Nobody of the organisation did it: the person did, with what an older tool knew."""
    who = employee.account_id
    if employee.state is State.REQUESTED:
        return EmployeeRequested(organisation_id=organisation_id, account_id=who, employee_type=employee.type)
    kind, manager = employee.type, employee.manager
    if was_known:
        return EmployeeConfirmed(
            organisation_id=organisation_id, account_id=who, employee_type=kind, manager=manager, confirmed_by=who
        )
    return EmployeeAdded(
        organisation_id=organisation_id, account_id=who, employee_type=kind, manager=manager, added_by=who
    )
