"""What happens to employees, over HTTP."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.employees import handlers, lookup
from services.organisation.employees.contact import contact_of
from services.organisation.employees.handlers import Welcome
from services.organisation.employees.rules import Action, State
from services.organisation.fields import Answer, Body, ContactBody, Email, Name, Optional, Slug
from services.organisation.organisations.membership import Involved, Manager
from shared.tokens import Person, person

router = APIRouter(prefix="/api/organisations/{organisation_id}")
Caller = Annotated[Person, person()]


class RequestedAnswer(Answer):
    """managers: the names of those who decide."""

    state: State
    managers: list[str]


class AccessWish(Answer):
    registration_id: UUID
    role: Slug | None


class ConfirmBody(ContactBody):
    manager: bool = False
    access: Annotated[list[AccessWish], Field(default_factory=list[AccessWish], max_length=200)]


class LookupBody(Body):
    """Either of them, exactly as the person has it."""

    email: Annotated[Email | None, Optional] = None
    username: Annotated[Name | None, Optional] = None


class FoundAnswer(Answer):
    """name: empty where it is not known yet. state: what they are here already, None for who never was."""

    account_id: UUID
    name: str
    state: State | None


class LookupAnswer(Answer):
    """found: None for nobody, who can be invited by mail."""

    found: FoundAnswer | None


class AddBody(ConfirmBody):
    """account_id: of whom the manager has just found."""

    account_id: UUID


class EditBody(ContactBody):
    """version: of what was edited; left out, it counts whatever happened meanwhile."""

    version: Annotated[Annotated[int, Field(ge=1)] | None, Optional] = None


@router.post("/requests", status_code=201)
@command
async def request_membership(organisation_id: UUID, body: ContactBody, caller: Caller, at: At) -> RequestedAnswer:
    """Raises OrganisationNotFound, AlreadyMember, PhoneInvalid."""
    contact = contact_of(body)
    async with at.database.transaction() as db:
        managers = await handlers.request_membership(db, organisation_id, caller, contact, now=datetime.now(UTC))
    return RequestedAnswer(state=State.REQUESTED, managers=managers)


@router.post("/employees/lookup")
async def look_up(organisation_id: UUID, body: LookupBody, caller: Caller, at: At) -> LookupAnswer:
    """Somebody whose address or username the manager knows. Raises TooManyLookups, ServiceUnavailable."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        lookup_id = await lookup.begin(db, manager, now=datetime.now(UTC))
    account_id = await lookup.ask(at.client("identity"), email=body.email, username=body.username)
    if account_id is None:
        return LookupAnswer(found=None)
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await lookup.end(db, manager, lookup_id, account_id)
    return LookupAnswer(found=FoundAnswer.model_validate(found))


@router.post("/employees", status_code=201)
@command
async def add(organisation_id: UUID, body: AddBody, caller: Caller, at: At) -> None:
    """Raises LookUpFirst, AlreadyEmployee, PhoneInvalid, PersonErased, RegistrationNotFound, RoleNotFound."""
    wanted = _welcome(body.account_id, body)
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller, people=[body.account_id])
        await lookup.check_found(db, manager, body.account_id, now=datetime.now(UTC))
        await handlers.add_found(db, manager, wanted, now=datetime.now(UTC))


@router.put("/employees/{account_id}", status_code=204)
@command
async def edit(organisation_id: UUID, account_id: UUID, body: EditBody, caller: Caller, at: At) -> None:
    """By a manager, or by the employee.

    Raises EmployeeNotFound, TransitionImpossible, NotYours, HeadIsForManagers, EmployeeChangedMeanwhile, PhoneInvalid.
    """
    contact = contact_of(body)
    async with at.database.transaction() as db:
        involved = await (Involved if account_id == caller.account_id else Manager).locked(db, organisation_id, caller)
        await handlers.edit_employee(db, involved, account_id, contact, version=body.version, now=datetime.now(UTC))


@router.post("/employees/{account_id}/confirm", status_code=204)
@command
async def confirm(organisation_id: UUID, account_id: UUID, body: ConfirmBody, caller: Caller, at: At) -> None:
    """Data and access in one step: both are saved, or neither.

    Raises EmployeeNotFound, TransitionImpossible, PhoneInvalid, RegistrationNotFound, RoleNotFound.
    """
    wanted = _welcome(account_id, body)
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller, people=[account_id])
        await handlers.confirm_employee(db, manager, wanted, now=datetime.now(UTC))


@router.post("/employees/{account_id}/block", status_code=204)
@command
async def block(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """Raises NotAManager, EmployeeNotFound, TransitionImpossible, NotYours, LastManager."""
    await _change(organisation_id, account_id, Action.BLOCK, caller, at)


@router.post("/employees/{account_id}/activate", status_code=204)
@command
async def activate(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """Raises EmployeeNotFound, TransitionImpossible, NotYours."""
    await _change(organisation_id, account_id, Action.ACTIVATE, caller, at)


@router.post("/employees/{account_id}/promote", status_code=204)
@command
async def promote(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """To manager. Raises EmployeeNotFound, TransitionImpossible, NotYours."""
    await _change(organisation_id, account_id, Action.PROMOTE, caller, at)


@router.post("/employees/{account_id}/dismiss", status_code=204)
@command
async def dismiss(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """As manager; whoever does it to themselves steps down.

    Raises EmployeeNotFound, TransitionImpossible, NotYours, LastManager.
    """
    action = Action.STEP_DOWN if account_id == caller.account_id else Action.DISMISS
    await _change(organisation_id, account_id, action, caller, at)


@router.post("/employees/{account_id}/remove", status_code=204)
@command
async def remove(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """A manager removes someone; whoever does it to themselves leaves, or takes back their request.

    Raises EmployeeNotFound, TransitionImpossible, NotYours, LastManager.
    """
    action = Action.LEAVE if account_id == caller.account_id else Action.REMOVE
    await _change(organisation_id, account_id, action, caller, at)


async def _change(organisation_id: UUID, account_id: UUID, action: Action, caller: Person, at: At) -> None:
    """On others only managers act."""
    proof = Involved if account_id == caller.account_id else Manager
    async with at.database.transaction() as db:
        involved = await proof.locked(db, organisation_id, caller, people=[account_id])
        await handlers.change_state(db, involved, account_id, action, now=datetime.now(UTC))


def _welcome(account_id: UUID, body: ConfirmBody) -> Welcome:
    """Raises Violations."""
    roles = [(wish.registration_id, wish.role) for wish in body.access]
    return Welcome(account_id, contact_of(body), body.manager, roles)
