"""The work on catalogues that no request needs: read a source, compile, extract and update."""

import gettext
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

TRANSLATED = ("fr", "nl", "de")
"""English is the language of the msgids."""

_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
_ROOTS = ("services", "tools")
_SKIPPED = {"locale", "static", "node_modules", "__pycache__"}


def folders_with_sentences(root: Path) -> list[Path]:
    """The folders that have catalogues of their own: the kit, each service and each tool."""
    children = [child for name in _ROOTS for child in sorted((root / name).glob("*")) if child.is_dir()]
    return [folder for folder in (root / "shared", *children) if any(extracted(folder))]


def extracted(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Every marked sentence below a folder, as (file, msgids): one msgid, or the singular and the plural."""
    for path in sorted(folder.rglob("*")):
        method = {".py": "python", ".html": "jinja2", ".txt": "jinja2", ".xml": "jinja2"}.get(path.suffix)
        if method is None or _SKIPPED.intersection(path.relative_to(folder).parts):
            continue
        options = cast(Any, {"silent": "false"} if method == "jinja2" else {})
        for _, messages, _, _ in extract_from_file(method, path, keywords=_KEYWORDS, options=options):
            yield str(path.relative_to(folder)), [messages] if isinstance(messages, str) else list(messages)


def template_of(folder: Path) -> Catalog:
    """The catalogue of a folder without translations."""
    template = Catalog(charset="utf-8")
    for file, messages in extracted(folder):
        template.add(tuple(messages) if len(messages) > 1 else messages[0], locations=[(file, 0)])
    return template


def source_path(folder: Path, language: str) -> Path:
    return folder / "locale" / language / "LC_MESSAGES" / "messages.po"


def read_catalogue(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(root: Path, folders: Sequence[Path] = ()) -> list[Path]:
    """Bring the .po files of these folders (none named: of all) in line with the code; returns what changed.

    New sentences come in empty, gone ones leave.
    """
    return [
        path
        for folder in folders or folders_with_sentences(root)
        for language in TRANSLATED
        if _update_one(path := source_path(folder, language), folder, language)
    ]


def compile_catalogues(root: Path) -> list[Path]:
    """Write the .mo of each .po that is newer; a reader never sees half a file. Returns what was written."""
    written: list[Path] = []
    for source in _sources(root):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        partial = compiled.with_suffix(f".{os.getpid()}.partial")
        partial.write_bytes(_compiled(source))
        partial.replace(compiled)
        written.append(compiled)
    return written


def read_source(source: Path) -> gettext.NullTranslations:
    """A catalogue straight from its .po file."""
    return gettext.GNUTranslations(io.BytesIO(_compiled(source)))


def _compiled(source: Path) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, read_catalogue(source, source.parts[-3]))
    return buffer.getvalue()


def _sources(root: Path) -> Iterable[Path]:
    return [
        path
        for name in ("shared", *_ROOTS)
        for path in sorted((root / name).glob("**/locale/*/LC_MESSAGES/messages.po"))
    ]


def _update_one(path: Path, folder: Path, language: str) -> bool:
    catalogue = read_catalogue(path, language) if path.exists() else Catalog(locale=language, charset="utf-8")
    catalogue.header_comment, catalogue.fuzzy = "", False
    catalogue.update(template_of(folder), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    buffer = io.BytesIO()
    write_po(buffer, catalogue, omit_header=False, no_location=True, sort_output=True, width=100)
    text = _without_dates(buffer.getvalue())
    if path.exists() and path.read_bytes() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return True


def _without_dates(text: bytes) -> bytes:
    """Headers that change at each run, or say nothing, only make conflicts."""
    kept = ("Language:", "MIME-Version:", "Content-Type:", "Content-Transfer-Encoding:", "Plural-Forms:")
    head, blank, body = text.partition(b"\n\n")
    lines = [line for line in head.splitlines() if not line.startswith(b'"') or line[1:].decode().startswith(kept)]
    return b"\n".join(lines) + blank + body
