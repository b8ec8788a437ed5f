"""Closing an organisation, and opening it again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.closing import store
from services.organisation.closing.rules import REASON, NotClosed, OrganisationIsClosed
from services.organisation.employees.rules import Action, Actor, next_state
from services.organisation.employees.store import Employee, find_employee, save_employee
from services.organisation.invitations.ending import withdraw_all
from services.organisation.organisations.handlers import Contact
from services.organisation.organisations.membership import Manager
from services.organisation.organisations.store import lock_organisations
from services.organisation.publish import publish
from services.organisation.registrations.ending import end_registration
from services.organisation.registrations.store import registrations_of
from shared.db import Connection
from shared.events.organisation import (
    EmployeeAdded,
    EmployeeRemoved,
    ManagerDismissed,
    OrganisationClosed,
    OrganisationEvent,
    OrganisationReopened,
)
from shared.tokens import Person


@dataclass(frozen=True)
class By:
    """Who closes or opens it, as the audit log names them. account_id: None for an operator."""

    actor: str
    origin: str
    account_id: UUID | None
    reason: str = ""

    @classmethod
    def staff(cls, person: Person, reason: str) -> "By":
        return cls(str(person.account_id), f"support {person.session_id}", person.account_id, reason)

    @classmethod
    def manager(cls, manager: Manager) -> "By":
        return cls(str(manager.account_id), f"session {manager.session_id}", manager.account_id)


OPERATOR = By("operator", "operator", None)


async def close_by_manager(db: Connection, manager: Manager, *, now: datetime) -> None:
    """The organisation is locked. Raises OtherManagersRemain."""
    (await store.what_would_end(db, manager.organisation_id, manager.account_id)).check()
    await close(db, manager.organisation_id, By.manager(manager), "close-organisation-by-manager", now=now)


async def close(db: Connection, organisation_id: UUID, by: By, action: str, *, now: datetime) -> None:
    """All that happened in it ends, and nobody belongs to it any more. The organisation is locked.

    A few statements for each registration, and as many for five people as for five thousand. Raises OrganisationIsClosed.
    """
    if not await store.close_organisation(db, organisation_id, now=now):
        raise OrganisationIsClosed()
    details = {"reason": by.reason} if by.reason else {}
    await audit.record(db, action, actor=by.actor, origin=by.origin, organisation_id=organisation_id, details=details)
    await publish(db, [OrganisationClosed(organisation_id=organisation_id, closed_at=now)])
    await end_registrations(db, organisation_id, by.account_id, now=now, origin=by.origin)
    await withdraw_all(db, organisation_id, now=now)
    await remove_others(db, organisation_id, by.account_id, except_for=None, now=now)


async def end_registrations(
    db: Connection, organisation_id: UUID, by: UUID | None, *, now: datetime, origin: str = "OrganisationClosed"
) -> None:
    for registration in await registrations_of(db, organisation_id):
        await end_registration(db, organisation_id, registration.id, reason=REASON, by=by, now=now, origin=origin)


async def remove_others(
    db: Connection, organisation_id: UUID, by: UUID | None, *, except_for: UUID | None, now: datetime
) -> None:
    """Nobody can let them in or see them any more. The organisation is closed."""
    events: list[OrganisationEvent] = []
    for account_id, was_manager in await store.remove_everyone(db, organisation_id, except_for=except_for, now=now):
        if was_manager:
            events.append(
                ManagerDismissed(organisation_id=organisation_id, account_id=account_id, dismissed_by=by or account_id)
            )
        events.append(
            EmployeeRemoved(organisation_id=organisation_id, account_id=account_id, removed_by=by, reason=REASON)
        )
    await publish(db, events)


async def reopen(
    db: Connection, organisation_id: UUID, account_id: UUID, contact: Contact, by: By, *, now: datetime
) -> None:
    """For someone who proved that they represent it; its tools are registered anew. Raises NotClosed."""
    await lock_organisations(db, [organisation_id])
    if not await store.reopen_organisation(db, organisation_id, email=contact.email, phone=contact.phone):
        raise NotClosed()
    known = await find_employee(db, organisation_id, account_id)
    state = next_state(known.state if known else None, Action.REOPEN, by=frozenset({Actor.PLATFORM}))
    employee = Employee(
        account_id, contact.type, contact.email, contact.phone, state, manager=True, version=1, fax=contact.fax
    )
    await save_employee(db, organisation_id, employee, now=now)
    await audit.record(
        db,
        "reopen-organisation",
        actor=by.actor,
        origin=by.origin,
        organisation_id=organisation_id,
        account_id=account_id,
        details={"reason": by.reason} if by.reason else {},
    )
    added = EmployeeAdded(
        organisation_id=organisation_id,
        account_id=account_id,
        employee_type=contact.type,
        manager=True,
        added_by=account_id,
    )
    await publish(db, [OrganisationReopened(organisation_id=organisation_id, reopened_at=now), added])
