"""Employees over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.employees import handlers, store
from services.organisation.employees.handlers import ConfirmEmployee
from services.organisation.employees.rules import Action, EmployeeNotFound, State
from services.organisation.fields import Answer, ContactBody, Slug
from services.organisation.organisations.handlers import Contact
from services.organisation.organisations.membership import Involved, Manager, Member
from services.organisation.registrations.access_store import access_choices
from shared.http import Language
from shared.tokens import Person, person

router = APIRouter(prefix="/api/organisations/{organisation_id}")
Caller = Annotated[Person, person()]
Which = Annotated[Literal["all", "awaiting"], Query(alias="filter")]


class RequestedAnswer(Answer):
    """managers: the names of those who decide."""

    state: State
    managers: list[str]


class EmployeeAnswer(Answer):
    """name: empty while it is not known yet."""

    account_id: UUID
    name: str
    type: str
    email: str
    phone: str | None
    state: State
    manager: bool
    version: int


class RoleAnswer(Answer):
    id: str
    name: str


class AccessChoice(Answer):
    """role: what the employee has now; None for no access."""

    registration_id: UUID
    tool: str
    tool_name: str
    usage_mode: str
    usage_mode_name: str
    roles: list[RoleAnswer]
    role: str | None


class EmployeeDetail(EmployeeAnswer):
    access: list[AccessChoice]


class AccessWish(Answer):
    registration_id: UUID
    role: Slug | None


class ConfirmBody(ContactBody):
    manager: bool = False
    access: Annotated[list[AccessWish], Field(default_factory=list[AccessWish], max_length=200)]


@router.post("/requests", status_code=201)
@command
async def request_membership(organisation_id: UUID, body: ContactBody, caller: Caller, at: At) -> RequestedAnswer:
    """Raises OrganisationNotFound, AlreadyMember."""
    contact = Contact(body.type, body.email, body.phone)
    async with at.database.transaction() as db:
        managers = await handlers.request_membership(db, organisation_id, caller, contact, now=datetime.now(UTC))
    return RequestedAnswer(state=State.REQUESTED, managers=managers)


@router.get("/employees")
async def list_employees(organisation_id: UUID, caller: Caller, at: At, which: Which = "all") -> list[EmployeeAnswer]:
    """Managers see everyone who is not removed; others their active colleagues."""
    async with at.database.acquire() as db:
        member = await Member.of(db, organisation_id, caller)
        states = [State.REQUESTED, State.ACTIVE, State.BLOCKED] if member.manager else [State.ACTIVE]
        wanted = [state for state in states if which == "all" or state is State.REQUESTED]
        found = await store.employees_in(db, member.organisation_id, states=wanted)
    return [EmployeeAnswer.model_validate(employee) for employee in found]


@router.get("/employees/{account_id}")
async def show_employee(
    organisation_id: UUID, account_id: UUID, caller: Caller, at: At, language: Language
) -> EmployeeDetail:
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await store.find_named_employee(db, manager.organisation_id, account_id)
        choices = await access_choices(db, manager.organisation_id, account_id)
    if found is None:
        raise EmployeeNotFound()
    return EmployeeDetail(
        **EmployeeAnswer.model_validate(found).model_dump(),
        access=[
            AccessChoice(
                registration_id=choice.registration_id,
                tool=choice.tool_id,
                tool_name=choice.entry.names[language],
                usage_mode=choice.mode.id,
                usage_mode_name=choice.mode.names[language],
                roles=[RoleAnswer(id=role.id, name=role.names[language]) for role in choice.mode.roles],
                role=choice.role,
            )
            for choice in choices
        ],
    )


@router.post("/employees/{account_id}/confirm", status_code=204)
@command
async def confirm(organisation_id: UUID, account_id: UUID, body: ConfirmBody, caller: Caller, at: At) -> None:
    """Data and access in one step: both are saved, or neither.

    Raises EmployeeNotFound, TransitionImpossible, RegistrationNotFound, RoleNotFound.
    """
    roles = [(wish.registration_id, wish.role) for wish in body.access]
    wanted = ConfirmEmployee(account_id, Contact(body.type, body.email, body.phone), body.manager, roles)
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller, people=[account_id])
        await handlers.confirm_employee(db, manager, wanted, now=datetime.now(UTC))


@router.post("/employees/{account_id}/block", status_code=204)
@command
async def block(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """Raises EmployeeNotFound, TransitionImpossible, LastManager."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller, people=[account_id])
        await handlers.change_state(db, manager, account_id, Action.BLOCK, now=datetime.now(UTC))


@router.post("/employees/{account_id}/activate", status_code=204)
@command
async def activate(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """Raises EmployeeNotFound, TransitionImpossible."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller, people=[account_id])
        await handlers.change_state(db, manager, account_id, Action.ACTIVATE, now=datetime.now(UTC))


@router.post("/employees/{account_id}/remove", status_code=204)
@command
async def remove(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> None:
    """A manager removes someone, or someone leaves, or takes back their request.

    Raises EmployeeNotFound, TransitionImpossible, NotYours, LastManager.
    """
    async with at.database.transaction() as db:
        involved = await Involved.locked(db, organisation_id, caller, people=[account_id])
        await handlers.change_state(db, involved, account_id, Action.REMOVE, now=datetime.now(UTC))
