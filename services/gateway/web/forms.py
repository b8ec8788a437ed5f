"""What was typed into a form and what is wrong with it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Problem, Violations
from shared.i18n import Translator


def _empty() -> dict[str, str]:
    return defaultdict(str)


@dataclass
class Form:
    """values and errors by field name (dots as in the services' bodies); a missing one is the empty string."""

    values: dict[str, str] = field(default_factory=_empty)
    errors: dict[str, str] = field(default_factory=_empty)
    general: str = ""
    codes: frozenset[str] = frozenset()

    @property
    def has_errors(self) -> bool:
        return bool(self.general or any(self.errors.values()))

    @property
    def explained(self) -> list[str]:
        """Codes about the whole form, of which help says more; what is wrong with one field, its message says."""
        return sorted(self.codes - {"", "invalid"})[:1] if self.general else []

    @property
    def offers_sign_in(self) -> bool:
        return bool(self.codes & {"username-taken", "email-taken"})

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Form":
        form = cls()
        form.values.update(values)
        return form

    @classmethod
    def against(
        cls, values: Mapping[str, str], problem: Problem, words: Translator, *, renamed: Mapping[str, str]
    ) -> "Form":
        """What we found wrong ourselves, as `refused` has it from a service."""
        form = cls.of(values)
        for one in problem.errors if isinstance(problem, Violations) else (problem,):
            form.codes |= {one.code}
            sentence = words.sentence(one.message, one.params)
            if one.field:
                form.errors[renamed.get(one.field, one.field)] = sentence
            else:
                form.general = sentence
        return form

    @classmethod
    def refused(cls, values: Mapping[str, str], body: Mapping[str, Any], *, renamed: Mapping[str, str]) -> "Form":
        """body: a problem document. What it says of a field stands at the field, under our name for it."""
        form = cls.of(values)
        errors: list[Mapping[str, Any]] = list(body.get("errors") or ())
        for error in errors:
            name = str(error["field"])
            form.errors[renamed.get(name, name)] = str(error["detail"])
        if not errors:
            form.general = str(body.get("detail") or body.get("title") or "")
        form.codes = frozenset(str(part.get("code", "")) for part in (body, *errors))
        return form
