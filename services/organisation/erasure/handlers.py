"""Letting go of a person: what they held, where they belonged, and the organisations that nobody else belongs to."""

from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.employees.handlers import erase_employee, remove_employee
from services.organisation.employees.lookup_store import forget_lookups
from services.organisation.employees.rules import Action, Actor, next_state
from services.organisation.employees.store import Employee, find_employee, save_employee
from services.organisation.erasure import store
from services.organisation.erasure.rules import Managed, NotClosed, Outlook
from services.organisation.invitations.ending import withdraw_all
from services.organisation.invitations.store import delete_of_account
from services.organisation.legacy.store import forget_expected
from services.organisation.organisations.handlers import Contact
from services.organisation.organisations.store import lock_organisations
from services.organisation.people import store as people
from services.organisation.publish import publish
from services.organisation.registrations.request_store import delete_of_person
from shared import outbox
from shared.db import Connection
from shared.events.identity import AccountPurged
from shared.events.organisation import EmployeeAdded, OrganisationClosed, OrganisationReopened

NO_VERSION_AFTER = 9_223_372_036_854_775_807


async def look_ahead(db: Connection, account_id: UUID) -> Outlook:
    return Outlook.of(await store.only_manager_of(db, account_id))


async def erase_person(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """Nothing of the person stays but ids; whatever stood on them falls. May be repeated.

    Raises LastManagerSomewhere, and then nothing is changed.
    """
    await people.erase_person(db, account_id, NO_VERSION_AFTER)
    await people.close_holder(db, account_id)
    await people.delete_all_held(db, account_id)
    await forget_expected(db, account_id)
    await forget_lookups(db, account_id)
    await delete_of_account(db, account_id)
    expected = await look_ahead(db, account_id)
    others = await store.others_in(db, [one.id for one in expected.closing], account_id)
    await people.lock_holders(db, {other for _, other in others})
    organisation_ids = await store.organisations_to_leave(db, account_id)
    await lock_organisations(db, organisation_ids)
    outlook = await look_ahead(db, account_id)
    outlook.check()
    for managed in outlook.closing:
        await _close(db, managed, account_id, now=now)
    for organisation_id in organisation_ids:
        await erase_employee(db, organisation_id, account_id, now=now)
    await delete_of_person(db, account_id)
    for managed in outlook.closing:
        await publish(db, await store.suspend_registrations(db, managed.id, "organisation-closed"))


async def reopen(db: Connection, organisation_id: UUID, account_id: UUID, contact: Contact, *, now: datetime) -> None:
    """For someone who proved to an operator that they represent it; its tools are registered anew. Raises NotClosed."""
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
        actor="operator",
        origin="operator",
        organisation_id=organisation_id,
        account_id=account_id,
    )
    added = EmployeeAdded(
        organisation_id=organisation_id,
        account_id=account_id,
        employee_type=contact.type,
        manager=True,
        added_by=account_id,
    )
    await publish(db, [OrganisationReopened(organisation_id=organisation_id, reopened_at=now), added])


async def report(db: Connection, account_id: UUID) -> None:
    keeps = await store.is_remembered(db, account_id)
    await outbox.append(db, AccountPurged(account_id=account_id, service="organisation", keeps=keeps))


async def _close(db: Connection, managed: Managed, account_id: UUID, *, now: datetime) -> None:
    """Who has asked to join, or was blocked, can no longer be let in by anybody."""
    await store.close_organisation(db, managed.id, now=now)
    await audit.record(
        db, "close-organisation", actor=str(account_id), origin="ErasureStarted", organisation_id=managed.id
    )
    await publish(db, [OrganisationClosed(organisation_id=managed.id, closed_at=now)])
    await withdraw_all(db, managed.id, now=now)
    for organisation_id, other in await store.others_in(db, [managed.id], account_id):
        await remove_employee(db, organisation_id, other, by=account_id, now=now)
