"""What happens to employees: asking to join, being confirmed, blocked, activated, removed, erased."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.employees import store
from services.organisation.employees.rules import (
    Action,
    Actor,
    EmployeeNotFound,
    State,
    actors,
    check_manager_remains,
    next_state,
)
from services.organisation.employees.store import Employee
from services.organisation.organisations.handlers import Contact
from services.organisation.organisations.membership import Involved, Manager
from services.organisation.organisations.rules import OrganisationNotFound
from services.organisation.organisations.store import lock_organisation
from services.organisation.publish import publish
from services.organisation.registrations.access_handlers import AccessChange, change_access, withdraw_all
from services.organisation.registrations.reassess import reassess_employee
from shared.db import Connection
from shared.events.organisation import (
    EmployeeActivated,
    EmployeeBlocked,
    EmployeeConfirmed,
    EmployeeRemoved,
    EmployeeRequested,
    ManagerDismissed,
    OrganisationEvent,
)
from shared.formats import BRUSSELS
from shared.tokens import Person


@dataclass(frozen=True)
class ConfirmEmployee:
    """The manager's corrections, and the access to begin with. roles: by registration; None for no access."""

    account_id: UUID
    contact: Contact
    manager: bool
    roles: Sequence[tuple[UUID, str | None]]


async def request_membership(
    db: Connection, organisation_id: UUID, caller: Person, contact: Contact, *, now: datetime
) -> list[str]:
    """Return the names of the managers, who will decide. Raises OrganisationNotFound, AlreadyMember."""
    if await lock_organisation(db, organisation_id) is None:
        raise OrganisationNotFound()
    known = await store.find_employee(db, organisation_id, caller.account_id)
    state = next_state(known.state if known else None, Action.REQUEST, by=frozenset({Actor.SELF}))
    account_id = caller.account_id
    employee = Employee(account_id, contact.type, contact.email, contact.phone, state, manager=False, version=1)
    await store.save_employee(db, organisation_id, employee, now=now)
    await audit.record(
        db,
        Action.REQUEST,
        actor=str(account_id),
        origin=f"session {caller.session_id}",
        organisation_id=organisation_id,
        account_id=account_id,
    )
    requested = EmployeeRequested(organisation_id=organisation_id, account_id=account_id, employee_type=contact.type)
    await publish(db, [requested])
    return await store.names_of_managers(db, organisation_id)


async def confirm_employee(db: Connection, manager: Manager, command: ConfirmEmployee, *, now: datetime) -> None:
    """The person (`lock_holders`) and the organisation are locked.

    Raises EmployeeNotFound, TransitionImpossible, and what `change_access` raises.
    """
    organisation_id, account_id = manager.organisation_id, command.account_id
    known = await _get_employee(db, organisation_id, account_id)
    by = actors(caller_is_employee=account_id == manager.account_id, caller_is_manager=True)
    state = next_state(known.state, Action.CONFIRM, by=by)
    contact = command.contact
    employee = replace(
        known, type=contact.type, email=contact.email, phone=contact.phone, state=state, manager=command.manager
    )
    await store.save_employee(db, organisation_id, employee, now=now)
    await manager.record(db, Action.CONFIRM, account_id, {"type": contact.type, "manager": command.manager})
    confirmed = EmployeeConfirmed(
        organisation_id=organisation_id,
        account_id=account_id,
        employee_type=contact.type,
        manager=command.manager,
        confirmed_by=manager.account_id,
    )
    await publish(db, [confirmed])
    changes = [AccessChange(registration_id, account_id, role) for registration_id, role in command.roles]
    await change_access(db, manager, changes, now=now)
    await reassess_employee(db, account_id, [organisation_id], today=now.astimezone(BRUSSELS).date())


async def change_state(db: Connection, caller: Involved, account_id: UUID, action: Action, *, now: datetime) -> None:
    """Block, activate or remove. The person (`lock_holders`) and the organisation are locked.

    Raises EmployeeNotFound, TransitionImpossible, NotYours, LastManager.
    """
    known = await _get_employee(db, caller.organisation_id, account_id)
    by = actors(caller_is_employee=account_id == caller.account_id, caller_is_manager=caller.manager)
    state = next_state(known.state, action, by=by)
    await _check_manager_remains(db, caller.organisation_id, known, action)
    await store.save_employee(db, caller.organisation_id, replace(known, state=state, manager=False), now=now)
    await caller.record(db, action, account_id)
    await _follow(db, caller.organisation_id, known, action, caller.account_id, now=now)


async def erase_employee(db: Connection, organisation_id: UUID, account_id: UUID, *, now: datetime) -> None:
    """The account is gone: the record stays without its data. The person and the organisation are locked."""
    known = await _get_employee(db, organisation_id, account_id)
    state = next_state(known.state, Action.ERASE, by=frozenset({Actor.PLATFORM}))
    erased = replace(known, state=state, manager=False, email="", phone=None)
    await store.save_employee(db, organisation_id, erased, now=now, is_erased=True)
    await audit.record(
        db,
        Action.ERASE,
        actor="identity",
        origin="ErasureStarted",
        organisation_id=organisation_id,
        account_id=account_id,
    )
    if known.state is not State.REMOVED:
        await _follow(db, organisation_id, known, Action.ERASE, None, now=now)


async def remove_employee(db: Connection, organisation_id: UUID, account_id: UUID, *, by: UUID, now: datetime) -> None:
    """The organisation is closed, and locked; nobody has to be asked."""
    known = await _get_employee(db, organisation_id, account_id)
    await store.save_employee(db, organisation_id, replace(known, state=State.REMOVED, manager=False), now=now)
    await _follow(db, organisation_id, known, Action.REMOVE, by, now=now)


async def _follow(
    db: Connection, organisation_id: UUID, before: Employee, action: Action, by: UUID | None, *, now: datetime
) -> None:
    """Say what happened, and what follows for access and registrations."""
    today = now.astimezone(BRUSSELS).date()
    account_id = before.account_id
    events: list[OrganisationEvent] = []
    if before.manager:
        events.append(
            ManagerDismissed(organisation_id=organisation_id, account_id=account_id, dismissed_by=by or account_id)
        )
    events.append(_state_event(organisation_id, account_id, action, by))
    await publish(db, events)
    if action in (Action.REMOVE, Action.ERASE):
        reason = "account-erased" if action is Action.ERASE else "employee-removed"
        await withdraw_all(db, organisation_id, account_id, today=today, reason=reason)
    await reassess_employee(db, account_id, [organisation_id], today=today)


def _state_event(organisation_id: UUID, account_id: UUID, action: Action, by: UUID | None) -> OrganisationEvent:
    if action is Action.BLOCK and by:
        return EmployeeBlocked(organisation_id=organisation_id, account_id=account_id, blocked_by=by)
    if action is Action.ACTIVATE and by:
        return EmployeeActivated(organisation_id=organisation_id, account_id=account_id, activated_by=by)
    return EmployeeRemoved(organisation_id=organisation_id, account_id=account_id, removed_by=by)


async def _check_manager_remains(db: Connection, organisation_id: UUID, known: Employee, action: Action) -> None:
    others = await store.count_other_managers(db, organisation_id, known.account_id)
    check_manager_remains(is_manager=known.manager, other_managers=others, action=action)


async def _get_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> Employee:
    employee = await store.find_employee(db, organisation_id, account_id)
    if employee is None:
        raise EmployeeNotFound()
    return employee
