"""Registrations over HTTP: registering, under whose recognition, ending."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer, Body, Short, Slug
from services.organisation.lists.store import lists_of
from services.organisation.organisations.membership import Manager, Member
from services.organisation.registrations import handlers, store
from services.organisation.registrations.ending import what_would_end
from services.organisation.registrations.handlers import RegisterTool
from services.organisation.registrations.mandates import Alternative, alternatives_to
from services.organisation.registrations.rules import Registration, RegistrationNotFound
from services.organisation.registrations.usage_modes import usage_mode_of
from services.organisation.tools.rules import UsageMode
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


class AlternativeAnswer(Answer):
    """until: when the recognition ends; None for no end."""

    account_id: UUID
    name: str
    recognition: str
    until: date | None


class MandateAnswer(Answer):
    """mandated_*: as it is now. alternatives: the active employees who hold what registering asks for, the present one among them."""

    registration_id: UUID
    tool_id: str
    usage_mode: str
    needs: str
    mandated_account_id: UUID | None
    mandated_recognition: str | None
    alternatives: list[AlternativeAnswer]


class MandateOfAnswer(Answer):
    registration_id: UUID
    tool_id: str
    tool_name: str
    usage_mode_name: str
    others: int


class EndingAnswer(Answer):
    """What would be lost. people: who have a role."""

    registration_id: UUID
    tool_id: str
    usage_mode: str
    people: int
    tool_managers: int
    requests: int


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


@router.get("/{registration_id}/mandate")
async def show_mandate(
    organisation_id: UUID, registration_id: UUID, caller: Caller, at: At, language: Language
) -> MandateAnswer:
    """Under whose recognition it stands, and under whose it could. Raises RegistrationNotFound."""
    async with at.database.acquire() as db:
        registration = await _get(db, await Manager.of(db, organisation_id, caller), registration_id)
        tool, mode = await usage_mode_of(db, registration.tool_id, registration.usage_mode)
        found = await _alternatives(db, registration, mode)
    return MandateAnswer(
        registration_id=registration.id,
        tool_id=tool.id,
        usage_mode=mode.id,
        needs=describer(tool.entry, language)(mode.rule_to_register()),
        mandated_account_id=registration.mandated_account_id,
        mandated_recognition=registration.mandated_recognition,
        alternatives=[AlternativeAnswer.model_validate(one) for one in found],
    )


@router.get("/mandates/{account_id}")
async def show_mandates_of(
    organisation_id: UUID, account_id: UUID, caller: Caller, at: At, language: Language
) -> list[MandateOfAnswer]:
    """What would be suspended if this employee went: to a manager, and to themselves. others: how many could take over."""
    async with at.database.acquire() as db:
        member = await (Member if account_id == caller.account_id else Manager).of(db, organisation_id, caller)
        answers: list[MandateOfAnswer] = []
        for registration in await store.registrations_of(db, member.organisation_id):
            if registration.mandated_account_id != account_id:
                continue
            tool, mode = await usage_mode_of(db, registration.tool_id, registration.usage_mode)
            found = await _alternatives(db, registration, mode)
            answers.append(
                MandateOfAnswer(
                    registration_id=registration.id,
                    tool_id=tool.id,
                    tool_name=tool.entry.names[language],
                    usage_mode_name=mode.names[language],
                    others=sum(one.account_id != account_id for one in found),
                )
            )
    return answers


@router.get("/{registration_id}/end")
async def look_at_end(organisation_id: UUID, registration_id: UUID, caller: Caller, at: At) -> EndingAnswer:
    """What ending it would take away. Raises RegistrationNotFound."""
    async with at.database.acquire() as db:
        registration = await _get(db, await Manager.of(db, organisation_id, caller), registration_id)
        lost = await what_would_end(db, registration.id)
    return EndingAnswer(
        registration_id=registration.id,
        tool_id=registration.tool_id,
        usage_mode=registration.usage_mode,
        people=lost.people,
        tool_managers=lost.tool_managers,
        requests=lost.requests,
    )


@router.post("/{registration_id}/end", status_code=204)
@command
async def end(organisation_id: UUID, registration_id: UUID, caller: Caller, at: At) -> None:
    """For good, with everyone's access; the tool may be registered afresh. Raises RegistrationNotFound."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        await handlers.end_registration(
            db,
            manager.organisation_id,
            registration_id,
            reason="registration-ended",
            by=manager.account_id,
            now=datetime.now(UTC),
            origin=f"session {manager.session_id}",
        )


async def _get(db: Connection, manager: Manager, registration_id: UUID) -> Registration:
    registration = await store.find_registration(db, manager.organisation_id, registration_id)
    if registration is None:
        raise RegistrationNotFound()
    return registration


async def _alternatives(db: Connection, registration: Registration, mode: UsageMode) -> list[Alternative]:
    lists = await lists_of(db, registration.organisation_id, registration.tool_id)
    today = datetime.now(BRUSSELS).date()
    return await alternatives_to(db, registration, mode.rule_to_register(), lists=lists, today=today)
