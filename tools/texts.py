"""Texts in the four languages for the programs around the platform.

Catalogues are read from `.po` files as they are: nothing has to be compiled before a program starts.
"""

import io
from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

LANGUAGES = ("fr", "nl", "en", "de")
DEFAULT_LANGUAGE = "en"


def translations(folder: Path, language: str) -> NullTranslations:
    """Return the catalogue `<folder>/<language>/LC_MESSAGES/messages.po`; English is what the code says itself."""
    path = folder / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def environments(package: Path) -> Mapping[str, Environment]:
    """Return one template environment for each language, over `templates/` and `locale/` of a package folder."""
    return {language: _environment(package, language) for language in LANGUAGES}


def _environment(package: Path, language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(package / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = translations(package / "locale", language)
    install = environment.install_gettext_translations  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]
    install(catalogue, newstyle=True)
    known: dict[str, object] = environment.globals  # pyright: ignore[reportAssignmentType]
    known.update(language=language, languages=LANGUAGES)
    return environment


def chosen_language(wanted: str | None, accept_language: str | None) -> str:
    """Return the language asked for (`fr`, `fr_BE`, `fr-BE`), else the browser's best, else English."""
    asked = (wanted or "").replace("_", "-").split("-")[0].lower()
    if asked in LANGUAGES:
        return asked
    preferred = [part.split(";")[0].strip() for part in (accept_language or "").split(",")]
    found = negotiate_locale([name.replace("-", "_") for name in preferred if name], LANGUAGES)
    return found or DEFAULT_LANGUAGE
