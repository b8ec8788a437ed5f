"""What was typed into a form and what is wrong with it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field


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
    def offers_sign_in(self) -> bool:
        return bool(self.codes & {"username-taken", "email-taken"})

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Form":
        form = cls()
        form.values.update(values)
        return form
