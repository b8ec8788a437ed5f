"""Rules over recognitions as people read them."""

from collections.abc import Callable
from pathlib import Path

from services.organisation.tools.expressions import AllOf, AnyOf, Kind, Rule, in_words
from services.organisation.tools.rules import Entry
from shared.i18n import translator
from shared.markers import N_

FOLDER = Path(__file__).parent.parent

Describe = Callable[[Rule], str]


def describer(entry: Entry, language: str) -> Describe:
    """How a rule of this tool reads in this language: `IPI number or (CIB member and FS323-verified)`."""
    words = translator(FOLDER, language)

    def name_of(kind: str) -> str:
        return entry.recognition_names.get(kind, {}).get(language) or kind.upper()

    def describe(rule: Rule) -> str:
        return in_words(
            rule,
            name_of,
            both=words.gettext(N_("{first} and {second}")),
            either=words.gettext(N_("{first} or {second}")),
            nothing=words.gettext(N_("nothing in particular")),
        )

    return describe


def as_rule(alternatives: tuple[tuple[str, ...], ...]) -> Rule:
    """What is missing, as a rule, so that it can be put in words too."""
    parts = tuple(Kind(kinds[0]) if len(kinds) == 1 else AllOf(tuple(map(Kind, kinds))) for kinds in alternatives)
    return parts[0] if len(parts) == 1 else AnyOf(parts)
