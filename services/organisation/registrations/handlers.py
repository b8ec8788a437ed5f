"""Registering a tool, and under whose recognition it stands."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.organisation.employees import store as employees
from services.organisation.employees.rules import EmployeeNotFound, State
from services.organisation.organisations.membership import Manager
from services.organisation.publish import publish
from services.organisation.registrations import access_store, facts, store
from services.organisation.registrations.circumstances import circumstances_of
from services.organisation.registrations.ending import end_registration
from services.organisation.registrations.reassess import reassess_employee, reassess_tool
from services.organisation.registrations.rules import (
    NotActive,
    OrganisationNotListed,
    RecognitionMissing,
    Registration,
    RegistrationNotFound,
    TermsOutdated,
    UsageModeNotFound,
    grant_of,
    mandating_recognition,
    must_be_listed,
)
from services.organisation.tools.needs import Circumstances, as_rule, codes_of, missing
from services.organisation.tools.rules import ToolNotFound, ToolRetired, UsageMode
from services.organisation.tools.store import CatalogueTool, find_tool_for_use
from services.organisation.tools.terms import follow_acceptance
from services.organisation.tools.words import describer
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
    if tool.entry.state == "retired":
        raise ToolRetired()
    if command.terms_version != tool.entry.terms.version:
        raise TermsOutdated(terms_version=tool.entry.terms.version)
    today = now.astimezone(BRUSSELS).date()
    circumstances = await circumstances_of(db, manager.organisation_id, manager.account_id, tool.id, today=today)
    kind = _check_needs(tool, mode, circumstances, language)
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
    is_accepted_for_others = await follow_acceptance(db, manager, tool.id, registration.terms_version, now=now)
    rule, role = mode.rule_to_use(), mode.roles[0].id
    grant = grant_of(registration, manager.account_id, role, use_rule=rule, circumstances=circumstances)
    await access_store.insert_access(db, grant, granted_by=manager.account_id, now=now)
    details = {"tool_id": tool.id, "usage_mode": mode.id, "terms_version": command.terms_version}
    await manager.record(db, "register-tool", details=details)
    by = manager.account_id
    await publish(db, [facts.registered(registration, registered_by=by), facts.granted(grant, granted_by=by)])
    if is_accepted_for_others:
        await reassess_tool(db, tool.id, [manager.organisation_id], today=today)
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
    circumstances = await circumstances_of(db, manager.organisation_id, account_id, tool.id, today=today)
    kind = _check_needs(tool, mode, circumstances, language)
    if kind is None or (account_id, kind) == (registration.mandated_account_id, registration.mandated_recognition):
        return
    await store.move_mandate(db, registration.id, account_id, kind)
    details = {"registration_id": str(registration.id), "tool_id": tool.id, "recognition": kind}
    await manager.record(db, "change-mandate", account_id, details)
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


def _check_needs(tool: CatalogueTool, mode: UsageMode, circumstances: Circumstances, language: str) -> str | None:
    """The kind under which the registration will stand, None where none is asked for.

    Raises OrganisationNotListed, RecognitionMissing.
    """
    rule = mode.rule_to_register()
    if must_be_listed(rule, circumstances):
        raise OrganisationNotListed(tool=tool.entry.names[language], email=tool.entry.support_email)
    lacking = missing(rule, circumstances)
    if lacking:
        needed = describer(tool.entry, language)(as_rule(lacking))
        raise RecognitionMissing(missing=codes_of(lacking), needed=needed)
    return mandating_recognition(rule, circumstances)
