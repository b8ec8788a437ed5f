"""What stands in a file of a registry, line by line, and whether the whole of it can be believed. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal

from services.recognition.catalogue import Columns, File
from shared.errors import Conflict, Invalid
from shared.markers import N_

MAX_NUMBER_CHARS = 60
MAX_FAULTS_KEPT = 200
_UNREADABLE = re.compile(
    "[\x00\udc80-\udcff]"
)  # `surrogateescape` makes the latter of bytes that the encoding does not know
_SEPARATORS = str.maketrans("", "", " .-/")

Fault = Literal["columns", "encoding", "quotes", "national-number", "kind", "number", "date", "period"]


class HeaderWrong(Exception):
    """The first line does not name the columns that the catalogue expects. missing: their names."""

    def __init__(self, missing: Iterable[str]) -> None:
        self.missing = tuple(missing)
        super().__init__("columns missing: " + ", ".join(self.missing))


class NoFileRegistry(Invalid):
    code = "no-file-registry"
    message = N_("There is no registry {registry} that delivers files.")


class FileBeingRead(Conflict):
    code = "file-being-read"
    message = N_("A file of this registry is being read at the moment.")


@dataclass(frozen=True)
class Row:
    """national_number: in clear; it is hashed before it goes any further. is_removed: a delta takes it away."""

    line: int
    national_number: str
    kind: str
    number: str | None
    valid_from: date | None
    valid_until: date | None
    is_removed: bool

    def __repr__(self) -> str:
        return f"Row(line={self.line}, kind={self.kind!r})"


@dataclass(frozen=True)
class BadLine:
    """lines: how many lines of the file it is; more than one where a quote was not closed."""

    line: int
    why: Fault
    lines: int = 1


def rows_of(text: Iterable[str], file: File, kinds: Iterable[str]) -> Iterator[Row | BadLine]:
    """text: the file's lines, decoded with `surrogateescape`. kinds: that the registry vouches for. Raises HeaderWrong."""
    reader = csv.reader(iter(text), delimiter=file.delimiter)
    places = _places(_header(reader), file.columns)
    known, line = frozenset(kinds), reader.line_num
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            first, line = line + 1, reader.line_num
            yield BadLine(first, "quotes", line - first + 1)
            continue
        first, line = line + 1, reader.line_num
        if line > first:
            yield BadLine(first, "quotes", line - first + 1)
        elif any(cells):
            yield _row(first, cells, places, file, known)


def day_of(name: str, file: File) -> date | None:
    """Of which day a file is, by its name."""
    found = re.search(file.dated_by, name) if file.dated_by else None
    if found is None:
        return None
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def day_at(timestamp: float) -> date:
    return datetime.fromtimestamp(timestamp, UTC).date()


def why_refused(*, good: int, bad: int, known: int, file: File) -> str | None:
    """None for a file that can be believed. known: how many lines the registry's data had before it.

    An empty or shrunken whole file is far more often a fault of its delivery than the news that so many are gone.
    """
    if bad > file.max_bad_lines:
        return "too-many-bad-lines"
    if file.form == "delta":
        return None
    if good == 0:
        return "empty"
    return "shrunken" if good < known * (1 - file.max_shrink_percent / 100) else None


def national_number(text: str) -> str | None:
    """Eleven digits whose check number is right (of those born before 2000, or since); None for anything else."""
    digits = text.translate(_SEPARATORS)
    if len(digits) != 11 or not (digits.isascii() and digits.isdecimal()):
        return None
    body, check = int(digits[:9]), int(digits[9:])
    return digits if check in (97 - body % 97, 97 - (2_000_000_000 + body) % 97) else None


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        return [cell.strip() for cell in next(reader, list[str]())]
    except csv.Error:
        return []


def _places(header: list[str], columns: Columns) -> Mapping[str, int]:
    wanted = {name: column for name, column in columns.model_dump().items() if column is not None}
    missing = [column for column in wanted.values() if column not in header]
    if missing:
        raise HeaderWrong(missing)
    return {name: header.index(column) for name, column in wanted.items()}


def _row(line: int, cells: list[str], places: Mapping[str, int], file: File, kinds: frozenset[str]) -> Row | BadLine:
    if len(cells) <= max(places.values()):
        return BadLine(line, "columns")
    said = {name: cells[place].strip() for name, place in places.items()}
    if _UNREADABLE.search("".join(said.values())):
        return BadLine(line, "encoding")
    holder = national_number(said["national_number"])
    if holder is None:
        return BadLine(line, "national-number")
    kind = file.kind or file.kinds.get(said["kind"], said["kind"])
    if kind not in kinds:
        return BadLine(line, "kind")
    number = said.get("number", "")
    if len(number) > MAX_NUMBER_CHARS or not number.isprintable():
        return BadLine(line, "number")
    try:
        begins, ends = (_date(said.get(name, ""), file.date_format) for name in ("valid_from", "valid_until"))
    except ValueError:
        return BadLine(line, "date")
    if begins and ends and begins > ends:
        return BadLine(line, "period")
    return Row(line, holder, kind, number or None, begins, ends, said.get("action", "") in file.removals)


@lru_cache(maxsize=20_000)
def _date(text: str, form: str) -> date | None:
    """A file says the same few days over and over. Raises ValueError."""
    return datetime.strptime(text, form).date() if text else None
