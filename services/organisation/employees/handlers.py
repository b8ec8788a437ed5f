"""What happens to employees: asking to join, being confirmed or added, edited, promoted, blocked, activated, removed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.employees import store
from services.organisation.employees.rules import (
    Action,
    Actor,
    EmployeeChangedMeanwhile,
    EmployeeNotFound,
    Membership,
    State,
    actors,
    after,
    check_manager_remains,
    check_type,
)
from services.organisation.employees.store import Employee
from services.organisation.employees.telling import told
from services.organisation.invitations.ending import withdraw_of_manager
from services.organisation.organisations.handlers import Contact
from services.organisation.organisations.membership import Involved, Manager
from services.organisation.organisations.rules import OrganisationNotFound
from services.organisation.organisations.store import lock_organisation
from services.organisation.publish import publish
from services.organisation.registrations.access_handlers import AccessChange, change_access, withdraw_all
from services.organisation.registrations.leaving import let_go
from services.organisation.registrations.reassess import reassess_employee
from shared.db import Connection
from shared.events.organisation import EmployeeAdded, EmployeeChanged, EmployeeConfirmed, EmployeeRequested
from shared.formats import BRUSSELS
from shared.tokens import Person

BY_MANAGER = frozenset({Actor.MANAGER})


@dataclass(frozen=True)
class Welcome:
    """What a manager decides of someone who comes in. roles: by registration; None for no access."""

    account_id: UUID
    contact: Contact
    manager: bool
    roles: Sequence[tuple[UUID, str | None]] = ()


async def request_membership(
    db: Connection, organisation_id: UUID, caller: Person, contact: Contact, *, now: datetime
) -> list[str]:
    """Return the names of the managers, who will decide. Raises OrganisationNotFound, AlreadyMember."""
    if await lock_organisation(db, organisation_id) is None:
        raise OrganisationNotFound()
    account_id = caller.account_id
    known = await store.find_employee(db, organisation_id, account_id)
    joined = after(_membership(known), Action.REQUEST, by=frozenset({Actor.SELF}))
    await store.save_employee(db, organisation_id, _employee(account_id, contact, joined), now=now)
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


async def confirm_employee(db: Connection, manager: Manager, wanted: Welcome, *, now: datetime) -> None:
    """The person (`lock_holders`) and the organisation are locked.

    Raises EmployeeNotFound, TransitionImpossible, and what `change_access` raises.
    """
    known = await _get_employee(db, manager.organisation_id, wanted.account_id)
    by = actors(caller_is_employee=wanted.account_id == manager.account_id, caller_is_manager=True)
    joined = after(known.membership, Action.CONFIRM, by=by, chosen=wanted.manager)
    await _let_in(db, manager.organisation_id, wanted, joined, now=now, by=manager.account_id, had_asked=True)
    await _give_access(db, manager, Action.CONFIRM, wanted, now=now)


async def add_found(db: Connection, manager: Manager, wanted: Welcome, *, now: datetime) -> None:
    """Someone whom the manager looked for and found. The person and the organisation are locked.

    Raises AlreadyEmployee, and what `change_access` raises.
    """
    await add_employee(
        db,
        manager.organisation_id,
        wanted.account_id,
        wanted.contact,
        manager=wanted.manager,
        by=manager.account_id,
        now=now,
    )
    await _give_access(db, manager, Action.ADD, wanted, now=now)


async def add_employee(
    db: Connection,
    organisation_id: UUID,
    account_id: UUID,
    data: Contact,
    *,
    manager: bool,
    by: UUID,
    now: datetime,
) -> None:
    """Someone belongs there because a manager (`by`) wants it, now or when inviting them. Whoever calls writes the audit log.

    The person is locked first (`add_holders`, `lock_holders`), then the organisation. EmployeeAdded follows, or EmployeeConfirmed
    where they had asked themselves. Raises AlreadyEmployee for who is active or blocked.
    """
    known = await store.find_employee(db, organisation_id, account_id)
    joined = after(_membership(known), Action.ADD, by=BY_MANAGER, chosen=manager)
    had_asked = known is not None and known.state is State.REQUESTED
    await _let_in(db, organisation_id, Welcome(account_id, data, manager), joined, now=now, by=by, had_asked=had_asked)
    await reassess_employee(db, account_id, [organisation_id], today=now.astimezone(BRUSSELS).date())


async def edit_employee(
    db: Connection, caller: Involved, account_id: UUID, contact: Contact, *, version: int | None, now: datetime
) -> None:
    """version: of what the caller saw, None for whatever it is. The organisation is locked.

    Raises EmployeeNotFound, TransitionImpossible, NotYours, HeadIsForManagers, EmployeeChangedMeanwhile.
    """
    known = await _get_employee(db, caller.organisation_id, account_id)
    by = actors(caller_is_employee=account_id == caller.account_id, caller_is_manager=caller.manager)
    membership = after(known.membership, Action.EDIT, by=by)
    check_type(before=known.type, wanted=contact.type, by=by)
    if version not in (None, known.version):
        raise EmployeeChangedMeanwhile()
    edited = replace(_employee(account_id, contact, membership), version=known.version)
    changed = [name for name in ("type", "email", "phone", "fax") if getattr(edited, name) != getattr(known, name)]
    if not changed:
        return
    await store.save_employee(db, caller.organisation_id, edited, now=now)
    await caller.record(db, Action.EDIT, account_id, {"changed": changed})
    event = EmployeeChanged(
        organisation_id=caller.organisation_id,
        account_id=account_id,
        employee_type=edited.type,
        changed_by=caller.account_id,
    )
    await publish(db, [event])


async def change_state(db: Connection, caller: Involved, account_id: UUID, action: Action, *, now: datetime) -> None:
    """Whatever changes state or management and asks nothing else. The person (`lock_holders`) and the organisation are locked.

    Raises EmployeeNotFound, TransitionImpossible, NotYours, LastManager.
    """
    known = await _get_employee(db, caller.organisation_id, account_id)
    by = actors(caller_is_employee=account_id == caller.account_id, caller_is_manager=caller.manager)
    membership = after(known.membership, action, by=by)
    others = await store.count_other_managers(db, caller.organisation_id, account_id)
    check_manager_remains(was=known.membership, now=membership, other_managers=others, action=action)
    await caller.record(db, action, account_id)
    await _become(db, caller.organisation_id, known, membership, action, caller.account_id, now=now)


async def erase_employee(db: Connection, organisation_id: UUID, account_id: UUID, *, now: datetime) -> None:
    """The account is gone: the record stays without its data. The person and the organisation are locked."""
    known = await _get_employee(db, organisation_id, account_id)
    membership = after(known.membership, Action.ERASE, by=frozenset({Actor.PLATFORM}))
    await audit.record(
        db,
        Action.ERASE,
        actor="identity",
        origin="ErasureStarted",
        organisation_id=organisation_id,
        account_id=account_id,
    )
    await _become(db, organisation_id, known, membership, Action.ERASE, None, now=now)


async def _let_in(
    db: Connection,
    organisation_id: UUID,
    wanted: Welcome,
    joined: Membership,
    *,
    now: datetime,
    by: UUID,
    had_asked: bool,
) -> None:
    """The organisation is locked."""
    employee = _employee(wanted.account_id, wanted.contact, joined)
    await store.save_employee(db, organisation_id, employee, now=now)
    who, kind, manager = employee.account_id, employee.type, employee.manager
    if had_asked:
        event = EmployeeConfirmed(
            organisation_id=organisation_id, account_id=who, employee_type=kind, manager=manager, confirmed_by=by
        )
    else:
        event = EmployeeAdded(
            organisation_id=organisation_id, account_id=who, employee_type=kind, manager=manager, added_by=by
        )
    await publish(db, [event])


async def _give_access(db: Connection, manager: Manager, action: Action, wanted: Welcome, *, now: datetime) -> None:
    """And say in the audit log who let whom in, as what."""
    details = {"type": wanted.contact.type, "manager": wanted.manager}
    await manager.record(db, action, wanted.account_id, details)
    changes = [AccessChange(registration_id, wanted.account_id, role) for registration_id, role in wanted.roles]
    await change_access(db, manager, changes, now=now)
    today = now.astimezone(BRUSSELS).date()
    await reassess_employee(db, wanted.account_id, [manager.organisation_id], today=today)


async def _become(
    db: Connection,
    organisation_id: UUID,
    before: Employee,
    membership: Membership,
    action: Action,
    by: UUID | None,
    *,
    now: datetime,
) -> None:
    """Save it, say what happened, and draw what follows for access and registrations. by: None for nobody of the organisation."""
    changed = replace(before, state=membership.state, manager=membership.manager)
    is_erased = action is Action.ERASE
    if is_erased:
        changed = replace(changed, email="", phone=None, fax=None)
    await store.save_employee(db, organisation_id, changed, now=now, is_erased=is_erased)
    events = told(organisation_id, before, membership, action, by)
    if not events:
        return
    await publish(db, events)
    if before.manager and not membership.manager:
        await withdraw_of_manager(db, organisation_id, before.account_id, now=now)
    today = now.astimezone(BRUSSELS).date()
    if membership.state is State.REMOVED:
        reason = "account-erased" if is_erased else "employee-removed"
        await withdraw_all(db, organisation_id, before.account_id, today=today, reason=reason)
    if membership.state in (State.REMOVED, State.BLOCKED):
        await let_go(db, organisation_id, before.account_id, now=now)
    await reassess_employee(db, before.account_id, [organisation_id], today=today)


def _employee(account_id: UUID, contact: Contact, membership: Membership) -> Employee:
    return Employee(
        account_id,
        contact.type,
        contact.email,
        contact.phone,
        membership.state,
        manager=membership.manager,
        version=1,
        fax=contact.fax,
    )


def _membership(known: Employee | None) -> Membership | None:
    return known.membership if known else None


async def _get_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> Employee:
    employee = await store.find_employee(db, organisation_id, account_id)
    if employee is None:
        raise EmployeeNotFound()
    return employee
