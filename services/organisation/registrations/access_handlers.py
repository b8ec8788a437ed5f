"""Giving employees roles in registrations, and taking them away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.organisation.employees import store as employees
from services.organisation.employees.rules import EmployeeNotFound, State
from services.organisation.organisations.membership import Manager
from services.organisation.publish import publish
from services.organisation.registrations import access_store, facts, store
from services.organisation.registrations.circumstances import circumstances_of
from services.organisation.registrations.rules import (
    Grant,
    NotActive,
    Registration,
    RegistrationNotFound,
    RoleNotFound,
    UsageModeNotFound,
    grant_of,
)
from services.organisation.tools.store import find_tool_for_use
from shared.db import Connection
from shared.events.organisation import OrganisationEvent, Reason
from shared.formats import BRUSSELS


@dataclass(frozen=True)
class AccessChange:
    """role: None takes the access away."""

    registration_id: UUID
    account_id: UUID
    role: str | None


async def change_access(db: Connection, manager: Manager, changes: Sequence[AccessChange], *, now: datetime) -> None:
    """All of them or none. The people concerned are locked (`lock_holders`), and so is the organisation.

    Raises RegistrationNotFound, EmployeeNotFound, NotActive, RoleNotFound.
    """
    events: list[OrganisationEvent] = []
    for change in changes:
        events += await _change_one(db, manager, change, now=now)
    await publish(db, events)


async def withdraw_all(db: Connection, organisation_id: UUID, account_id: UUID, *, today: date, reason: Reason) -> None:
    """Take every role of someone who leaves. The organisation is locked."""
    grants = await access_store.grants_of_employee(db, account_id, [organisation_id], today=today)
    await access_store.delete_access_of_employee(db, organisation_id, account_id)
    await publish(db, [facts.withdrawn(grant, reason) for grant in grants])


async def _change_one(
    db: Connection, manager: Manager, change: AccessChange, *, now: datetime
) -> list[OrganisationEvent]:
    """Another role is the old one taken away and the new one given, so that sessions in the old one end."""
    registration = await store.find_registration(db, manager.organisation_id, change.registration_id)
    if registration is None:
        raise RegistrationNotFound()
    today = now.astimezone(BRUSSELS).date()
    before = await access_store.find_grant(db, registration.id, change.account_id, today=today)
    if (before.role if before else None) == change.role:
        return []
    events: list[OrganisationEvent] = []
    if before is not None:
        await access_store.delete_access(db, registration.id, change.account_id)
        events.append(facts.withdrawn(before, "role-withdrawn"))
    if change.role is not None:
        grant = await _new_grant(db, registration, change.account_id, change.role, today=today)
        await access_store.insert_access(db, grant, granted_by=manager.account_id, now=now)
        events.append(facts.granted(grant, granted_by=manager.account_id))
    details = {"registration_id": str(registration.id), "role": change.role}
    await manager.record(db, "change-access", change.account_id, details)
    return events


async def _new_grant(db: Connection, registration: Registration, account_id: UUID, role: str, *, today: date) -> Grant:
    employee = await employees.find_employee(db, registration.organisation_id, account_id)
    if employee is None or employee.state is State.REMOVED:
        raise EmployeeNotFound()
    if employee.state is not State.ACTIVE:
        raise NotActive()
    tool = await find_tool_for_use(db, registration.tool_id)
    mode = tool.entry.usage_mode(registration.usage_mode) if tool else None
    if mode is None:
        raise UsageModeNotFound()
    if role not in {known.id for known in mode.roles}:
        raise RoleNotFound(role=role)
    circumstances = await circumstances_of(
        db, registration.organisation_id, account_id, registration.tool_id, today=today
    )
    return grant_of(registration, account_id, role, use_rule=mode.rule_to_use(), circumstances=circumstances)
