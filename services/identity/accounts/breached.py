"""Passwords that were stolen somewhere and are tried first: looked up on disk, offline, without being held in memory.

Two kinds of list: the one that is shipped (`data/breached.bin`, its source in `data/README.md`), and one that an operator adds, the
Pwned Passwords file ordered by hash (`SHA1:count` lines). Both are sorted, so a look-up is a binary search over a mapped file.
"""

import hashlib
import mmap
import re
import sys
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

SHIPPED = Path(__file__).parent / "data" / "breached.bin"
# Four bytes of a SHA-1: of innocent passwords, one in some 28,000 is taken for one of the 150,000 that are shipped.
RECORD_BYTES = 4
_HASH_CHARS = 40
_LINE = re.compile(rb"[0-9A-Fa-f]{40}(:\d+)?\r?\n")


class BreachedListUnreadable(Exception):
    """The operator's file is not there, or not what it should be."""


class ShippedList:
    """Sorted beginnings of hashes, all of one length."""

    def __init__(self, path: Path = SHIPPED) -> None:
        self._path = path

    def holds(self, sha1: bytes) -> bool:
        data, wanted = self._data, sha1[:RECORD_BYTES]
        at = bisect_left(range(len(data) // RECORD_BYTES), wanted, key=lambda n: _record(data, n))
        return _record(data, at) == wanted

    @cached_property
    def _data(self) -> mmap.mmap:
        return _mapped(self._path)


class PwnedPasswordsFile:
    """The operator's file, of any size: a look-up reads some forty lines of it. Raises BreachedListUnreadable at once, or never."""

    def __init__(self, path: Path) -> None:
        try:
            self._data = _mapped(path)
        except (OSError, ValueError) as error:
            raise BreachedListUnreadable(f"{path}: {error}") from error
        if _LINE.match(self._data) is None:
            raise BreachedListUnreadable(f"{path} is no list of SHA-1 hashes, one a line, ordered by hash")

    def holds(self, sha1: bytes) -> bool:
        data, wanted = self._data, sha1.hex().upper().encode()
        low, high = 0, len(data)  # both where a line begins
        while low < high:
            begin = data.rfind(b"\n", low, (low + high) // 2) + 1 or low
            found = data[begin : begin + _HASH_CHARS].upper()
            if found == wanted:
                return True
            if found < wanted:
                end = data.find(b"\n", begin, high)
                low = high if end < 0 else end + 1
            else:
                high = begin
        return False


class Breached:
    """All lists there are. extra: the operator's."""

    def __init__(self, extra: Path | None = None) -> None:
        self._lists = [ShippedList(), *([PwnedPasswordsFile(extra)] if extra else [])]

    def holds(self, password: str) -> bool:
        """Also when only capitals make the difference: those are tried next."""
        hashes = {_sha1(password), _sha1(password.lower())}
        return any(known.holds(sha1) for known in self._lists for sha1 in hashes)


def records_of(passwords: Iterable[str]) -> bytes:
    """What `data/breached.bin` holds of these passwords."""
    return b"".join(sorted({_sha1(password)[:RECORD_BYTES] for password in passwords}))


def _sha1(password: str) -> bytes:
    return hashlib.sha1(password.encode(), usedforsecurity=False).digest()


def _record(data: mmap.mmap, number: int) -> bytes:
    return data[number * RECORD_BYTES : (number + 1) * RECORD_BYTES]


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


if (
    __name__ == "__main__"
):  # passwords, one a line and the commonest first: what is long enough to be chosen here is kept
    read = (line.rstrip("\n") for line in sys.stdin)
    SHIPPED.write_bytes(records_of([password for password in read if len(password) >= 8][: int(sys.argv[1])]))
