"""What can be asked of a wallet's transactions: filters, orders, and places among them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal, Self
from uuid import UUID

from shared.errors import Invalid
from shared.markers import N_

KINDS = (
    "charge",
    "refund",
    "top-up",
    "top-up-refund",
    "chargeback",
    "void",
    "transfer",
    "plan",
    "credits",
    "adjustment",
)
"""As the book names them, in the order in which they are sorted."""

BLOCK = 256
"""Entries that are summed up together; the database's `statement_block_size`."""

MAX_SORTED = 5_000
MAX_XLSX = 20_000

State = Literal["completed", "pending", "failed"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_ID = UUID(int=2**128 - 1)


class Sort(StrEnum):
    """`date`: all in the order of time. `number`: what has one, then the rest. `kind`, `state`: one after the other, in each the latest
    first."""

    DATE = "date"
    NUMBER = "number"
    KIND = "kind"
    STATE = "state"
    AMOUNT = "amount"


class CursorInvalid(Invalid):
    code = "cursor-invalid"
    message = N_("This page of the list cannot be found. Begin again at the first.")


class TooManyToSort(Invalid):
    code = "too-many-to-sort"
    message = N_("Up to {limit} transactions can be sorted by amount. Choose a shorter period, or filter further.")


class TooManyForXlsx(Invalid):
    code = "too-many-for-xlsx"
    message = N_("An Excel file holds up to {limit} transactions. Choose a shorter period, or download a CSV file.")


class PeriodTooLong(Invalid):
    code = "period-too-long"
    message = N_("Choose a period of at most {days} days.")


@dataclass(frozen=True)
class Shown:
    """A description in the book that readers see in words of their language instead."""

    kind: str
    description: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.description}"


@dataclass(frozen=True)
class Filters:
    """begin, end: of the time looked at, the end not included. incoming: money that came in only, or that went out only.

    text: a part of the description in any case, or the number itself. shown: what is found too, as its words hold that text.
    """

    text: str = ""
    kind: str | None = None
    tool_id: str | None = None
    state: State | None = None
    begin: datetime | None = None
    end: datetime | None = None
    incoming: bool | None = None
    shown: tuple[Shown, ...] = ()

    @property
    def number(self) -> int | None:
        digits = self.text.removeprefix("#")
        return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None

    @property
    def needle(self) -> str | None:
        return self.text.lower() or None

    @property
    def min_cents(self) -> int | None:
        return 1 if self.incoming else None

    @property
    def max_cents(self) -> int | None:
        return -1 if self.incoming is False else None

    @property
    def looks_inside(self) -> bool:
        """Whether it leaves out some of what lies in its time."""
        return bool(self.text or self.kind or self.tool_id) or self.incoming is not None


@dataclass(frozen=True)
class Group:
    """What is listed together in the order of time. states: of what is not booked. down: the latest first."""

    filters: Filters
    booked: bool
    states: tuple[State, ...]
    down: bool

    def reversed(self) -> Self:
        return replace(self, down=not self.down)


def groups_of(filters: Filters, sort: Sort, *, ascending: bool) -> list[Group]:
    """In the order in which they are listed."""
    booked = filters.state in (None, "completed")
    states: tuple[State, ...] = tuple(one for one in ("pending", "failed") if filters.state in (None, one))
    match sort:
        case Sort.DATE | Sort.AMOUNT:
            return [Group(filters, booked, states, not ascending)]
        case Sort.NUMBER:
            found = [Group(filters, booked, (), not ascending), Group(filters, False, states, not ascending)]
            return found[::-1] if ascending else found
        case Sort.STATE:
            found = [*(Group(filters, False, (one,), True) for one in states), Group(filters, booked, (), True)]
        case Sort.KIND:
            kinds = [filters.kind] if filters.kind else KINDS
            found = [Group(replace(filters, kind=kind), booked, states, True) for kind in kinds]
    return found if ascending else found[::-1]


@dataclass(frozen=True)
class Position:
    """A row's place in the order of time. number: of what is booked; row_id: of what is not, which comes before what was booked then."""

    at: datetime
    number: int | None = None
    row_id: UUID | None = None

    @property
    def key(self) -> tuple[datetime, int, int]:
        if self.number is not None:
            return (self.at, 1, self.number)
        return (self.at, 0, self.id_bound.int)

    @property
    def id_bound(self) -> UUID:
        """To compare what is not booked with, together with the time."""
        return self.row_id or _LAST_ID


@dataclass(frozen=True)
class Cursor:
    """A place in a list: in which of its groups, and where there. amount_cents: in a list that is sorted by it."""

    group: int
    position: Position
    amount_cents: int | None = None

    @classmethod
    def parse(cls, text: str, *, groups: int) -> Self:
        """Raises CursorInvalid."""
        try:
            group, moment, place, *amount = text.split(".")
            since = timedelta(microseconds=int(moment))
            is_id = len(place) == 32
            position = Position(_EPOCH + since, None if is_id else int(place), UUID(place) if is_id else None)
            found = cls(int(group), position, int(amount[0]) if amount else None)
        except (ValueError, OverflowError):
            raise CursorInvalid(field="after") from None
        if not 0 <= found.group < groups or not 0 <= (position.number or 0) < 2**62:
            raise CursorInvalid(field="after")
        return found

    def __str__(self) -> str:
        since = (self.position.at - _EPOCH) // timedelta(microseconds=1)
        place = self.position.number if self.position.row_id is None else self.position.row_id.hex
        amount = "" if self.amount_cents is None else f".{self.amount_cents}"
        return f"{self.group}.{since}.{place}{amount}"


@dataclass(frozen=True)
class Row:
    """A line of the list. number and balance_after_cents: None for what is not booked. vat_cents: contained in the amount."""

    id: UUID
    number: int | None
    kind: str
    tool_id: str | None
    description: str
    amount_cents: int
    balance_after_cents: int | None
    state: State
    at: datetime
    vat_cents: int | None
    account_id: UUID | None

    @property
    def balance_before_cents(self) -> int | None:
        return None if self.balance_after_cents is None else self.balance_after_cents - self.amount_cents

    @property
    def position(self) -> Position:
        return Position(self.at, self.number, None if self.number is not None else self.id)


def ranges_of(blocks: Sequence[int], low: int, high: int) -> list[tuple[int, int]]:
    """The numbers of the entries of these blocks, as far as they lie between low and high."""
    return [(max(block * BLOCK + 1, low), min((block + 1) * BLOCK, high)) for block in blocks]


def block_of(number: int) -> int:
    return (number - 1) // BLOCK
