"""Searching and creating organisations."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.data.handlers import as_event
from services.organisation.data.rules import Address
from services.organisation.employees import store as employees
from services.organisation.employees.rules import Action, Actor, State, next_state
from services.organisation.legacy.handlers import take_expected
from services.organisation.legacy.store import lock_numbers
from services.organisation.organisations import store
from services.organisation.organisations.store import Brief, Organisation
from services.organisation.publish import publish
from shared.db import Connection
from shared.events.organisation import EmployeeAdded, OrganisationCreated
from shared.ids import new_id
from shared.tokens import Person


@dataclass(frozen=True)
class Contact:
    """How someone is reached in an organisation, and as what they work there."""

    type: str
    email: str
    phone: str | None
    fax: str | None = None


@dataclass(frozen=True)
class CreateOrganisation:
    enterprise_number: str
    name: str
    address: Address
    email: str
    phone: str | None
    creator: Contact


@dataclass(frozen=True)
class SearchResult:
    organisation: Brief | None
    my_state: State | None


async def search(db: Connection, enterprise_number: str, account_id: UUID) -> SearchResult:
    """enterprise_number: normalised. my_state: None for who never belonged there, or does no more."""
    found = await store.find_by_number(db, enterprise_number)
    if found is None:
        return SearchResult(None, None)
    employee = await employees.find_employee(db, found.id, account_id)
    return SearchResult(found, employee.state if employee and employee.state is not State.REMOVED else None)


async def create_organisation(db: Connection, command: CreateOrganisation, creator: Person, *, now: datetime) -> UUID:
    """The creator becomes its manager. Violates organisation_exists when the number is taken."""
    state = next_state(None, Action.FOUND, by=frozenset({Actor.SELF}))
    organisation = Organisation(
        new_id(), command.enterprise_number, command.name, command.address, command.email, command.phone
    )
    account_id = creator.account_id
    await lock_numbers(db, [command.enterprise_number])
    await store.insert_organisation(db, organisation, created_by=account_id, now=now)
    contact = command.creator
    founder = employees.Employee(
        account_id, contact.type, contact.email, contact.phone, state, manager=True, version=1, fax=contact.fax
    )
    await employees.save_employee(db, organisation.id, founder, now=now)
    await audit.record(
        db,
        "create-organisation",
        actor=str(account_id),
        origin=f"session {creator.session_id}",
        organisation_id=organisation.id,
        account_id=account_id,
    )
    created = OrganisationCreated(
        organisation_id=organisation.id,
        enterprise_number=organisation.enterprise_number,
        name=organisation.name,
        created_by=account_id,
        address=as_event(organisation.address),
    )
    added = EmployeeAdded(
        organisation_id=organisation.id,
        account_id=account_id,
        employee_type=contact.type,
        manager=True,
        added_by=account_id,
    )
    await publish(db, [created, added])
    await take_expected(db, organisation.id, organisation.enterprise_number, now=now)
    return organisation.id
