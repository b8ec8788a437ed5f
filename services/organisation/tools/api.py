"""The catalogue over HTTP."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Path

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer, Body, Short
from services.organisation.organisations.membership import Manager, Member
from services.organisation.registrations.circumstances import circumstances_of
from services.organisation.registrations.rules import Registration
from services.organisation.registrations.store import registrations_of
from services.organisation.tools import store, terms, terms_store
from services.organisation.tools.checks import CheckAnswer, checks_of
from services.organisation.tools.needs import Circumstances, codes_of, kinds_in, missing
from services.organisation.tools.rules import ToolNotFound
from services.organisation.tools.store import CatalogueTool
from services.organisation.tools.terms_store import Acceptance
from services.organisation.tools.views import OwnToolAnswer, RegistrationAnswer, TermsAnswer, ToolAnswer, tool_answer
from services.organisation.tools.words import describer
from shared.formats import BRUSSELS
from shared.http import Language
from shared.tokens import Person, person, public

router = APIRouter()
Caller = Annotated[Person, person()]
ToolId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
Lang = Literal["fr", "nl", "en", "de"]
OPEN = [public("the catalogue is what the platform offers to everyone")]


class AcceptedAnswer(Answer):
    """name: of who accepted, empty where it is not known or gone."""

    version: str
    text: str
    accepted_at: datetime
    name: str

    @classmethod
    def of(cls, accepted: Acceptance, language: str) -> Self:
        text = accepted.texts[language]
        return cls(version=accepted.version, text=text, accepted_at=accepted.accepted_at, name=accepted.name)


class OwnTermsAnswer(Answer):
    """is_behind: the organisation works with the tool under older terms than the present ones."""

    present: TermsAnswer
    accepted: AcceptedAnswer | None
    is_behind: bool


class TermsBody(Body):
    """terms_version: of the terms that were read."""

    terms_version: Short


class UsageModeCheck(Answer):
    """held: what the caller holds of what registering asks about. missing: any one of these lists of needs would do.

    checks: the same line by line, all of which are needed.
    """

    id: str
    name: str
    description: str
    needs: str
    held: list[str]
    missing: list[list[str]]
    checks: list[CheckAnswer]
    allowed: bool
    registered: bool


@router.get("/api/tools", dependencies=OPEN)
async def list_tools(at: At, language: Language, lang: Lang | None = None) -> list[ToolAnswer]:
    async with at.database.acquire() as db:
        tools = await store.all_tools(db)
    origin = at.settings.public_origin
    return [tool_answer(tool, lang or language, origin=origin) for tool in tools if tool.entry.state == "offered"]


@router.get("/api/tools/{tool_id}", dependencies=OPEN)
async def show_tool(tool_id: ToolId, at: At, language: Language, lang: Lang | None = None) -> ToolAnswer:
    async with at.database.acquire() as db:
        tool = await store.find_tool(db, tool_id)
    if tool is None:
        raise ToolNotFound()
    return tool_answer(tool, lang or language, origin=at.settings.public_origin)


@router.get("/api/organisations/{organisation_id}/tools")
async def own_tools(organisation_id: UUID, caller: Caller, at: At, language: Language) -> list[OwnToolAnswer]:
    async with at.database.acquire() as db:
        member = await Member.of(db, organisation_id, caller)
        tools = await store.all_tools(db)
        registrations = await registrations_of(db, member.organisation_id)
    own: dict[str, list[RegistrationAnswer]] = {}
    for one in registrations:
        own.setdefault(one.tool_id, []).append(RegistrationAnswer.model_validate(one))
    origin = at.settings.public_origin
    return [
        OwnToolAnswer(**dict(tool_answer(tool, language, origin=origin)), registrations=own.get(tool.id, []))
        for tool in tools
        if tool.entry.state == "offered" or tool.id in own
    ]


@router.get("/api/organisations/{organisation_id}/tools/{tool_id}/terms")
async def show_terms(
    organisation_id: UUID, tool_id: ToolId, caller: Caller, at: At, language: Language
) -> OwnTermsAnswer:
    """The present terms, and those that the organisation accepted last. Raises ToolNotFound."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        tool = await store.find_tool(db, tool_id)
        if tool is None:
            raise ToolNotFound()
        present = tool.entry.terms
        accepted = await terms_store.last_acceptance(db, manager.organisation_id, tool_id)
        is_behind = await terms_store.is_behind(db, manager.organisation_id, tool_id, present.version)
    return OwnTermsAnswer(
        present=TermsAnswer(version=present.version, required_from=present.required_from, text=present.texts[language]),
        accepted=AcceptedAnswer.of(accepted, language) if accepted else None,
        is_behind=is_behind,
    )


@router.post("/api/organisations/{organisation_id}/tools/{tool_id}/terms", status_code=204)
@command
async def accept_terms(organisation_id: UUID, tool_id: ToolId, body: TermsBody, caller: Caller, at: At) -> None:
    """For all registrations of the tool. Raises ToolNotFound, RegistrationNotFound, TermsOutdated."""
    async with at.database.transaction() as db:
        await terms.accept_terms(db, organisation_id, caller, tool_id, body.terms_version, now=datetime.now(UTC))


@router.get("/api/organisations/{organisation_id}/tools/{tool_id}/usage-modes")
async def check_usage_modes(
    organisation_id: UUID, tool_id: ToolId, caller: Caller, at: At, language: Language
) -> list[UsageModeCheck]:
    """What the caller would need to register the tool in each of its usage modes."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        tool = await store.find_tool(db, tool_id)
        registrations = await registrations_of(db, manager.organisation_id)
        circumstances = await circumstances_of(db, organisation_id, manager.account_id, tool_id, today=_today())
    if tool is None:
        raise ToolNotFound()
    return _checks(tool, circumstances, registrations, language)


def _checks(
    tool: CatalogueTool, circumstances: Circumstances, registrations: list[Registration], language: str
) -> list[UsageModeCheck]:
    describe = describer(tool.entry, language)
    taken = {one.usage_mode for one in registrations if one.tool_id == tool.id}
    found: list[UsageModeCheck] = []
    for mode in tool.entry.usage_modes:
        rule = mode.rule_to_register()
        lacking = missing(rule, circumstances)
        found.append(
            UsageModeCheck(
                id=mode.id,
                name=mode.names[language],
                description=mode.descriptions[language],
                needs=describe(rule),
                held=sorted(circumstances.held & kinds_in(rule)),
                missing=[list(needs) for needs in codes_of(lacking)],
                checks=checks_of(rule, circumstances, tool.entry, language),
                allowed=not lacking,
                registered=mode.id in taken,
            )
        )
    return found


def _today() -> date:
    return datetime.now(BRUSSELS).date()
