"""The access page of a registration over HTTP: who may use it as what, and who manages it."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.employees.rules import State
from services.organisation.fields import Answer, Body, Slug
from services.organisation.lists.store import lists_of
from services.organisation.organisations.membership import Manager
from services.organisation.registrations import mandates, page_store, request_store
from services.organisation.registrations.access_handlers import ANYTHING, AccessChange, change_access
from services.organisation.registrations.editors import AccessEditor
from services.organisation.registrations.page_store import AccessRow, Sort, Wanted, Which
from services.organisation.registrations.tool_managers import Appointment, change_tool_managers
from services.organisation.registrations.usage_modes import usage_mode_of
from services.organisation.tools.needs import Circumstances, codes_of, kinds_in, missing
from services.organisation.tools.rules import UsageMode
from services.organisation.tools.words import describer
from shared.db import Connection
from shared.formats import BRUSSELS
from shared.http import Language
from shared.tokens import Person, person

router = APIRouter(prefix="/api/organisations/{organisation_id}/registrations/{registration_id}")
Caller = Annotated[Person, person()]
MAX_CHANGES = 500


class ChangeBody(Body):
    """was: the role that the sender saw, so that nobody's change is undone unseen; left out by who does not care."""

    account_id: UUID
    role: Slug | None
    was: Slug | None = None

    def as_change(self, registration_id: UUID) -> AccessChange:
        was = self.was if "was" in self.model_fields_set else ANYTHING
        return AccessChange(registration_id, self.account_id, self.role, was)


class ToolManagerBody(Body):
    account_id: UUID
    is_tool_manager: bool


class AccessBody(Body):
    """tool_managers: for managers of the organisation to decide."""

    changes: Annotated[list[ChangeBody], Field(max_length=MAX_CHANGES)]
    tool_managers: Annotated[
        list[ToolManagerBody], Field(default_factory=list[ToolManagerBody], max_length=MAX_CHANGES)
    ]


class SavedAnswer(Answer):
    """How many changes made a difference."""

    access: int
    tool_managers: int


class RoleAnswer(Answer):
    id: str
    name: str


class EmployeeAccess(Answer):
    """held: of the kinds that the usage mode asks about; until: when they end, where they do. missing: to use a role."""

    account_id: UUID
    name: str
    state: State
    manager: bool
    tool_manager: bool
    role: str | None
    held: list[str]
    until: dict[str, date]
    missing: list[list[str]]


class RequestAnswer(Answer):
    """missing: what the person lacks to use the role. current_role: what they have now."""

    account_id: UUID
    name: str
    role: str
    current_role: str | None
    requested_at: datetime
    missing: list[list[str]]


class MandateAnswer(Answer):
    account_id: UUID
    name: str
    recognition: str
    until: date | None
    is_held: bool


class AccessAnswer(Answer):
    """is_manager: whether the caller may also end the registration, choose the mandate and appoint tool managers.

    total: how many employees there are on all pages. kinds: the recognitions that the usage mode asks about.
    """

    registration_id: UUID
    tool_id: str
    usage_mode: str
    state: str
    suspended_reason: str | None
    mandate: MandateAnswer | None
    needs: str
    register_needs: str
    kinds: list[str]
    roles: list[RoleAnswer]
    is_manager: bool
    employees: list[EmployeeAccess]
    total: int
    requests: list[RequestAnswer]


@router.get("/access")
async def show_access(
    organisation_id: UUID,
    registration_id: UUID,
    caller: Caller,
    at: At,
    language: Language,
    q: Annotated[str, Query(max_length=100)] = "",
    which: Annotated[Which, Query(alias="filter")] = "all",
    sort: Sort = "name",
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    only: Annotated[list[UUID] | None, Query(max_length=200)] = None,
) -> AccessAnswer:
    """For managers and the tool managers of this registration. only: these people, wherever they are in the list.

    Raises RegistrationNotFound, NotAnEditor.
    """
    wanted = Wanted(tuple(q.split()), which, sort, offset, limit, only)
    async with at.database.acquire() as db:
        editor = await AccessEditor.of(db, organisation_id, registration_id, caller)
        return await _access(db, editor, wanted, language, today=datetime.now(BRUSSELS).date())


@router.put("/access")
@command
async def save_access(
    organisation_id: UUID, registration_id: UUID, body: AccessBody, caller: Caller, at: At
) -> SavedAnswer:
    """All changes or none.

    Raises AccessChangedMeanwhile, NotAnEditor, RegistrationNotFound, EmployeeNotFound, NotActive, RoleNotFound, NotAManager.
    """
    changes = [change.as_change(registration_id) for change in body.changes]
    appointments = [Appointment(one.account_id, one.is_tool_manager) for one in body.tool_managers]
    now = datetime.now(UTC)
    async with at.database.transaction() as db:
        people = {change.account_id for change in changes}
        editor = await AccessEditor.locked(db, organisation_id, registration_id, caller, people=people)
        appointed = 0
        if appointments:
            manager = await Manager.of(db, organisation_id, caller)
            appointed = await change_tool_managers(db, manager, registration_id, appointments, now=now)
        return SavedAnswer(access=await change_access(db, editor.member, changes, now=now), tool_managers=appointed)


async def _access(db: Connection, editor: AccessEditor, wanted: Wanted, language: str, *, today: date) -> AccessAnswer:
    registration = editor.registration
    tool, mode = await usage_mode_of(db, registration.tool_id, registration.usage_mode)
    kinds = kinds_in(mode.rule_to_use()) | kinds_in(mode.rule_to_register())
    lists = await lists_of(db, registration.organisation_id, tool.id)
    about = (registration.organisation_id, registration.id)
    rows = await page_store.access_page(db, *about, wanted, kinds=kinds, today=today)
    describe = describer(tool.entry, language)
    return AccessAnswer(
        registration_id=registration.id,
        tool_id=registration.tool_id,
        usage_mode=registration.usage_mode,
        state=registration.state,
        suspended_reason=registration.suspended_reason,
        mandate=await _mandate(db, editor, today=today),
        needs=describe(mode.rule_to_use()),
        register_needs=describe(mode.rule_to_register()),
        kinds=sorted(kinds),
        roles=[RoleAnswer(id=role.id, name=role.names[language]) for role in mode.roles],
        is_manager=editor.member.manager,
        employees=[_employee(row, mode, lists) for row in rows],
        total=await page_store.count_page(db, *about, wanted),
        requests=await _requests(db, editor, mode, lists, today=today),
    )


def _employee(row: AccessRow, mode: UsageMode, lists: frozenset[str]) -> EmployeeAccess:
    circumstances = Circumstances(frozenset(row.held), row.is_manager, lists)
    return EmployeeAccess(
        account_id=row.account_id,
        name=row.name,
        state=row.state,
        manager=row.is_manager,
        tool_manager=row.is_tool_manager,
        role=row.role,
        held=sorted(row.held),
        until={kind: until for kind, until in row.held.items() if until is not None},
        missing=_missing(mode, circumstances),
    )


async def _requests(
    db: Connection, editor: AccessEditor, mode: UsageMode, lists: frozenset[str], *, today: date
) -> list[RequestAnswer]:
    return [
        RequestAnswer(
            account_id=one.account_id,
            name=one.name,
            role=one.role,
            current_role=one.current_role,
            requested_at=one.requested_at,
            missing=_missing(mode, Circumstances(one.held, one.is_manager, lists)),
        )
        for one in await request_store.waiting_in(db, editor.registration.id, today=today)
    ]


async def _mandate(db: Connection, editor: AccessEditor, *, today: date) -> MandateAnswer | None:
    registration = editor.registration
    if registration.mandated_account_id is None or registration.mandated_recognition is None:
        return None
    who, kind = registration.mandated_account_id, registration.mandated_recognition
    lent = await mandates.what_is_lent(db, who, kind, today=today)
    return MandateAnswer(account_id=who, name=lent.name, recognition=kind, until=lent.until, is_held=lent.is_held)


def _missing(mode: UsageMode, circumstances: Circumstances) -> list[list[str]]:
    return [list(needs) for needs in codes_of(missing(mode.rule_to_use(), circumstances))]
