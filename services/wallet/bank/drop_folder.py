"""A folder into which the bank's files are dropped: a timer imports them and moves each aside, to `done` or, with the reason beside it,

to `refused`. Whoever is stopped between the import and the move finds the file again, and it counts once.
"""

import asyncio
import os
import stat
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import structlog
from prometheus_client import Counter

from services.wallet.bank.handlers import import_file
from services.wallet.bank.reading import MAX_FILE_BYTES, read
from services.wallet.bank.refusals import FileTooLarge
from shared.db import Database
from shared.errors import Problem

EVERY_S = 15.0
SETTLED_S = 10.0
"""Since its last change: a file that is still being copied is left alone, as is one whose name begins with a point."""
DONE, REFUSED = "done", "refused"
_MAX_NAME = 200
_LOG = structlog.get_logger(__name__)
STATEMENT_FILES = Counter(
    "immo_wallet_statement_files_total",
    "Files of the folder for bank statements: done, refused, unreadable",
    ["outcome"],
)


def watch_folder(database: Database, folder: Path, *, only_iban: str | None) -> Callable[[], Awaitable[None]]:
    """only_iban: the account whose statements are expected."""

    async def look() -> None:
        for path in await asyncio.to_thread(_settled, folder):
            try:
                outcome = await _take(database, path, only_iban)
            except OSError as error:
                outcome = "unreadable"
                _LOG.error("statement_file_unreadable", file=path.name, error=str(error))
            STATEMENT_FILES.labels(outcome).inc()

    return look


async def _take(database: Database, path: Path, only_iban: str | None) -> str:
    """What the database cannot take at the moment stays where it is, for the next time."""
    data = b""
    try:
        data = await asyncio.to_thread(_bytes_of, path)
        statements = await asyncio.to_thread(read, data)
        async with database.transaction() as db:
            found = await import_file(
                db, _shown(path.name), data, statements, only_iban=only_iban, now=datetime.now(UTC)
            )
    except Problem as refusal:
        if refusal.code not in ("statement-refused", "account-foreign", "file-too-large"):
            raise
        reason = refusal.message.format(**refusal.params)
        await asyncio.to_thread(_move, path, REFUSED, data, reason)
        _LOG.error("statement_file_refused", file=path.name, code=refusal.code, line=refusal.params.get("line"))
        return REFUSED
    await asyncio.to_thread(_move, path, DONE, data)
    _LOG.info(
        "statement_file_imported",
        file=path.name,
        known=found.known,
        statements=found.statements,
        new=found.new,
        again=found.again,
        gaps=len(found.gaps),
    )
    return DONE


def _settled(folder: Path) -> list[Path]:
    """Regular files of this folder itself, in the order of their names; no links, which could lead anywhere."""
    latest = time.time() - SETTLED_S
    with os.scandir(folder) as entries:
        names = [
            one.name
            for one in entries
            if not one.name.startswith(".")
            and one.is_file(follow_symlinks=False)
            and one.stat(follow_symlinks=False).st_mtime <= latest
        ]
    return [folder / name for name in sorted(names)]


def _bytes_of(path: Path) -> bytes:
    """Raises FileTooLarge, OSError."""
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(opened, "rb") as file:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path.name} is no regular file")
        if found.st_size > MAX_FILE_BYTES:
            raise FileTooLarge()
        return file.read(MAX_FILE_BYTES)


def _move(path: Path, where: str, data: bytes, reason: str | None = None) -> None:
    """Under its name, or a longer one where another file has it."""
    aside = path.parent / where
    aside.mkdir(exist_ok=True)
    target = aside / path.name
    if target.exists():
        target = aside / f"{path.stem}-{sha256(data).hexdigest()[:12]}-{time.time_ns()}{path.suffix}"
    if reason is not None:
        (aside / f"{target.name}.reason.txt").write_text(f"{reason}\n")
    path.rename(target)


def _shown(name: str) -> str:
    """As the database can keep it."""
    known = name.encode("utf-8", "replace").decode()
    return "".join(one if one.isprintable() else "?" for one in known)[:_MAX_NAME]
