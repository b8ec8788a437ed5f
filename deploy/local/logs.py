"""The logs of the parts, as they are written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

LOOK_EVERY_S = 0.2
STYLES = ("cyan", "magenta", "green", "yellow", "blue", "red", "bright_cyan", "bright_magenta", "bright_green", "white")


class Tail:
    """The lines that a file gains. A file that was replaced or cut is read from its start."""

    def __init__(self, path: Path, *, from_end: bool = True) -> None:
        self._path = path
        self._inode: int | None = None
        self._position = 0
        self._rest = b""
        if from_end and path.exists():
            found = path.stat()
            self._inode, self._position = found.st_ino, found.st_size

    def new_lines(self) -> list[str]:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return []
        if found.st_ino != self._inode or found.st_size < self._position:
            self._inode, self._position, self._rest = found.st_ino, 0, b""
        with self._path.open("rb") as file:
            file.seek(self._position)
            fresh = file.read()
        self._position += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]


def last_lines(path: Path, count: int) -> list[str]:
    if not path.exists():
        return []
    return path.read_text(errors="replace").splitlines()[-count:]


def follow_tail(tail: Tail) -> Iterator[str]:
    """For ever."""
    while True:
        yield from tail.new_lines()
        time.sleep(LOOK_EVERY_S)
