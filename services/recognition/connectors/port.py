"""What every registry looks like from here, however it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.recognition.inquiry_store import Feed
from services.recognition.rules import Entry


@dataclass(frozen=True)
class Answer:
    """entries: all that the registry has about the person, also what has ended or not begun; empty for someone unknown.

    as_of: the day up to which it knew, where it says so.
    """

    entries: tuple[Entry, ...]
    as_of: date | None = None


@dataclass(frozen=True)
class Changes:
    """feed: where to read on. hashes: of the national numbers of those whose entries changed; empty when all was read."""

    feed: Feed
    hashes: Sequence[bytes]


class Connector(Protocol):
    """Every method raises RegistryUnavailable for whatever is not a sensible answer, and RegistryBusy when it is too early to ask.

    The national number is in no URL, log line, span or exception.
    """

    async def look_up(self, national_number: str) -> Answer: ...

    async def prepare(self) -> None:
        """What must be done before the list of changes is read."""

    async def changes(self, feed: Feed) -> Changes:
        """Whose entry changed after what was read. A feed without cursor: from the beginning."""
        ...

    async def close(self) -> None: ...
