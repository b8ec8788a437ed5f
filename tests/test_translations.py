"""Every sentence that a person may read exists in French, Dutch and German."""

from pathlib import Path
from string import Formatter

import pytest

from shared.catalogues import TRANSLATED, extracted, folders_with_sentences, read_catalogue, source_path

ROOT = Path(__file__).parents[1]
FOLDERS = folders_with_sentences(ROOT)


def sentences_of(folder: Path) -> dict[str, list[str]]:
    """The singular of each message to all its forms."""
    return {messages[0]: messages for _, messages in extracted(folder)}


def placeholders(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("folder", FOLDERS, ids=[str(folder.relative_to(ROOT)) for folder in FOLDERS])
def test_every_sentence_has_its_translation(folder: Path, language: str) -> None:
    path = source_path(folder, language)
    assert path.exists(), f"python -m shared.i18n update {folder.relative_to(ROOT)}"
    catalogue = read_catalogue(path, language)
    translated = {_first(message.id): message for message in catalogue if message.id}
    expected = sentences_of(folder)
    assert sorted(set(expected) - set(translated)) == [], "not in the catalogue: run `python -m shared.i18n update`"
    assert sorted(set(translated) - set(expected)) == [], "no longer in the code: run `python -m shared.i18n update`"
    assert sorted(catalogue.obsolete) == []
    assert [text for text, message in translated.items() if message.fuzzy] == []
    assert [text for text, message in translated.items() if not all(_forms(message.string))] == []
    for text, message in translated.items():
        wanted = placeholders(expected[text][-1])
        for form in _forms(message.string):
            assert placeholders(form) <= wanted, f"{form!r} has placeholders that {text!r} has not"
        assert placeholders(_forms(message.string)[-1]) == wanted, f"{text!r} lost a placeholder in {language}"


def _first(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _forms(string: str | tuple[str, ...] | list[str]) -> list[str]:
    return [string] if isinstance(string, str) else list(string)
