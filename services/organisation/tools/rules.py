"""A catalogue entry, whole, as an operator hands it in; and what can be wrong with it. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from services.organisation.fields import Email, Name, Short, Slug
from services.organisation.tools.expressions import Listed, Rule, RuleInvalid, RuleTooLong, all_of, parse, written
from shared.errors import Conflict, Invalid, NotFound, Problem, Violations
from shared.i18n import LANGUAGES
from shared.markers import N_
from shared.svg import MAX_CHARS, SvgRefused, sanitise
from shared.tokens import ACR_LEVELS

_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000, pattern=_TEXT)]
Colour = Annotated[str, StringConstraints(pattern=r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
Picture = Annotated[str, StringConstraints(min_length=1, max_length=2 * MAX_CHARS)]
State = Literal["offered", "retired"]
Url = Annotated[
    str,
    StringConstraints(
        max_length=500, pattern=r"^(https://[^\s/?#@]+|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?)([/?#][^\s]*)?$"
    ),
]


class ToolNotFound(NotFound):
    code = "tool-not-found"
    message = N_("There is no such tool.")


class TermsRewritten(Conflict):
    code = "terms-rewritten"
    message = N_("The text of terms that were published cannot change. Give the new text a new version.")


class UsageModeInUse(Conflict):
    code = "usage-mode-in-use"
    message = N_("A usage mode that organisations have registered cannot be taken away.")


class RoleInUse(Conflict):
    code = "role-in-use"
    message = N_("A role that employees have cannot be taken away.")


class ToolChangedMeanwhile(Conflict):
    code = "tool-changed-meanwhile"
    message = N_("Somebody else has just changed this tool. Look at it again before you change it.")


class ReasonMissing(Invalid):
    """params: min_length, max_length."""

    code = "reason-missing"
    message = N_("Say why, in {min_length} to {max_length} characters: it stands in the history of the tool.")


class ToolRetired(Conflict):
    code = "tool-retired"
    message = N_("This tool is no longer offered to those who have not registered it.")


class DrawingRefused(Invalid):
    """params: reason, what is in the drawing that must not be."""

    code = "drawing-refused"
    message = N_("This drawing cannot be taken: {reason}.")


class FieldUnknown(Invalid):
    code = "field-unknown"
    message = N_("The catalogue knows nothing of this name.")


class TextsMissing(Invalid):
    code = "texts-missing"
    message = N_("A text is needed in each of the four languages.")


class IdTwice(Invalid):
    code = "id-twice"
    message = N_("Two entries have the same id.")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _in_all_languages(texts: dict[str, str]) -> dict[str, str]:
    if set(texts) != set(LANGUAGES):
        raise ValueError("needs a text in each of " + ", ".join(LANGUAGES))
    return texts


class Role(_Part):
    id: Slug
    names: dict[str, Name]

    _names = field_validator("names")(_in_all_languages)


class UsageMode(_Part):
    """register_rule, use_rule: see expressions.py. roles: the first is what the registering manager gets.

    is_restricted: only for organisations on the tool's list that has this usage mode's id as its name.
    is_self_service: a manager takes at once a role that nobody holds.
    """

    id: Slug
    names: dict[str, Name]
    descriptions: dict[str, Text]
    register_rule: str = Field(default="", max_length=1000)
    use_rule: str = Field(default="", max_length=1000)
    roles: tuple[Role, ...] = Field(min_length=1, max_length=20)
    is_restricted: bool = False
    is_self_service: bool = False

    _texts = field_validator("names", "descriptions")(_in_all_languages)

    def rule_to_register(self) -> Rule:
        """All that registering asks for. As `rule_to_use`, raises RuleInvalid and RuleTooLong before `check_entry` has passed it."""
        rule = parse(self.register_rule)
        return all_of([Listed(self.id), rule]) if self.is_restricted else rule

    def rule_to_use(self) -> Rule:
        return parse(self.use_rule)


class Terms(_Part):
    """required_from: the day from which nobody works under older terms; None where they go on as they are."""

    version: Short
    required_from: date | None = None
    texts: dict[str, Text]

    _texts = field_validator("texts")(_in_all_languages)


class Entry(_Part):
    """All texts are by language. recognition_names: how the kinds that rules name are called; a kind left out is written in capitals.

    descriptions: a sentence or two, for a card. details: paragraphs for the tool's own page. logo, banner: SVG, the logo square.
    """

    state: State = "offered"
    names: dict[str, Name]
    descriptions: dict[str, Text]
    details: dict[str, Text] | None = None
    sign_in_acr: str = "pwd"
    start_url: Url
    support_email: Email
    colours: dict[Slug, Colour] = Field(max_length=20)
    logo: Picture | None = None
    banner: Picture | None = None
    terms: Terms
    usage_modes: tuple[UsageMode, ...] = Field(min_length=1, max_length=30)
    recognition_names: dict[Slug, dict[str, Name]] = Field(default_factory=dict[str, dict[str, str]], max_length=50)

    _texts = field_validator("names", "descriptions")(_in_all_languages)

    @field_validator("details")
    @classmethod
    def _all_detailed(cls, texts: dict[str, str] | None) -> dict[str, str] | None:
        return _in_all_languages(texts) if texts is not None else None

    @field_validator("recognition_names")
    @classmethod
    def _all_named(cls, names: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        return {kind: _in_all_languages(texts) for kind, texts in names.items()}

    @model_validator(mode="after")
    def _known_acr(self) -> Self:
        if self.sign_in_acr not in ACR_LEVELS[1:]:
            raise ValueError("sign_in_acr must be one of " + ", ".join(ACR_LEVELS[1:]))
        return self

    def usage_mode(self, usage_mode_id: str) -> UsageMode | None:
        return next((mode for mode in self.usage_modes if mode.id == usage_mode_id), None)


def checked(entry: Entry) -> Entry:
    """With drawings that hold nothing but shapes. What the types do not say: rules can be read, ids are unique. Raises Violations."""
    problems = [*_twins("usage_modes", [mode.id for mode in entry.usage_modes])]
    drawings: dict[str, str | None] = {}
    for field, drawing in (("logo", entry.logo), ("banner", entry.banner)):
        try:
            drawings[field] = sanitise(drawing, square=field == "logo") if drawing else None
        except SvgRefused as refused:
            problems.append(DrawingRefused(field=field, reason=str(refused)))
    for place, mode in enumerate(entry.usage_modes):
        at = f"usage_modes.{place}"
        problems += _twins(f"{at}.roles", [role.id for role in mode.roles])
        problems += _rule_problems(f"{at}.register_rule", mode.rule_to_register)
        problems += _rule_problems(f"{at}.use_rule", mode.rule_to_use)
    if problems:
        raise Violations(problems)
    return entry.model_copy(update=drawings)


def _twins(field: str, ids: Sequence[str]) -> Iterator[Problem]:
    for place, one in enumerate(ids):
        if one in ids[:place]:
            yield IdTwice(field=f"{field}.{place}.id")


def _rule_problems(field: str, read: Callable[[], Rule]) -> Iterator[Problem]:
    """Also of the rule as it is written down for good, which a restriction makes longer."""
    try:
        parse(written(read()))
    except RuleInvalid as error:
        yield RuleInvalid(field=field, **error.params)
    except RuleTooLong:
        yield RuleTooLong(field=field)
