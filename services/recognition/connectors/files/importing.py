"""Reading a file of a registry into the table, so that it can be asked about people one by one.

Killed midway, nothing of it counts: the lines are staged, and taken over in one transaction. Whoever reads holds a lock that ends with
its connection. National numbers are hashed as they are read; neither the table nor what is reported holds one.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from pathlib import Path

import structlog

from services.recognition.catalogue import File
from services.recognition.connectors.files import store
from services.recognition.connectors.files.rules import (
    MAX_FAULTS_KEPT,
    BadLine,
    FileBeingRead,
    HeaderWrong,
    Row,
    rows_of,
    why_refused,
)
from services.recognition.connectors.files.store import FileRecord, StagedRow
from services.recognition.connectors.gate.store import save_as_of, save_same_later
from services.recognition.connectors.metrics import FILE_LINES
from shared.db import Connection, Database
from shared.ids import new_id

LINES_AT_ONCE = 5_000
MAX_LINE_CHARS = 65_536
FILES_KEPT = 500
_LOCK_CLASS = 0x1AA0_0105
_OVERRIDABLE = ("empty", "shrunken")
_LOG = structlog.get_logger(__name__)


@dataclass
class _Read:
    """What was seen of the file so far."""

    lines: int = 0
    bad: int = 0
    faults: list[BadLine] = field(default_factory=list[BadLine])
    why: str | None = None


@dataclass(frozen=True)
class FileImport:
    """hash_of: of a national number. graces: the kinds that the registry vouches for."""

    database: Database
    registry: str
    file: File
    graces: Mapping[str, int]
    hash_of: Callable[[str], bytes]

    async def read(self, path: Path, name: str, *, as_of: date | None, accept_shrunken: bool = False) -> FileRecord:
        """What became of the file; of one that was the last of its name already, what became of it then. Raises FileBeingRead.

        A whole file that comes again unchanged is not read again: it says that on its later day all is as it was.
        accept_shrunken: obey it although it is empty, or lost more lines than it usually may.
        """
        sha256 = await asyncio.to_thread(_sha256_of, path)
        async with self._alone() as db:
            last = await store.latest_of_name(db, self.registry, name)
            is_same = last is not None and last.sha256 == sha256
            if last is not None and is_same and not (accept_shrunken and last.why in _OVERRIDABLE):
                if self.file.form == "whole" and as_of is not None:
                    await save_same_later(db, self.registry, last.id, as_of)
                return last
            await store.clear_staged(db, self.registry)
            seen = await self._stage(db, path)
            await store.analyse_staged(db)
            record = FileRecord(
                new_id(), self.registry, name, sha256, "applied", seen.why, as_of, seen.lines, seen.bad, 0, 0, _now()
            )
            async with db.transaction():
                record = await self._decide(db, record, accept_shrunken=accept_shrunken)
                await store.insert_file(db, record, seen.faults)
                await store.prune_files(db, self.registry, keep=FILES_KEPT)
            await store.clear_staged(db, self.registry)
        self._report(record)
        return record

    async def _decide(self, db: Connection, record: FileRecord, *, accept_shrunken: bool) -> FileRecord:
        """Take the staged lines over, or refuse them."""
        good = await store.count_staged(db, self.registry)
        known = await store.count_rows(db, self.registry)
        why = record.why or why_refused(good=good, bad=record.bad, known=known, file=self.file)
        if why is not None and not (accept_shrunken and why in _OVERRIDABLE):
            return replace(record, state="refused", why=why)
        await store.forget_read_removals(db, self.registry)
        is_whole = self.file.form == "whole"
        changed = await store.apply_staged(db, self.registry, last_wins=not is_whole)
        removed = await store.remove_unstaged(db, self.registry) if is_whole else 0
        await save_as_of(db, self.registry, record.as_of)
        return replace(record, changed=changed, removed=removed)

    async def _stage(self, db: Connection, path: Path) -> _Read:
        """Piece by piece, whatever its size."""
        seen = _Read()
        with closing(_Lines(path, self.file.encoding)) as lines:
            found = rows_of(lines, self.file, self.graces)
            while True:
                try:
                    rows = await asyncio.to_thread(self._next_rows, found, seen)
                except HeaderWrong:
                    seen.why = "columns-missing"
                    return seen
                except UnicodeError:
                    seen.why = "encoding"
                    return seen
                if rows is None:
                    return seen
                await store.stage(db, rows)

    def _next_rows(self, found: Iterator[Row | BadLine], seen: _Read) -> list[StagedRow] | None:
        """The next rows, hashed; None at the end."""
        lines = list(islice(found, LINES_AT_ONCE))
        rows: list[StagedRow] = []
        for line in lines:
            if isinstance(line, BadLine):
                seen.lines += line.lines
                seen.bad += line.lines
                if len(seen.faults) < MAX_FAULTS_KEPT:
                    seen.faults.append(line)
                continue
            seen.lines += 1
            number_hash = self.hash_of(line.national_number)
            period = (line.valid_from, line.valid_until)
            rows.append((self.registry, number_hash, line.kind, line.number, *period, line.is_removed, line.line))
        return rows if lines else None

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Connection]:
        """A connection that holds the registry's lock: nobody else reads a file of it."""
        async with self.database.holding() as db:
            if not await db.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCK_CLASS, self.registry):
                raise FileBeingRead()
            yield db

    def _report(self, record: FileRecord) -> None:
        FILE_LINES.labels(self.registry, "bad").inc(record.bad)
        FILE_LINES.labels(self.registry, "read").inc(record.lines - record.bad)
        said = {"registry": self.registry, "lines": record.lines, "bad": record.bad, "why": record.why}
        if record.state == "refused":
            _LOG.warning("registry_file_refused", **said)
        else:
            _LOG.info("registry_file_applied", **said, changed=record.changed, removed=record.removed)


class _Lines:
    """A file's lines; bytes that its encoding does not know become signs that no text has.

    What goes on without an end of line comes in pieces: no more of it is in memory than one.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._file = path.open(encoding=encoding, errors="surrogateescape", newline="")

    def __iter__(self) -> Iterator[str]:
        return iter(partial(self._file.readline, MAX_LINE_CHARS), "")

    def close(self) -> None:
        self._file.close()


def _sha256_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _now() -> datetime:
    return datetime.now(UTC)
