"""PDF by typst: tagged for screen readers, for archives, and the same bytes for the same data."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal, cast

import typst
from pydantic_core import to_json

Standard = Literal["a-2a", "a-3a", "ua-1"]
ACCESSIBLE_ARCHIVE: Sequence[Standard] = ("a-2a", "ua-1")
ACCESSIBLE_ARCHIVE_WITH_FILES: Sequence[Standard] = ("a-3a", "ua-1")
"""PDF/A-3 may hold other files, such as the XML of an invoice."""

# What typst's own fonts have all of: scripts of Europe, Hebrew, and signs between them. They have single characters of others.
_UNSHOWN = re.compile(
    "[^\\t\\n -~\u00a0-\u0377\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff\u0400-\u04ff\u05d0-\u05ea\u1e00-\u1eff"
    "\u200b\u2010-\u2027\u2030-\u2040\u20a0-\u20c0\u2190-\u22ff\u2500-\u25ff]+"
)
_INSTEAD = "\ufffd"
_LONG_WORD = re.compile(r"\S{30,}")
_PIECE = re.compile(".{1,8}")
_BREAK = "\u200b"


def pdf(
    template: Path,
    data: Mapping[str, Any],
    *,
    language: str,
    standards: Sequence[Standard],
    files: Mapping[str, str] | None = None,
) -> bytes:
    """Fill in a template, which finds `data` as JSON in `sys.inputs.data`, `language` and each of `files` by its name beside it.

    Its fonts are typst's own, whatever the machine has; it reaches no file outside its folder, and dates the document itself. Texts
    that these fonts cannot show, or that an archive may not hold, have U+FFFD in their place; files stay as they are.
    Takes some milliseconds of the processor: not for the event loop.
    """
    press = _press(template)
    try:
        return press.pdf(data, language, standards, files or {})
    except typst.TypstError:
        return press.pdf(_shown(data), language, standards, files or {})


def breakable(text: str) -> str:
    """Let words that may be longer than a line break, without a sign that says so. Typst itself would take a third of its time for it."""
    whole = unicodedata.normalize("NFC", text)
    return _LONG_WORD.sub(lambda word: _BREAK.join(_PIECE.findall(word[0])), whole)


class _Press:
    """Keeps the fonts and what it has read of a template, which makes every further document three times as fast. One at a time."""

    def __init__(self, template: Path) -> None:
        self._lock = Lock()
        self._compiler = typst.Compiler(str(template), root=str(template.parent), ignore_system_fonts=True)

    def pdf(
        self, data: Mapping[str, Any], language: str, standards: Sequence[Standard], files: Mapping[str, str]
    ) -> bytes:
        inputs = {**files, "data": to_json(data).decode(), "language": language}
        with self._lock:
            made = self._compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=list(standards), timestamp=0)
        return cast(bytes, made)


@lru_cache(maxsize=16)
def _press(template: Path) -> _Press:
    return _Press(template)


def _shown(value: Any) -> Any:
    """The same with a sign in place of what the fonts may not have."""
    match value:
        case str():
            return _UNSHOWN.sub(_INSTEAD, unicodedata.normalize("NFC", value))
        case dict():
            return {name: _shown(one) for name, one in cast(dict[str, Any], value).items()}
        case list() | tuple():
            return [_shown(one) for one in cast(Sequence[Any], value)]
        case _:
            return value
