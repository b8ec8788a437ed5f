"""An extract as it lies there, a ZIP file or a folder, read line by line."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from operator import itemgetter
from pathlib import Path
from typing import IO, Literal

from services.organisation.register.rules import Extract, LineRefused, Part, Values, day

EVERY_LINES = 20_000
EMPTY: list[str] = []
Done = Callable[[int], None]


class ExtractRefused(Exception):
    """A file that is not what it should be: which, where, why."""


class ExtractFiles:
    """path: of the ZIP file or folder. Raises ExtractRefused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        try:
            if path.is_dir():
                found = [(file.name, str(file), file.stat().st_size) for file in path.iterdir() if file.is_file()]
            else:
                self._zip = zipfile.ZipFile(path)
                found = [(Path(one.filename).name, one.filename, one.file_size) for one in self._zip.infolist()]
        except (OSError, zipfile.BadZipFile) as error:
            raise ExtractRefused(f"{path}: no ZIP file or folder that can be read ({error})") from error
        self._members = {name.lower(): (member, size) for name, member, size in found}
        self.extract = self._meta()

    def close(self) -> None:
        if self._zip is not None:
            self._zip.close()

    def files_of(self, part: Part) -> list[str]:
        """The file that brings lines, and before it, in an update, the one that names whose lines go."""
        if self.extract.kind == "full":
            return [f"{part.name}.csv"]
        return [f"{part.name}_delete.csv", f"{part.name}_insert.csv"]

    def size(self, file: str) -> int:
        if file not in self._members:
            raise ExtractRefused(f"{self.path}: {file} is missing")
        return self._members[file][1]

    def kept(
        self, file: str, columns: Sequence[str], take: Callable[[Sequence[str]], Values | None], done: Done
    ) -> Iterator[Values]:
        """What is kept of each line that counts. done: hears how many bytes have been read. Raises ExtractRefused."""
        with self._open(file) as binary:
            # What is no UTF-8 passes here and is refused by who takes the line, who can say which one it is.
            text = io.TextIOWrapper(binary, "utf-8-sig", errors="surrogateescape", newline="")
            reader = csv.reader(text, strict=True)
            try:
                pick, width = _picker(file, next(reader, EMPTY), columns)
                for row in reader:
                    if len(row) != width:
                        raise LineRefused(f"{len(row)} values where the first line names {width}")
                    values = take(pick(row))
                    if reader.line_num % EVERY_LINES == 0:
                        done(binary.tell())
                    if values is not None:
                        yield values
            except (LineRefused, csv.Error, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
                raise ExtractRefused(f"{self.path}: {file}, line {reader.line_num}: {error}") from error

    def _meta(self) -> Extract:
        def take(row: Sequence[str]) -> Values:
            return row[0].lower(), row[1]

        said = {
            str(values[0]): str(values[1]) for values in self.kept("meta.csv", ("Variable", "Value"), take, _nobody)
        }
        try:
            kind = said["extracttype"].lower()
            if kind not in ("full", "update"):
                raise LineRefused(f"an extract of type {kind[:40]!r}")
            literal: Literal["full", "update"] = "full" if kind == "full" else "update"
            return Extract(int(said["extractnumber"]), literal, day(said["snapshotdate"]))
        except (KeyError, ValueError, LineRefused) as error:
            raise ExtractRefused(f"{self.path}: meta.csv says too little ({error})") from error

    @contextmanager
    def _open(self, file: str) -> Iterator[IO[bytes]]:
        self.size(file)
        member = self._members[file][0]
        with ExitStack() as stack:
            try:
                if self._zip is not None:
                    binary = stack.enter_context(self._zip.open(member))
                else:
                    binary = stack.enter_context(Path(member).open("rb"))
            # zipfile's words for a file that asks for a password, and for a way of packing that it does not know.
            except (OSError, zipfile.BadZipFile, RuntimeError) as error:
                raise ExtractRefused(f"{self.path}: {file} cannot be read ({error})") from error
            yield binary


def _picker(
    file: str, header: Sequence[str], columns: Sequence[str]
) -> tuple[Callable[[Sequence[str]], Sequence[str]], int]:
    places = {name.strip().lower(): place for place, name in enumerate(header)}
    absent = [column for column in columns if column.lower() not in places]
    if absent:
        raise LineRefused(f"column {', '.join(absent)} is missing")
    chosen = [places[column.lower()] for column in columns]
    if len(chosen) == 1:
        only = chosen[0]
        return lambda row: (row[only],), len(header)
    return itemgetter(*chosen), len(header)


def _nobody(_: int) -> None:
    return
