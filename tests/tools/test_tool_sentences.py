"""Every sentence that a tool shows exists in all four languages."""

from pathlib import Path

import pytest

from shared.catalogues import TRANSLATED, read_catalogue, source_path, template_of
from tests.tools.conftest import ROOT


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("folder", [ROOT / "tools" / "world", ROOT / "tools" / "demo_tool"], ids=lambda path: path.name)
def test_no_sentence_is_left_untranslated(folder: Path, language: str) -> None:
    catalogue = read_catalogue(source_path(folder, language), language)
    wanted = {str(message.id) for message in template_of(folder) if message.id}
    translated = {str(message.id) for message in catalogue if message.id and message.string and not message.fuzzy}
    assert translated == wanted


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("folder", [ROOT / "tools" / "world", ROOT / "tools" / "demo_tool"], ids=lambda path: path.name)
def test_translations_fill_in_what_the_sentence_fills_in(folder: Path, language: str) -> None:
    catalogue = read_catalogue(source_path(folder, language), language)
    faults = [(message.id, error) for message, errors in catalogue.check() for error in errors]
    assert faults == []
