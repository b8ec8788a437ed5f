"""Appointing employees who may change the access of others in one registration, and dismissing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.organisation.employees import store as employees
from services.organisation.employees.rules import EmployeeNotFound, State
from services.organisation.organisations.membership import Manager
from services.organisation.publish import publish
from services.organisation.registrations import facts, store, tool_manager_store
from services.organisation.registrations.rules import NotActive, Registration, RegistrationNotFound
from shared.db import Connection
from shared.events.organisation import OrganisationEvent


@dataclass(frozen=True)
class Appointment:
    """is_tool_manager: what they shall be."""

    account_id: UUID
    is_tool_manager: bool


async def change_tool_managers(
    db: Connection, manager: Manager, registration_id: UUID, changes: Sequence[Appointment], *, now: datetime
) -> int:
    """All of them or none; how many made a difference. The organisation is locked.

    Raises RegistrationNotFound, EmployeeNotFound, NotActive.
    """
    registration = await store.find_registration(db, manager.organisation_id, registration_id)
    if registration is None:
        raise RegistrationNotFound()
    events: list[OrganisationEvent] = []
    for change in changes:
        events += await _change_one(db, manager, registration, change, now=now)
    await publish(db, events)
    return len(events)


async def _change_one(
    db: Connection, manager: Manager, registration: Registration, change: Appointment, *, now: datetime
) -> list[OrganisationEvent]:
    account_id, by = change.account_id, manager.account_id
    about = {"registration_id": str(registration.id), "tool_id": registration.tool_id}
    if not change.is_tool_manager:
        if not await tool_manager_store.delete_tool_manager(db, registration.id, account_id):
            return []
        await manager.record(db, "dismiss-tool-manager", account_id, about)
        return [facts.tool_manager_dismissed(registration, registration.id, account_id, by=by)]
    employee = await employees.find_employee(db, registration.organisation_id, account_id)
    if employee is None or employee.state is State.REMOVED:
        raise EmployeeNotFound(account_id=account_id)
    if employee.state is not State.ACTIVE:
        raise NotActive(account_id=account_id)
    organisation_id = registration.organisation_id
    if not await tool_manager_store.insert_tool_manager(
        db, organisation_id, registration.id, account_id, by=by, now=now
    ):
        return []
    await manager.record(db, "appoint-tool-manager", account_id, about)
    return [facts.tool_manager_appointed(registration, registration.id, account_id, by=by)]
