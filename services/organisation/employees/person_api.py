"""One employee over HTTP: in the organisation, and what of the personal profile may be seen there."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.organisation.at import At
from services.organisation.employees import personal
from services.organisation.employees.list_api import EmployeeAnswer
from services.organisation.employees.rules import Action, EmployeeNotFound, Membership, State, actors, possible
from services.organisation.employees.store import (
    NamedEmployee,
    count_other_managers,
    find_named_employee,
    tools_standing_on,
)
from services.organisation.fields import Answer
from services.organisation.organisations.membership import Involved
from services.organisation.registrations.access_store import Choice, access_choices
from shared.db import Connection
from shared.http import Language
from shared.tokens import Person, person

router = APIRouter(prefix="/api/organisations/{organisation_id}/employees/{account_id}")
Caller = Annotated[Person, person()]


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

    @classmethod
    def of(cls, choice: Choice, language: str) -> Self:
        return cls(
            registration_id=choice.registration_id,
            tool=choice.tool_id,
            tool_name=choice.entry.names[language],
            usage_mode=choice.mode.id,
            usage_mode_name=choice.mode.names[language],
            roles=[RoleAnswer(id=role.id, name=role.names[language]) for role in choice.mode.roles],
            role=choice.role,
        )


class EmployeeDetail(EmployeeAnswer):
    """can: what the caller may do now. is_last_manager: cannot stop managing. standing_on: the names of the tools that nobody of the
    organisation could use without this person's recognition. Colleagues can do nothing; they, and who is not active, see no access.
    """

    access: list[AccessChoice]
    can: list[Action]
    is_last_manager: bool
    standing_on: list[str]


class RecognitionAnswer(Answer):
    """valid_until: the latest of its sources, None for without end."""

    kind: str
    name: str
    valid_until: date | None


class PersonalAnswer(Answer):
    """is_complete: False while the account's own service cannot be asked, and language and picture are not known."""

    name: str
    language: str | None
    picture: str | None
    recognitions: list[RecognitionAnswer]
    is_complete: bool


@router.get("")
async def show_employee(
    organisation_id: UUID, account_id: UUID, caller: Caller, at: At, language: Language
) -> EmployeeDetail:
    """For managers, and for oneself; colleagues who are active see how each other is reached. Raises EmployeeNotFound."""
    async with at.database.acquire() as db:
        involved = await Involved.of(db, organisation_id, caller)
        employee = await _seen(db, involved, account_id)
        is_own = account_id == caller.account_id
        # Anybody may ask to join: what the organisation works with is for who belongs to it.
        sees_all = involved.state is State.ACTIVE and (involved.manager or is_own)
        choices = await access_choices(db, organisation_id, account_id) if sees_all else []
        standing_on = await tools_standing_on(db, organisation_id, account_id, language) if sees_all else []
        others = await count_other_managers(db, organisation_id, account_id) if employee.manager else 1
    by = actors(caller_is_employee=is_own, caller_is_manager=involved.manager)
    return EmployeeDetail(
        **EmployeeAnswer.model_validate(employee).model_dump(),
        access=[AccessChoice.of(choice, language) for choice in choices],
        can=list(possible(Membership(employee.state, manager=employee.manager), by=by)),
        is_last_manager=others == 0,
        standing_on=standing_on,
    )


@router.get("/profile")
async def show_profile(
    organisation_id: UUID, account_id: UUID, caller: Caller, at: At, language: Language
) -> PersonalAnswer:
    """For managers, and for oneself. Raises EmployeeNotFound."""
    async with at.database.acquire() as db:
        employee = await _for_manager_or_self(db, organisation_id, account_id, caller)
        recognitions = await personal.recognitions_of(db, account_id, language)
    card = await personal.ask_card(at.client("identity"), account_id)
    return PersonalAnswer(
        name=employee.name,
        language=card.language if card else None,
        picture=card.picture if card else None,
        recognitions=[RecognitionAnswer.model_validate(one) for one in recognitions],
        is_complete=card is not None,
    )


@router.get("/picture")
async def show_picture(organisation_id: UUID, account_id: UUID, caller: Caller, at: At) -> Response:
    """For managers, and for oneself. Raises EmployeeNotFound, PictureMissing, ServiceUnavailable."""
    async with at.database.acquire() as db:
        await _for_manager_or_self(db, organisation_id, account_id, caller)
    picture = await personal.ask_picture(at.client("identity"), account_id)
    return Response(picture.body, media_type=picture.media_type, headers={"cache-control": "private, no-cache"})


async def _seen(db: Connection, involved: Involved, account_id: UUID) -> NamedEmployee:
    found = await find_named_employee(db, involved.organisation_id, account_id)
    if found is None or found.state is State.REMOVED:
        raise EmployeeNotFound()
    if involved.manager or account_id == involved.account_id:
        return found
    if involved.state is not State.ACTIVE or found.state is not State.ACTIVE:
        raise EmployeeNotFound()
    return found


async def _for_manager_or_self(
    db: Connection, organisation_id: UUID, account_id: UUID, caller: Person
) -> NamedEmployee:
    involved = await Involved.of(db, organisation_id, caller)
    if not involved.manager and account_id != caller.account_id:
        raise EmployeeNotFound()
    return await _seen(db, involved, account_id)
