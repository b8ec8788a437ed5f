"""Files with accounts of an older tool: CSV, JSON lines, a JSON array; read as a stream, and damage costs a line, not the file."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from deploy.local.errors import Refused

COLUMNS = (
    "id", "tool", "username", "email", "email_verified", "password_hash", "algorithm", "salt", "first_name", "last_name",
    "language", "terms_version", "organisations",
)  # fmt: skip
MAX_CELL_CHARS = 16_384
MAX_RECORD_CHARS = 65_536
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Line:
    """number: of the line where it begins, from 1; in a JSON array of the record. reason: why it cannot be read."""

    number: int
    record: Mapping[str, Any]
    reason: str = ""


class AccountFile:
    """encoding: where it is neither UTF-8 nor UTF-16 with its mark, such as `cp1252`. Raises Refused when nothing can be read."""

    def __init__(self, path: Path, *, encoding: str = "") -> None:
        try:
            self._raw: BinaryIO = path.open("rb")
            self.size = path.stat().st_size
            self._encoding = codecs.lookup(encoding).name if encoding else ""
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}") from error
        except LookupError as error:
            raise Refused(f"there is no encoding {encoding}") from error
        self._is_csv = path.suffix.lower() in (".csv", ".tsv", ".txt")

    @property
    def done(self) -> int:
        """How many bytes of it were read."""
        return self._raw.tell()

    def close(self) -> None:
        self._raw.close()

    def lines(self) -> Iterator[Line]:
        head = self._raw.read(4096)
        self._raw.seek(0)
        encoding = self._encoding or next((name for bom, name in _BOMS if head.startswith(bom)), "utf-8")
        begins = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
        if not self._is_csv and begins == b"[":
            return _json_array(self._raw, head)
        errors = "replace" if "16" in encoding else "surrogateescape"
        self._text = io.TextIOWrapper(self._raw, encoding, errors=errors, newline="")
        return _csv_lines(self._text) if self._is_csv else _json_lines(self._text)


def _csv_lines(text: io.TextIOWrapper) -> Iterator[Line]:
    csv.field_size_limit(MAX_CELL_CHARS)
    header = text.readline()
    delimiter = max(",;\t|", key=header.count)
    names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
    if "id" not in names or not {"username", "email"} & set(names):
        raise Refused(
            f"the first line must name the columns, at least id and username or email; known: {', '.join(COLUMNS)}"
        )
    return _csv_records(text, names, delimiter)


def _csv_records(text: Iterable[str], names: list[str], delimiter: str) -> Iterator[Line]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 2
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(number, {}, "cell-too-large" if "limit" in str(error) else "quotes")
            continue
        if not any(cells):
            continue
        if len(cells) != len(names):
            yield Line(number, {}, "columns")
            continue
        yield _checked(number, dict(zip(names, cells, strict=True)))


def _json_lines(text: Iterable[str]) -> Iterator[Line]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        if len(line) > MAX_RECORD_CHARS:
            yield Line(number, {}, "record-too-large")
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            yield Line(number, {}, "damaged-text" if _is_damaged(line) else "not-json")
            continue
        yield _checked(number, record)


def _json_array(raw: BinaryIO, head: bytes) -> Iterator[Line]:
    """What follows after damage cannot be told apart any more: it is one last refused line."""
    if head.startswith(codecs.BOM_UTF8):
        raw.seek(len(codecs.BOM_UTF8))
    number = 0
    try:
        for number, record in enumerate(ijson.items(raw, "item", use_float=True), 1):
            yield _checked(number, record)
    except (ijson.JSONError, UnicodeDecodeError):
        yield Line(number + 1, {}, "not-json")


def _checked(number: int, record: Any) -> Line:
    if not isinstance(record, Mapping):
        return Line(number, {}, "not-a-record")
    text = json.dumps(record, ensure_ascii=False, default=str)
    if len(text) > MAX_RECORD_CHARS:
        return Line(number, {}, "record-too-large")
    if _is_damaged(text):
        return Line(number, {}, "damaged-text")
    return Line(number, record)


def _is_damaged(text: str) -> bool:
    """Bytes that are no text in this encoding came through as marks, or somebody replaced them earlier."""
    return "\ufffd" in text or any("\ud800" <= char <= "\udfff" for char in text if char > "\ud7ff")
