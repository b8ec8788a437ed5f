"""An account was merged into another: memberships, roles, mandates and what was held go over; of the old one only its id stays."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.employees import store as employees
from services.organisation.employees.lookup_store import forget_lookups
from services.organisation.employees.rules import State
from services.organisation.employees.store import Employee
from services.organisation.invitations.store import hand_over as hand_over_invitations
from services.organisation.legacy.store import hand_over_expected
from services.organisation.merging import store
from services.organisation.merging.rules import united
from services.organisation.organisations.store import lock_organisations
from services.organisation.people import store as people
from services.organisation.publish import publish
from services.organisation.registrations import access_store, facts
from services.organisation.registrations.leaving import hand_over_tools, let_go
from services.organisation.registrations.reassess import reassess_employee
from services.organisation.registrations.request_store import delete_of_person
from shared.db import Connection
from shared.events.organisation import (
    EmployeeActivated,
    EmployeeAdded,
    EmployeeBlocked,
    EmployeeConfirmed,
    EmployeeRemoved,
    EmployeeRequested,
    ManagerAppointed,
    ManagerDismissed,
    MandateChanged,
    OrganisationEvent,
)
from shared.formats import BRUSSELS

NO_VERSION_AFTER = 9_223_372_036_854_775_807
REASON = "accounts-merged"


async def merge_person(db: Connection, into: UUID, merged: UUID, *, now: datetime) -> None:
    """May be repeated. Nothing happens in between that anybody could use: it is one transaction."""
    await people.add_holders(db, {into, merged})
    for account_id in sorted((into, merged)):
        await (people.close_holder(db, merged) if account_id == merged else people.lock_holders(db, [into]))
    await people.erase_person(db, merged, NO_VERSION_AFTER)
    await store.hand_over_held(db, merged, into)
    await hand_over_expected(db, merged, into)
    await forget_lookups(db, merged)
    organisation_ids = await store.memberships_of(db, merged)
    await lock_organisations(db, organisation_ids)
    await hand_over_invitations(db, merged, into)
    for organisation_id in organisation_ids:
        await _merge_in(db, organisation_id, into, merged, now=now)
    await delete_of_person(db, merged)


async def _merge_in(db: Connection, organisation_id: UUID, into: UUID, merged: UUID, *, now: datetime) -> None:
    theirs = await employees.find_employee(db, organisation_id, merged)
    if theirs is None:
        return
    own = await employees.find_employee(db, organisation_id, into)
    after = replace(united(own, theirs), account_id=into)
    await employees.save_employee(db, organisation_id, after, now=now)
    await publish(db, _joined(organisation_id, own, after))
    today = now.astimezone(BRUSSELS).date()
    gone = await access_store.grants_of_employee(db, merged, [organisation_id], today=today)
    taken_over = set(await store.hand_over_access(db, organisation_id, merged, into))
    grants = await access_store.grants_of_employee(db, into, [organisation_id], today=today)
    mandates = await store.hand_over_mandates(db, organisation_id, merged, into)
    await access_store.delete_access_of_employee(db, organisation_id, merged)
    if after.state is State.ACTIVE:
        await hand_over_tools(db, organisation_id, merged, into, now=now)
    await let_go(db, organisation_id, merged, now=now)
    await employees.save_employee(
        db,
        organisation_id,
        replace(theirs, state=State.REMOVED, manager=False, email="", phone=None, fax=None),
        now=now,
        is_erased=True,
    )
    events: list[OrganisationEvent] = [
        facts.granted(grant, granted_by=into) for grant in grants if grant.registration_id in taken_over
    ]
    events += [_mandate(organisation_id, mandate, into) for mandate in mandates]
    events += [facts.withdrawn(grant, REASON) for grant in gone]
    await publish(db, [*events, *_left(organisation_id, theirs, into)])
    await reassess_employee(db, into, [organisation_id], today=today)
    await audit.record(
        db,
        "merge",
        actor="identity",
        origin="AccountsMerged",
        organisation_id=organisation_id,
        account_id=into,
        details={"merged_account_id": str(merged)},
    )


def _joined(organisation_id: UUID, before: Employee | None, after: Employee) -> list[OrganisationEvent]:
    """What others have to know to see the membership as it is now."""
    who = after.account_id
    was = before.state if before and before.state is not State.REMOVED else None
    events: list[OrganisationEvent] = []
    if was is None and after.state is State.REQUESTED:
        events.append(EmployeeRequested(organisation_id=organisation_id, account_id=who, employee_type=after.type))
    elif was is None and after.state is not State.REMOVED:
        events.append(
            EmployeeAdded(
                organisation_id=organisation_id,
                account_id=who,
                employee_type=after.type,
                manager=after.manager,
                added_by=who,
            )
        )
    elif was is State.REQUESTED and after.state is State.ACTIVE:
        events.append(
            EmployeeConfirmed(
                organisation_id=organisation_id,
                account_id=who,
                employee_type=after.type,
                manager=after.manager,
                confirmed_by=who,
            )
        )
    elif before is not None and after.state is State.ACTIVE:
        events += _raised(organisation_id, before, after)
    if after.state is State.BLOCKED and was is not State.BLOCKED:
        events.append(EmployeeBlocked(organisation_id=organisation_id, account_id=who, blocked_by=who))
    return events


def _raised(organisation_id: UUID, before: Employee, after: Employee) -> list[OrganisationEvent]:
    who = after.account_id
    events: list[OrganisationEvent] = []
    if before.state is State.BLOCKED:
        events.append(EmployeeActivated(organisation_id=organisation_id, account_id=who, activated_by=who))
    if after.manager and not before.manager:
        events.append(ManagerAppointed(organisation_id=organisation_id, account_id=who, appointed_by=who))
    return events


def _left(organisation_id: UUID, merged: Employee, into: UUID) -> list[OrganisationEvent]:
    who = merged.account_id
    if merged.state is State.REMOVED:
        return []
    events: list[OrganisationEvent] = []
    if merged.manager:
        events.append(ManagerDismissed(organisation_id=organisation_id, account_id=who, dismissed_by=into, stays=False))
    return [*events, EmployeeRemoved(organisation_id=organisation_id, account_id=who, removed_by=into)]


def _mandate(organisation_id: UUID, mandate: store.Mandate, into: UUID) -> MandateChanged:
    return MandateChanged(
        organisation_id=organisation_id,
        registration_id=mandate.registration_id,
        tool_id=mandate.tool_id,
        usage_mode=mandate.usage_mode,
        mandated_account_id=into,
        mandated_recognition=mandate.recognition,
        changed_by=into,
    )
