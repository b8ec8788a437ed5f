"""Sentences in the reader's language: gettext catalogues of a folder, with the kit's behind them."""

import gettext
import string
import sys
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from shared.formats import format_change, format_date, format_datetime, format_money, format_month, format_number
from shared.markers import N_

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "N_", "Translator", "negotiate", "translator"]

LANGUAGES = ("fr", "nl", "en", "de")
DEFAULT_LANGUAGE = "fr"
KIT_FOLDER = Path(__file__).parent
DOMAIN = "messages"


class Translator:
    """The sentences of one folder in one language, and how that language writes amounts and dates."""

    def __init__(self, catalogue: gettext.NullTranslations, language: str) -> None:
        self.language = language
        self.gettext = catalogue.gettext
        self.ngettext = catalogue.ngettext

    def sentence(self, message: str, params: Mapping[str, object] | None = None) -> str:
        """Translate a msgid and fill in its placeholders; a placeholder without a value stays as it stands."""
        text = self.gettext(message)
        return _Filler(self).vformat(text, (), params or {}) if "{" in text else text

    def money(self, cents: int, currency: str = "EUR") -> str:
        return format_money(cents, currency, self.language)

    def change(self, cents: int, currency: str = "EUR") -> str:
        return format_change(cents, currency, self.language)

    def month(self, day: date) -> str:
        return format_month(day, self.language)

    def date(self, day: date) -> str:
        return format_date(day, self.language)

    def datetime(self, moment: datetime) -> str:
        """In the time of Brussels, where the sector lives."""
        return format_datetime(moment, self.language)

    def number(self, value: float) -> str:
        return format_number(value, self.language)


class _Filler(string.Formatter):
    """Knows the formats `money` (cents), `date`, `datetime` and `number`; reaches no attribute and no index of a value."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(field_name, "{" + field_name + "}"), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec, value:
            case "money", int():
                return self._translator.money(value)
            case "number", int() | float():
                return self._translator.number(value)
            case "date", date():
                return self._translator.date(value)
            case "datetime", datetime():
                return self._translator.datetime(value)
            case _:
                return str(value)


@lru_cache(maxsize=256)
def translator(folder: Path, language: str) -> Translator:
    """The sentences of `folder` (services/wallet), then those of the kit, then the English msgid itself."""
    if language not in LANGUAGES:
        language = DEFAULT_LANGUAGE
    catalogue = _load(folder, language)
    if folder.resolve() != KIT_FOLDER.resolve():
        catalogue.add_fallback(_load(KIT_FOLDER, language))
    return Translator(catalogue, language)


@lru_cache(maxsize=1024)
def negotiate(accept_language: str | None, *, default: str = DEFAULT_LANGUAGE) -> str:
    """The best of LANGUAGES for an Accept-Language header; `nl-BE` is `nl`."""
    best, best_quality = default, 0.0
    for part in (accept_language or "")[:200].split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        quality = _quality(parameter)
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _load(folder: Path, language: str) -> gettext.NullTranslations:
    """A compiled catalogue when it is as new as its source, else the source itself."""
    source = folder / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    compiled = source.with_suffix(".mo")
    if not source.exists() and not compiled.exists():
        return gettext.NullTranslations()
    if compiled.exists() and (not source.exists() or compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns):
        with compiled.open("rb") as file:
            return gettext.GNUTranslations(file)
    from shared.catalogues import read_source  # only developers and first starts need Babel's reader

    return read_source(source)


def _main(arguments: list[str]) -> int:
    from shared.catalogues import compile_catalogues, update

    root = KIT_FOLDER.parent
    match arguments:
        case ["update", *folders]:
            changed = update(root, [root / folder for folder in folders])
        case ["compile"]:
            changed = compile_catalogues(root)
        case _:
            sys.stderr.write("usage: python -m shared.i18n update [FOLDER...] | compile\n")
            return 2
    sys.stdout.write("".join(f"{path}\n" for path in changed) or "nothing changed\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1:]))
