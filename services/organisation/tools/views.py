"""Tools as answers, in one language."""

from datetime import date
from uuid import UUID

from services.organisation.fields import Answer
from services.organisation.tools.store import CatalogueTool
from services.organisation.tools.words import describer
from shared.svg import drawing_id


class RoleAnswer(Answer):
    id: str
    name: str


class UsageModeAnswer(Answer):
    """register_needs, use_needs: the rules in words. is_restricted: only for organisations on the tool's list."""

    id: str
    name: str
    description: str
    register_needs: str
    use_needs: str
    is_restricted: bool
    is_self_service: bool
    roles: list[RoleAnswer]


class TermsAnswer(Answer):
    """required_from: the day from which nobody works under older terms; null where they go on as they are."""

    version: str
    required_from: date | None
    text: str


class ToolAnswer(Answer):
    """state: "offered", or "retired": only for those who have it. logo, banner: addresses of SVG drawings."""

    id: str
    state: str
    name: str
    description: str
    details: str
    sign_in_acr: str
    start_url: str
    support_email: str
    colours: dict[str, str]
    logo: str | None
    banner: str | None
    terms: TermsAnswer
    usage_modes: list[UsageModeAnswer]


class RegistrationAnswer(Answer):
    """terms_version: of the terms that were accepted last."""

    id: UUID
    usage_mode: str
    state: str
    suspended_reason: str | None
    mandated_account_id: UUID | None
    mandated_recognition: str | None
    terms_version: str


class OwnToolAnswer(ToolAnswer):
    registrations: list[RegistrationAnswer]


def tool_answer(tool: CatalogueTool, language: str, *, origin: str) -> ToolAnswer:
    """origin: of the platform's pages, which serve the drawings."""
    entry = tool.entry
    return ToolAnswer(
        id=tool.id,
        state=entry.state,
        name=entry.names[language],
        description=entry.descriptions[language],
        details=entry.details[language] if entry.details else "",
        sign_in_acr=entry.sign_in_acr,
        start_url=entry.start_url,
        support_email=entry.support_email,
        colours=dict(entry.colours),
        logo=_address(entry.logo, origin),
        banner=_address(entry.banner, origin),
        terms=TermsAnswer(
            version=entry.terms.version, required_from=entry.terms.required_from, text=entry.terms.texts[language]
        ),
        usage_modes=mode_answers(tool, language),
    )


def mode_answers(tool: CatalogueTool, language: str) -> list[UsageModeAnswer]:
    describe = describer(tool.entry, language)
    return [
        UsageModeAnswer(
            id=mode.id,
            name=mode.names[language],
            description=mode.descriptions[language],
            register_needs=describe(mode.rule_to_register()),
            use_needs=describe(mode.rule_to_use()),
            is_restricted=mode.is_restricted,
            is_self_service=mode.is_self_service,
            roles=[RoleAnswer(id=role.id, name=role.names[language]) for role in mode.roles],
        )
        for mode in tool.entry.usage_modes
    ]


def _address(drawing: str | None, origin: str) -> str | None:
    return f"{origin}/tools/drawings/{drawing_id(drawing)}.svg" if drawing else None
