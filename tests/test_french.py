"""French puts a space before a colon, a semicolon and marks of question and exclamation: none of them may begin a line."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

from services.gateway.help.library import FOLDER

_ALONE = re.compile(r" (?:[;?!»]|:(?:\s|$))|« ")
_CATALOGUES = [
    path for top in ("services", "shared", "tools") for path in sorted(Path(top).glob("**/locale/fr/LC_MESSAGES/*.po"))
]


def french() -> Iterator[str]:
    for catalogue in _CATALOGUES:
        with catalogue.open("rb") as file:
            for message in read_po(file, locale="fr"):
                texts = [message.string] if isinstance(message.string, str) else message.string or ()
                yield from texts if message.id else ()
    for article in sorted((FOLDER / "articles").glob("*.fr.md")):
        yield from article.read_text(encoding="utf-8").splitlines()


def test_every_catalogue_is_read() -> None:
    assert len(_CATALOGUES) == 9


def test_french_punctuation_stays_with_its_word() -> None:
    assert [text for text in french() if _ALONE.search(text)] == []


def test_an_ellipsis_stays_with_its_word() -> None:
    assert [text for text in french() if " …" in text] == []
