"""Registering a tool, and under whose recognition it stands."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.organisation.employees import store as employees
from services.organisation.employees.rules import EmployeeNotFound, State
from services.organisation.organisations.membership import Manager
from services.organisation.people.store import held_kinds
from services.organisation.publish import publish
from services.organisation.registrations import access_store, facts, store
from services.organisation.registrations.ending import end_registration
from services.organisation.registrations.reassess import reassess_employee
from services.organisation.registrations.rules import (
    NotActive,
    RecognitionMissing,
    Registration,
    RegistrationNotFound,
    TermsOutdated,
    UsageModeNotFound,
    grant_of,
    mandating_recognition,
)
from services.organisation.tools.expressions import missing, parse
from services.organisation.tools.rules import ToolNotFound, UsageMode
from services.organisation.tools.store import CatalogueTool, find_tool_for_use
from services.organisation.tools.words import as_rule, describer
from shared.db import Connection
from shared.formats import BRUSSELS
from shared.ids import new_id

__all__ = ["RegisterTool", "change_mandate", "end_registration", "register_tool"]


@dataclass(frozen=True)
class RegisterTool:
    """terms_version: of the terms that the manager has read."""

    tool_id: str
    usage_mode: str
    terms_version: str


async def register_tool(
    db: Connection, manager: Manager, command: RegisterTool, *, language: str, now: datetime
) -> tuple[Registration, str]:
    """The manager becomes the mandated employee and gets the usage mode's first role, which is returned too.

    The manager (`lock_holders`) and the organisation are locked. Raises ToolNotFound, UsageModeNotFound, TermsOutdated,
    RecognitionMissing; violates registration_exists.
    """
    tool, mode = await _get_usage_mode(db, command.tool_id, command.usage_mode)
    if command.terms_version != tool.entry.terms.version:
        raise TermsOutdated(terms_version=tool.entry.terms.version)
    today = now.astimezone(BRUSSELS).date()
    held = (await held_kinds(db, [manager.account_id], today=today))[manager.account_id]
    kind = _check_recognitions(tool, mode, held, language)
    registration = Registration(
        id=new_id(),
        organisation_id=manager.organisation_id,
        tool_id=tool.id,
        usage_mode=mode.id,
        state="active",
        suspended_reason=None,
        mandated_account_id=manager.account_id if kind else None,
        mandated_recognition=kind,
        terms_version=command.terms_version,
    )
    await store.insert_registration(db, registration, registered_by=manager.account_id, now=now)
    grant = grant_of(registration, manager.account_id, mode.roles[0].id, use_rule=mode.use_rule, held=held)
    await access_store.insert_access(db, grant, granted_by=manager.account_id, now=now)
    details = {"tool_id": tool.id, "usage_mode": mode.id, "terms_version": command.terms_version}
    await manager.record(db, "register-tool", details=details)
    by = manager.account_id
    await publish(db, [facts.registered(registration, registered_by=by), facts.granted(grant, granted_by=by)])
    return registration, grant.role


async def change_mandate(
    db: Connection, manager: Manager, registration_id: UUID, account_id: UUID, *, language: str, now: datetime
) -> None:
    """Another employee lends their recognition. They (`lock_holders`) and the organisation are locked.

    Raises RegistrationNotFound, EmployeeNotFound, NotActive, RecognitionMissing.
    """
    registration = await store.find_registration(db, manager.organisation_id, registration_id)
    if registration is None:
        raise RegistrationNotFound()
    employee = await employees.find_employee(db, manager.organisation_id, account_id)
    if employee is None or employee.state is State.REMOVED:
        raise EmployeeNotFound()
    if employee.state is not State.ACTIVE:
        raise NotActive()
    tool, mode = await _get_usage_mode(db, registration.tool_id, registration.usage_mode)
    today = now.astimezone(BRUSSELS).date()
    held = (await held_kinds(db, [account_id], today=today))[account_id]
    kind = _check_recognitions(tool, mode, held, language)
    if kind is None or (account_id, kind) == (registration.mandated_account_id, registration.mandated_recognition):
        return
    await store.move_mandate(db, registration.id, account_id, kind)
    await manager.record(db, "change-mandate", account_id, {"registration_id": str(registration.id)})
    await publish(db, [facts.mandate_changed(registration, registration.id, account_id, kind, by=manager.account_id)])
    await reassess_employee(db, account_id, [manager.organisation_id], today=today)


async def _get_usage_mode(db: Connection, tool_id: str, usage_mode: str) -> tuple[CatalogueTool, UsageMode]:
    tool = await find_tool_for_use(db, tool_id)
    if tool is None:
        raise ToolNotFound()
    mode = tool.entry.usage_mode(usage_mode)
    if mode is None:
        raise UsageModeNotFound()
    return tool, mode


def _check_recognitions(tool: CatalogueTool, mode: UsageMode, held: frozenset[str], language: str) -> str | None:
    """The kind under which the registration will stand, None where nothing is asked for. Raises RecognitionMissing."""
    rule = parse(mode.register_rule)
    lacking = missing(rule, held)
    if lacking:
        raise RecognitionMissing(missing=lacking, needed=describer(tool.entry, language)(as_rule(lacking)))
    return mandating_recognition(rule, held)
