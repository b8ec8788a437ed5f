"""The mailbox to which reports come: a Maildir, or a folder of mbox files. Blocking; taken by one process at a time."""

import mailbox
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.ids import new_id

ASIDE = "aside"
AT_ONCE = 200
ASIDE_KEPT_S = 30 * 86_400.0
_STALE_LOCK_S = 600.0
"""Mail servers too take over a lock file that is older; its owner was killed."""


class MailboxMissing(Exception):
    """There is no such folder, or it cannot be read and written."""


@dataclass(frozen=True)
class Held:
    """One mail, until it is taken out. raw: as it came."""

    box: mailbox.Mailbox[mailbox.Message]
    key: str
    raw: bytes

    def take_out(self) -> None:
        self.box.discard(self.key)


def is_maildir(folder: Path) -> bool:
    return (folder / "new").is_dir() and (folder / "cur").is_dir()


def held_in(folder: Path) -> Generator[list[Held]]:
    """Some mails at a time, locked against whoever delivers. What was taken out is gone once the next ones are asked for.

    Killed before that, all of them are there again. Raises MailboxMissing.
    """
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise MailboxMissing
    for box in _boxes(folder):
        try:
            box.lock()
        except mailbox.ExternalClashError:
            continue  # somebody delivers at this moment
        try:
            for keys in _portions(box):
                yield [Held(box, key, raw) for key in keys if (raw := _raw(box, key)) is not None]
        finally:
            box.close()  # writes what is left, and lets go of the lock


def put_aside(folder: Path, raw: bytes) -> None:
    """For somebody to look at; whole or not at all."""
    aside = folder / ASIDE
    aside.mkdir(mode=0o700, exist_ok=True)
    name = new_id().hex
    with (aside / f".{name}").open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    (aside / f".{name}").rename(aside / f"{name}.eml")


def sweep_aside(folder: Path, *, now_s: float) -> int:
    """They hold people's addresses: gone after a month. How many are left."""
    left = 0
    for file in (folder / ASIDE).glob("*"):
        if now_s - file.stat().st_mtime > ASIDE_KEPT_S:
            file.unlink(missing_ok=True)
        elif file.suffix == ".eml":
            left += 1
    return left


def _boxes(folder: Path) -> Iterator[mailbox.Mailbox[mailbox.Message]]:
    if is_maildir(folder):
        yield mailbox.Maildir(folder, create=False)  # pyright: ignore[reportReturnType] - of messages of its own kind
        return
    for file in sorted(folder.iterdir()):
        if file.is_file() and not file.name.startswith(".") and file.suffix != ".lock" and file.stat().st_size:
            _break_stale_lock(file)
            yield mailbox.mbox(file, create=False)  # pyright: ignore[reportReturnType] - of messages of its own kind


def _raw(box: mailbox.Mailbox[mailbox.Message], key: str) -> bytes | None:
    """None for what somebody else took out."""
    try:
        return box.get_bytes(key)
    except (KeyError, FileNotFoundError):
        return None


def _portions(box: mailbox.Mailbox[mailbox.Message]) -> Iterator[list[str]]:
    keys = list(box.keys())
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def _break_stale_lock(file: Path) -> None:
    lock = file.with_name(f"{file.name}.lock")
    if lock.exists() and time.time() - lock.stat().st_mtime > _STALE_LOCK_S:
        lock.unlink(missing_ok=True)
