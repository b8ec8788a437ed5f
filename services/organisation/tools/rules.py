"""A catalogue entry, whole, as an operator hands it in; and what can be wrong with it. Pure."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from services.organisation.fields import Email, Name, Short, Slug
from services.organisation.tools.expressions import RuleInvalid, RuleTooLong, parse
from shared.errors import Conflict, Invalid, NotFound, Problem, Violations
from shared.i18n import LANGUAGES
from shared.markers import N_
from shared.tokens import ACR_LEVELS

_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000, pattern=_TEXT)]
Colour = Annotated[str, StringConstraints(pattern=r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
Picture = Annotated[str, StringConstraints(min_length=1, max_length=100_000, pattern=_TEXT)]
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
    """register_rule, use_rule: expressions over recognition kinds. roles: the first is what the registering manager gets."""

    id: Slug
    names: dict[str, Name]
    descriptions: dict[str, Text]
    register_rule: str = Field(default="", max_length=1000)
    use_rule: str = Field(default="", max_length=1000)
    roles: tuple[Role, ...] = Field(min_length=1, max_length=20)

    _texts = field_validator("names", "descriptions")(_in_all_languages)


class Terms(_Part):
    version: Short
    texts: dict[str, Text]

    _texts = field_validator("texts")(_in_all_languages)


class Entry(_Part):
    """All texts are by language. recognition_names: how the kinds that rules name are called; a kind left out is written in capitals."""

    names: dict[str, Name]
    descriptions: dict[str, Text]
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


def check_entry(entry: Entry) -> None:
    """What the types do not say: rules can be read, ids are unique. Raises Violations."""
    problems = [*_twins("usage_modes", [mode.id for mode in entry.usage_modes])]
    for place, mode in enumerate(entry.usage_modes):
        at = f"usage_modes.{place}"
        problems += _twins(f"{at}.roles", [role.id for role in mode.roles])
        problems += _rule_problems(f"{at}.register_rule", mode.register_rule)
        problems += _rule_problems(f"{at}.use_rule", mode.use_rule)
    if problems:
        raise Violations(problems)


def _twins(field: str, ids: Sequence[str]) -> Iterator[Problem]:
    for place, one in enumerate(ids):
        if one in ids[:place]:
            yield IdTwice(field=f"{field}.{place}.id")


def _rule_problems(field: str, rule: str) -> Iterator[Problem]:
    try:
        parse(rule)
    except RuleInvalid as error:
        yield RuleInvalid(field=field, **error.params)
    except RuleTooLong:
        yield RuleTooLong(field=field)
