"""An employee asks for a role; managers and tool managers answer."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.organisation.organisations.membership import Member
from services.organisation.publish import publish
from services.organisation.registrations import access_store, facts, request_store, store
from services.organisation.registrations.access_handlers import AccessChange, change_access
from services.organisation.registrations.editors import AccessEditor
from services.organisation.registrations.request_store import RoleRequest
from services.organisation.registrations.rules import (
    Registration,
    RegistrationNotFound,
    RequestNotFound,
    RoleHeldAlready,
    RoleNotFound,
    TooManyRequests,
    takes_at_once,
)
from services.organisation.registrations.usage_modes import usage_mode_for_use
from shared.db import Connection
from shared.ids import new_id

MAX_PER_DAY = 20
_DAY = timedelta(days=1)


async def ask_for_role(
    db: Connection, member: Member, registration_id: UUID, role: str, *, now: datetime
) -> Literal["requested", "granted"]:
    """Instead of what they asked for before. The person (`lock_holders`) and the organisation are locked.

    Raises RegistrationNotFound, RoleNotFound, RoleHeldAlready, TooManyRequests.
    """
    registration = await store.find_registration(db, member.organisation_id, registration_id)
    if registration is None:
        raise RegistrationNotFound()
    _, mode = await usage_mode_for_use(db, registration.tool_id, registration.usage_mode)
    if role not in {known.id for known in mode.roles}:
        raise RoleNotFound(role=role)
    if await access_store.role_of(db, registration_id, member.account_id) == role:
        raise RoleHeldAlready()
    is_held = await access_store.is_role_held(db, registration_id, role)
    if takes_at_once(is_self_service=mode.is_self_service, is_manager=member.manager, is_held=is_held):
        await change_access(db, member, [AccessChange(registration_id, member.account_id, role)], now=now)
        return "granted"
    waiting = await request_store.find_waiting(db, member.organisation_id, registration_id, member.account_id)
    if waiting is not None and waiting.role == role:
        return "requested"
    if await request_store.count_since(db, member.organisation_id, member.account_id, now - _DAY) >= MAX_PER_DAY:
        raise TooManyRequests(retry_after_s=int(_DAY.total_seconds()))
    if waiting is not None:
        await _end(db, waiting, "withdrawn", by=member.account_id, now=now)
    await _insert(db, member, registration, role, now=now)
    return "requested"


async def withdraw_request(db: Connection, member: Member, registration_id: UUID, *, now: datetime) -> None:
    """Their own. Raises RequestNotFound."""
    waiting = await request_store.find_waiting(db, member.organisation_id, registration_id, member.account_id)
    if waiting is None:
        raise RequestNotFound()
    await _end(db, waiting, "withdrawn", by=member.account_id, now=now)
    await member.record(db, "withdraw-request", details=_details(waiting))


async def grant_request(db: Connection, editor: AccessEditor, account_id: UUID, *, now: datetime) -> None:
    """The role that they asked for. The person (`lock_holders`) and the organisation are locked.

    Raises RequestNotFound, and what `change_access` raises.
    """
    waiting = await _get_waiting(db, editor, account_id)
    await change_access(db, editor.member, [AccessChange(editor.registration.id, account_id, waiting.role)], now=now)


async def refuse_request(db: Connection, editor: AccessEditor, account_id: UUID, answer: str, *, now: datetime) -> None:
    """answer: why, for them to read; it may be empty. Raises RequestNotFound."""
    waiting = await _get_waiting(db, editor, account_id)
    await _end(db, waiting, "refused", by=editor.member.account_id, answer=answer, now=now)
    await editor.record(db, "refuse-request", account_id, _details(waiting))


async def _get_waiting(db: Connection, editor: AccessEditor, account_id: UUID) -> RoleRequest:
    registration = editor.registration
    waiting = await request_store.find_waiting(db, registration.organisation_id, registration.id, account_id)
    if waiting is None:
        raise RequestNotFound()
    return waiting


async def _insert(db: Connection, member: Member, registration: Registration, role: str, *, now: datetime) -> None:
    request = RoleRequest(
        id=new_id(),
        organisation_id=registration.organisation_id,
        registration_id=registration.id,
        tool_id=registration.tool_id,
        usage_mode=registration.usage_mode,
        account_id=member.account_id,
        role=role,
    )
    await request_store.insert_request(db, request, now=now)
    await member.record(db, "request-role", details=_details(request))
    await publish(db, [facts.requested(request)])


async def _end(
    db: Connection, request: RoleRequest, outcome: str, *, by: UUID, answer: str = "", now: datetime
) -> None:
    await request_store.end_request(db, request.id, outcome, answered_by=by, answer=answer, now=now)
    await publish(db, [facts.request_ended(request, outcome, answered_by=by)])


def _details(request: RoleRequest) -> dict[str, str]:
    return {"registration_id": str(request.registration_id), "tool_id": request.tool_id, "role": request.role}
