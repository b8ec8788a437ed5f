"""The catalogue over HTTP."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer
from services.organisation.organisations.membership import Manager, Member
from services.organisation.people.store import held_kinds
from services.organisation.registrations.rules import Registration
from services.organisation.registrations.store import registrations_of
from services.organisation.tools import handlers, store
from services.organisation.tools.expressions import kinds_in, missing, parse
from services.organisation.tools.rules import Entry, ToolNotFound
from services.organisation.tools.store import CatalogueTool
from services.organisation.tools.words import describer
from shared.formats import BRUSSELS
from shared.http import Language
from shared.tokens import Person, peer, person, public

router = APIRouter()
Caller = Annotated[Person, person()]
ToolId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
Lang = Literal["fr", "nl", "en", "de"]
OPEN = [public("the catalogue is what the platform offers to everyone")]


class RoleAnswer(Answer):
    id: str
    name: str


class UsageModeAnswer(Answer):
    """register_needs, use_needs: the rules in words."""

    id: str
    name: str
    description: str
    register_needs: str
    use_needs: str
    roles: list[RoleAnswer]


class TermsAnswer(Answer):
    version: str
    text: str


class ToolAnswer(Answer):
    id: str
    name: str
    description: str
    sign_in_acr: str
    start_url: str
    support_email: str
    colours: dict[str, str]
    logo: str | None
    banner: str | None
    terms: TermsAnswer
    usage_modes: list[UsageModeAnswer]


class RegistrationAnswer(Answer):
    id: UUID
    usage_mode: str
    state: str
    suspended_reason: str | None
    mandated_account_id: UUID | None
    mandated_recognition: str | None


class OwnToolAnswer(ToolAnswer):
    registrations: list[RegistrationAnswer]


class UsageModeCheck(Answer):
    """held: what the caller holds of what registering asks about. missing: any one of these lists would do."""

    id: str
    name: str
    description: str
    needs: str
    held: list[str]
    missing: list[list[str]]
    allowed: bool
    registered: bool


class VersionAnswer(Answer):
    tool_id: str
    version: int


@router.get("/api/tools", dependencies=OPEN)
async def list_tools(at: At, language: Language, lang: Lang | None = None) -> list[ToolAnswer]:
    async with at.database.acquire() as db:
        tools = await store.all_tools(db)
    return [_answer(tool, lang or language) for tool in tools]


@router.get("/api/tools/{tool_id}", dependencies=OPEN)
async def show_tool(tool_id: ToolId, at: At, language: Language, lang: Lang | None = None) -> ToolAnswer:
    async with at.database.acquire() as db:
        tool = await store.find_tool(db, tool_id)
    if tool is None:
        raise ToolNotFound()
    return _answer(tool, lang or language)


@router.put("/internal/tools/{tool_id}", dependencies=[peer("operator")])
@command
async def put_tool(tool_id: ToolId, entry: Entry, at: At) -> VersionAnswer:
    """Raises Violations, TermsRewritten, UsageModeInUse, RoleInUse."""
    async with at.database.transaction() as db:
        tool = await handlers.put_tool(db, tool_id, entry, now=datetime.now(UTC))
    return VersionAnswer(tool_id=tool.id, version=tool.version)


@router.get("/api/organisations/{organisation_id}/tools")
async def own_tools(organisation_id: UUID, caller: Caller, at: At, language: Language) -> list[OwnToolAnswer]:
    async with at.database.acquire() as db:
        member = await Member.of(db, organisation_id, caller)
        tools = await store.all_tools(db)
        registrations = await registrations_of(db, member.organisation_id)
    return [
        OwnToolAnswer(
            **_answer(tool, language).model_dump(),
            registrations=[RegistrationAnswer.model_validate(one) for one in registrations if one.tool_id == tool.id],
        )
        for tool in tools
    ]


@router.get("/api/organisations/{organisation_id}/tools/{tool_id}/usage-modes")
async def check_usage_modes(
    organisation_id: UUID, tool_id: ToolId, caller: Caller, at: At, language: Language
) -> list[UsageModeCheck]:
    """What the caller would need to register the tool in each of its usage modes."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        tool = await store.find_tool(db, tool_id)
        registrations = await registrations_of(db, manager.organisation_id)
        held = await held_kinds(db, [manager.account_id], today=_today())
    if tool is None:
        raise ToolNotFound()
    return _checks(tool, held[manager.account_id], registrations, language)


def _checks(
    tool: CatalogueTool, held: frozenset[str], registrations: list[Registration], language: str
) -> list[UsageModeCheck]:
    describe = describer(tool.entry, language)
    taken = {one.usage_mode for one in registrations if one.tool_id == tool.id}
    found: list[UsageModeCheck] = []
    for mode in tool.entry.usage_modes:
        rule = parse(mode.register_rule)
        lacking = missing(rule, held)
        found.append(
            UsageModeCheck(
                id=mode.id,
                name=mode.names[language],
                description=mode.descriptions[language],
                needs=describe(rule),
                held=sorted(held & kinds_in(rule)),
                missing=[list(kinds) for kinds in lacking],
                allowed=not lacking,
                registered=mode.id in taken,
            )
        )
    return found


def _answer(tool: CatalogueTool, language: str) -> ToolAnswer:
    entry = tool.entry
    describe = describer(entry, language)
    return ToolAnswer(
        id=tool.id,
        name=entry.names[language],
        description=entry.descriptions[language],
        sign_in_acr=entry.sign_in_acr,
        start_url=entry.start_url,
        support_email=entry.support_email,
        colours=dict(entry.colours),
        logo=entry.logo,
        banner=entry.banner,
        terms=TermsAnswer(version=entry.terms.version, text=entry.terms.texts[language]),
        usage_modes=[
            UsageModeAnswer(
                id=mode.id,
                name=mode.names[language],
                description=mode.descriptions[language],
                register_needs=describe(parse(mode.register_rule)),
                use_needs=describe(parse(mode.use_rule)),
                roles=[RoleAnswer(id=role.id, name=role.names[language]) for role in mode.roles],
            )
            for mode in entry.usage_modes
        ],
    )


def _today() -> date:
    return datetime.now(BRUSSELS).date()
