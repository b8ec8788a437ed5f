"""Giving employees roles in registrations, and taking them away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.organisation.employees import store as employees
from services.organisation.employees.rules import EmployeeNotFound, State
from services.organisation.organisations.membership import Member
from services.organisation.publish import publish
from services.organisation.registrations import access_store, facts, request_store, store
from services.organisation.registrations.circumstances import circumstances_of
from services.organisation.registrations.rules import (
    AccessChangedMeanwhile,
    Grant,
    NotActive,
    Registration,
    RegistrationNotFound,
    RoleNotFound,
    grant_of,
)
from services.organisation.registrations.usage_modes import usage_mode_for_use
from shared.db import Connection
from shared.events.organisation import OrganisationEvent, Reason
from shared.formats import BRUSSELS

ANYTHING = "*"


@dataclass(frozen=True)
class AccessChange:
    """role: None takes the access away. was: the role that whoever asks for the change has seen; ANYTHING where they do not care."""

    registration_id: UUID
    account_id: UUID
    role: str | None
    was: str | None = ANYTHING


async def change_access(db: Connection, by: Member, changes: Sequence[AccessChange], *, now: datetime) -> int:
    """All of them or none; how many made a difference. The people concerned are locked (`lock_holders`), and so is the organisation.

    by: a Manager, or who has proven to be an AccessEditor of the one registration; or someone who takes a role that is for the taking.
    Raises AccessChangedMeanwhile, RegistrationNotFound, EmployeeNotFound, NotActive, RoleNotFound.
    """
    await _check_nothing_came_between(db, changes)
    events: list[OrganisationEvent] = []
    done = 0
    for change in changes:
        happened = await _change_one(db, by, change, now=now)
        events += happened
        done += bool(happened)
    given = [(change.registration_id, change.account_id, change.role) for change in changes if change.role is not None]
    answered = await request_store.end_where_granted(db, given, answered_by=by.account_id, now=now)
    events += [facts.request_ended(one, "granted", answered_by=by.account_id) for one in answered]
    await publish(db, events)
    return done


async def _check_nothing_came_between(db: Connection, changes: Sequence[AccessChange]) -> None:
    """Raises AccessChangedMeanwhile."""
    careful = [change for change in changes if change.was != ANYTHING]
    now = await access_store.roles_of(db, [(change.registration_id, change.account_id) for change in careful])
    crossed = [
        {"account_id": str(change.account_id), "role": role}
        for change in careful
        if (role := now.get((change.registration_id, change.account_id))) not in (change.was, change.role)
    ]
    if crossed:
        raise AccessChangedMeanwhile(changes=crossed)


async def withdraw_all(db: Connection, organisation_id: UUID, account_id: UUID, *, today: date, reason: Reason) -> None:
    """Take every role of someone who leaves. The organisation is locked."""
    grants = await access_store.grants_of_employee(db, account_id, [organisation_id], today=today)
    await access_store.delete_access_of_employee(db, organisation_id, account_id)
    await publish(db, [facts.withdrawn(grant, reason) for grant in grants])


async def _change_one(db: Connection, by: Member, change: AccessChange, *, now: datetime) -> list[OrganisationEvent]:
    """Another role is the old one taken away and the new one given, so that sessions in the old one end."""
    registration = await store.find_registration(db, by.organisation_id, change.registration_id)
    if registration is None:
        raise RegistrationNotFound()
    today = now.astimezone(BRUSSELS).date()
    before = await access_store.find_grant(db, registration.id, change.account_id, today=today)
    if (before.role if before else None) == change.role:
        await _check_known(db, registration, change.account_id)
        return []
    events: list[OrganisationEvent] = []
    if before is not None:
        await access_store.delete_access(db, registration.id, change.account_id)
        events.append(facts.withdrawn(before, "role-withdrawn", becomes=change.role))
    if change.role is not None:
        grant = await _new_grant(db, registration, change.account_id, change.role, today=today)
        await access_store.insert_access(db, grant, granted_by=by.account_id, now=now)
        events.append(facts.granted(grant, granted_by=by.account_id, was=before.role if before else None))
    details = {
        "registration_id": str(registration.id),
        "tool_id": registration.tool_id,
        "role": change.role,
        "was": before.role if before else None,
    }
    await by.record(db, "change-access", change.account_id, details)
    return events


async def _check_known(db: Connection, registration: Registration, account_id: UUID) -> None:
    """Also where nothing changes: else whoever may change access has this service remember people who do not exist.

    Raises EmployeeNotFound.
    """
    if await employees.find_employee(db, registration.organisation_id, account_id) is None:
        raise EmployeeNotFound(account_id=account_id)


async def _new_grant(db: Connection, registration: Registration, account_id: UUID, role: str, *, today: date) -> Grant:
    employee = await employees.find_employee(db, registration.organisation_id, account_id)
    if employee is None or employee.state is State.REMOVED:
        raise EmployeeNotFound(account_id=account_id)
    if employee.state is not State.ACTIVE:
        raise NotActive(account_id=account_id)
    _, mode = await usage_mode_for_use(db, registration.tool_id, registration.usage_mode)
    if role not in {known.id for known in mode.roles}:
        raise RoleNotFound(role=role)
    circumstances = await circumstances_of(
        db, registration.organisation_id, account_id, registration.tool_id, today=today
    )
    return grant_of(registration, account_id, role, use_rule=mode.rule_to_use(), circumstances=circumstances)
