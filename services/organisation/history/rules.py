"""What managers may ask of their organisation's history, and who is behind an entry. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from shared.errors import Invalid
from shared.markers import N_

# How entries name those who work for the platform: by these actors, or a person whose origin begins so.
STAFF_ACTORS = ("operator", "support")
STAFF_ORIGINS = ("staff ", "support ")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class By(StrEnum):
    """`support`: whoever works for the platform, who is not named. `invited`: somebody with a link from a mail. `platform`: nobody."""

    PERSON = "person"
    SUPPORT = "support"
    INVITED = "invited"
    PLATFORM = "platform"


class CursorInvalid(Invalid):
    code = "cursor-invalid"
    message = N_("This page of the list cannot be found. Begin again at the first.")


@dataclass(frozen=True)
class Position:
    """Of the last entry seen: what follows is older."""

    at: datetime
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises CursorInvalid."""
        microseconds, _, number = text.partition("-")
        if not (microseconds.isascii() and microseconds.isdigit() and number.isascii() and number.isdigit()):
            raise CursorInvalid(field="after")
        try:
            at = _EPOCH + timedelta(microseconds=int(microseconds))
        except OverflowError:
            raise CursorInvalid(field="after") from None
        if int(number) >= 2**63:
            raise CursorInvalid(field="after")
        return cls(at, int(number))

    def __str__(self) -> str:
        since = self.at - _EPOCH
        return f"{(since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds}-{self.id}"


@dataclass(frozen=True)
class Wanted:
    """begin, end: of the time looked at, the end not included. actor, account_id: who did it, and on whom."""

    action: str | None = None
    actor: UUID | None = None
    account_id: UUID | None = None
    begin: datetime | None = None
    end: datetime | None = None
    after: Position | None = None


@dataclass(frozen=True)
class Entry:
    id: int
    at: datetime
    action: str
    actor: str
    account_id: UUID | None
    origin: str
    details: Mapping[str, Any]

    @property
    def position(self) -> Position:
        return Position(self.at, self.id)

    @property
    def by(self) -> By:
        if self.origin.startswith(STAFF_ORIGINS) or self.actor in STAFF_ACTORS:
            return By.SUPPORT
        if self.actor == "invited":
            return By.INVITED
        return By.PLATFORM if self.actor_id is None else By.PERSON

    @property
    def actor_id(self) -> UUID | None:
        return id_in(self.actor)

    @property
    def people(self) -> set[UUID]:
        """Whose names are needed to read it."""
        actor = self.actor_id if self.by is By.PERSON else None
        return {account_id for account_id in (actor, self.account_id) if account_id is not None}


def id_in(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
