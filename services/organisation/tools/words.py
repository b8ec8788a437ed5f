"""Rules as people read them."""

from collections.abc import Callable
from pathlib import Path

from services.organisation.tools.expressions import Kind, Listed, Managing, Need, Rule, in_words
from services.organisation.tools.rules import Entry
from shared.i18n import translator
from shared.markers import N_

FOLDER = Path(__file__).parent.parent

Describe = Callable[[Rule], str]


def describer(entry: Entry, language: str) -> Describe:
    """How a rule of this tool reads in this language: `IPI number or (CIB member and FS323-verified)`."""
    words = translator(FOLDER, language)

    def say(need: Need) -> str:
        match need:
            case Kind(name):
                return entry.recognition_names.get(name, {}).get(language) or name.upper()
            case Managing():
                return words.gettext(N_("being a manager of the organisation"))
            case Listed():
                return words.gettext(N_("an organisation on the list of {tool}")).format(tool=entry.names[language])

    def describe(rule: Rule) -> str:
        return in_words(
            rule,
            say,
            both=words.gettext(N_("{first} and {second}")),
            either=words.gettext(N_("{first} or {second}")),
            nothing=words.gettext(N_("nothing in particular")),
        )

    return describe


def adviser(entry: Entry, language: str) -> Callable[[Need], str]:
    """What a person can do about a need that is not met."""
    words = translator(FOLDER, language)

    def advise(need: Need) -> str:
        match need:
            case Kind():
                return words.gettext(
                    N_("Recognitions are fetched from their registries once your eID is linked; some take months.")
                )
            case Managing():
                return words.gettext(N_("Another manager of the organisation can make you one."))
            case Listed():
                return words.gettext(N_("{tool} decides which organisations are on it: write to {email}.")).format(
                    tool=entry.names[language], email=entry.support_email
                )

    return advise
