"""Registrations and access over HTTP."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.employees.rules import State
from services.organisation.fields import Answer, Body, Short, Slug
from services.organisation.lists.store import lists_of
from services.organisation.organisations.membership import Manager
from services.organisation.registrations import access_store, handlers, store
from services.organisation.registrations.access_handlers import AccessChange, change_access
from services.organisation.registrations.access_store import AccessRow
from services.organisation.registrations.handlers import RegisterTool
from services.organisation.registrations.rules import Registration, RegistrationNotFound
from services.organisation.tools.needs import Circumstances, codes_of, kinds_in, missing
from services.organisation.tools.rules import ToolNotFound, UsageMode
from services.organisation.tools.store import find_tool
from services.organisation.tools.words import describer
from shared.db import Connection
from shared.formats import BRUSSELS
from shared.http import Language
from shared.tokens import Person, person

router = APIRouter(prefix="/api/organisations/{organisation_id}/registrations")
Caller = Annotated[Person, person()]


class RegisterBody(Body):
    tool_id: Slug
    usage_mode: Slug
    terms_version: Short


class RegisteredAnswer(Answer):
    """role: what the registering manager got."""

    registration_id: UUID
    role: str


class MandateBody(Body):
    account_id: UUID


class ChangeBody(Body):
    account_id: UUID
    role: Slug | None


class AccessBody(Body):
    changes: Annotated[list[ChangeBody], Field(max_length=500)]


class RoleAnswer(Answer):
    id: str
    name: str


class EmployeeAccess(Answer):
    """held: of the kinds that the usage mode asks about. missing: what the person lacks to use a role."""

    account_id: UUID
    name: str
    state: State
    role: str | None
    held: list[str]
    missing: list[list[str]]


class AccessAnswer(Answer):
    registration_id: UUID
    tool_id: str
    usage_mode: str
    state: str
    suspended_reason: str | None
    mandated_account_id: UUID | None
    mandated_recognition: str | None
    needs: str
    kinds: list[str]
    roles: list[RoleAnswer]
    employees: list[EmployeeAccess]


@router.post("", status_code=201)
@command
async def register(
    organisation_id: UUID, body: RegisterBody, caller: Caller, at: At, language: Language
) -> RegisteredAnswer:
    """Raises ToolNotFound, UsageModeNotFound, TermsOutdated, RecognitionMissing, AlreadyRegistered."""
    wanted = RegisterTool(body.tool_id, body.usage_mode, body.terms_version)
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller, people=[caller.account_id])
        registration, role = await handlers.register_tool(db, manager, wanted, language=language, now=datetime.now(UTC))
    return RegisteredAnswer(registration_id=registration.id, role=role)


@router.put("/{registration_id}/mandate", status_code=204)
@command
async def change_mandate(
    organisation_id: UUID, registration_id: UUID, body: MandateBody, caller: Caller, at: At, language: Language
) -> None:
    """Raises RegistrationNotFound, EmployeeNotFound, NotActive, RecognitionMissing."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller, people=[body.account_id])
        await handlers.change_mandate(
            db, manager, registration_id, body.account_id, language=language, now=datetime.now(UTC)
        )


@router.get("/{registration_id}/access")
async def show_access(
    organisation_id: UUID, registration_id: UUID, caller: Caller, at: At, language: Language
) -> AccessAnswer:
    """Raises RegistrationNotFound."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        return await _access(db, manager, registration_id, language)


@router.put("/{registration_id}/access")
@command
async def save_access(
    organisation_id: UUID, registration_id: UUID, body: AccessBody, caller: Caller, at: At, language: Language
) -> AccessAnswer:
    """All changes or none. Raises RegistrationNotFound, EmployeeNotFound, NotActive, RoleNotFound."""
    changes = [AccessChange(registration_id, change.account_id, change.role) for change in body.changes]
    async with at.database.transaction() as db:
        people = {change.account_id for change in changes}
        manager = await Manager.locked(db, organisation_id, caller, people=people)
        await change_access(db, manager, changes, now=datetime.now(UTC))
        return await _access(db, manager, registration_id, language)


async def _access(db: Connection, manager: Manager, registration_id: UUID, language: str) -> AccessAnswer:
    registration = await store.find_registration(db, manager.organisation_id, registration_id)
    if registration is None:
        raise RegistrationNotFound()
    tool = await find_tool(db, registration.tool_id)
    mode = tool.entry.usage_mode(registration.usage_mode) if tool else None
    if tool is None or mode is None:
        raise ToolNotFound()
    today = datetime.now(BRUSSELS).date()
    rows = await access_store.access_page(db, manager.organisation_id, registration.id, today=today)
    lists = await lists_of(db, manager.organisation_id, tool.id)
    needs = describer(tool.entry, language)(mode.rule_to_use())
    return _answer(registration, mode, [_employee(row, mode, lists) for row in rows], needs, language)


def _answer(
    registration: Registration, mode: UsageMode, employees: list[EmployeeAccess], needs: str, language: str
) -> AccessAnswer:
    return AccessAnswer(
        registration_id=registration.id,
        tool_id=registration.tool_id,
        usage_mode=registration.usage_mode,
        state=registration.state,
        suspended_reason=registration.suspended_reason,
        mandated_account_id=registration.mandated_account_id,
        mandated_recognition=registration.mandated_recognition,
        needs=needs,
        kinds=sorted(_kinds(mode)),
        roles=[RoleAnswer(id=role.id, name=role.names[language]) for role in mode.roles],
        employees=employees,
    )


def _employee(row: AccessRow, mode: UsageMode, lists: frozenset[str]) -> EmployeeAccess:
    lacking = missing(mode.rule_to_use(), Circumstances(row.held, row.is_manager, lists))
    return EmployeeAccess(
        account_id=row.account_id,
        name=row.name,
        state=row.state,
        role=row.role,
        held=sorted(row.held & _kinds(mode)),
        missing=[list(needs) for needs in codes_of(lacking)],
    )


def _kinds(mode: UsageMode) -> frozenset[str]:
    return kinds_in(mode.rule_to_use()) | kinds_in(mode.rule_to_register())
