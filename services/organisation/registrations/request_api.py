"""Roles that employees ask for, over HTTP: what there is to ask for, asking, answering."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer, Body, Slug
from services.organisation.lists.store import lists_of
from services.organisation.organisations.membership import Member
from services.organisation.people.store import held_kinds
from services.organisation.registrations import requests
from services.organisation.registrations.editors import AccessEditor
from services.organisation.registrations.own_store import OwnRegistration, own_registrations
from services.organisation.registrations.rules import may_edit
from services.organisation.tools.needs import Circumstances, codes_of, missing
from services.organisation.tools.words import describer
from shared.db import Connection
from shared.formats import BRUSSELS
from shared.http import Language
from shared.tokens import Person, person

router = APIRouter(prefix="/api/organisations/{organisation_id}/registrations")
Caller = Annotated[Person, person()]
Sentences = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
]
ANSWER_SHOWN_FOR = timedelta(days=30)


class AskBody(Body):
    role: Slug


class AskedAnswer(Answer):
    outcome: Literal["requested", "granted"]


class AnswerBody(Body):
    """answer: why it is refused, for the person to read."""

    granted: bool
    answer: Sentences = ""


class RoleAnswer(Answer):
    """is_at_once: the caller gets it by asking."""

    id: str
    name: str
    is_at_once: bool


class EndedAnswer(Answer):
    """What became of the last request. answer: why, as whoever answered put it."""

    role: str
    outcome: str
    answer: str
    ended_at: datetime


class OwnRegistrationAnswer(Answer):
    """A registration as one employee sees it. role: theirs; requested: what they asked for. missing: what they lack to use a role.

    requests: how many people wait for an answer; 0 for who may not answer.
    """

    registration_id: UUID
    tool_id: str
    tool_name: str
    usage_mode: str
    usage_mode_name: str
    state: str
    suspended_reason: str | None
    needs: str
    missing: list[list[str]]
    roles: list[RoleAnswer]
    role: str | None
    requested: str | None
    ended: EndedAnswer | None
    may_edit: bool
    requests: Annotated[int, Field(ge=0)]


@router.get("/mine")
async def show_mine(organisation_id: UUID, caller: Caller, at: At, language: Language) -> list[OwnRegistrationAnswer]:
    """Every registration of the organisation, with what the caller is in it and could ask for."""
    now = datetime.now(UTC)
    async with at.database.acquire() as db:
        member = await Member.of(db, organisation_id, caller)
        found = await own_registrations(db, organisation_id, member.account_id, since=now - ANSWER_SHOWN_FOR)
        today = now.astimezone(BRUSSELS).date()
        return [await _own(db, member, one, language, today=today) for one in found]


@router.post("/{registration_id}/requests")
@command
async def ask(organisation_id: UUID, registration_id: UUID, body: AskBody, caller: Caller, at: At) -> AskedAnswer:
    """Raises RegistrationNotFound, RoleNotFound, RoleHeldAlready, TooManyRequests."""
    async with at.database.transaction() as db:
        member = await Member.locked(db, organisation_id, caller, people=[caller.account_id])
        outcome = await requests.ask_for_role(db, member, registration_id, body.role, now=datetime.now(UTC))
    return AskedAnswer(outcome=outcome)


@router.post("/{registration_id}/requests/withdraw", status_code=204)
@command
async def withdraw(organisation_id: UUID, registration_id: UUID, caller: Caller, at: At) -> None:
    """One's own. Raises RequestNotFound."""
    async with at.database.transaction() as db:
        member = await Member.locked(db, organisation_id, caller)
        await requests.withdraw_request(db, member, registration_id, now=datetime.now(UTC))


@router.post("/{registration_id}/requests/{account_id}/answer", status_code=204)
@command
async def answer(
    organisation_id: UUID, registration_id: UUID, account_id: UUID, body: AnswerBody, caller: Caller, at: At
) -> None:
    """For managers and the tool managers of this registration.

    Raises RegistrationNotFound, NotAnEditor, RequestNotFound, NotActive, RoleNotFound.
    """
    now = datetime.now(UTC)
    async with at.database.transaction() as db:
        editor = await AccessEditor.locked(db, organisation_id, registration_id, caller, people=[account_id])
        if body.granted:
            await requests.grant_request(db, editor, account_id, now=now)
        else:
            await requests.refuse_request(db, editor, account_id, body.answer, now=now)


async def _own(
    db: Connection, member: Member, one: OwnRegistration, language: str, *, today: date
) -> OwnRegistrationAnswer:
    held = await held_kinds(db, [member.account_id], today=today)
    lists = await lists_of(db, member.organisation_id, one.tool_id)
    circumstances = Circumstances(held[member.account_id], member.manager, lists)
    is_editor = may_edit(is_manager=member.manager, is_tool_manager=one.is_tool_manager)
    at_once = one.mode.is_self_service and member.manager
    return OwnRegistrationAnswer(
        registration_id=one.registration_id,
        tool_id=one.tool_id,
        tool_name=one.entry.names[language],
        usage_mode=one.mode.id,
        usage_mode_name=one.mode.names[language],
        state=one.state,
        suspended_reason=one.suspended_reason,
        needs=describer(one.entry, language)(one.mode.rule_to_use()),
        missing=[list(needs) for needs in codes_of(missing(one.mode.rule_to_use(), circumstances))],
        roles=[
            RoleAnswer(id=role.id, name=role.names[language], is_at_once=at_once and role.id not in one.held_roles)
            for role in one.mode.roles
        ],
        role=one.role,
        requested=one.requested,
        ended=EndedAnswer.model_validate(one.ended) if one.ended else None,
        may_edit=is_editor,
        requests=one.requests if is_editor else 0,
    )
