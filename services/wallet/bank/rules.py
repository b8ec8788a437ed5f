"""What a bank statement says, whatever the format in which it came."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from shared.errors import Invalid
from shared.markers import N_


class StatementRefused(Invalid):
    """The file contradicts itself or cannot be read; nothing of it counts. line: from 1. reason: an English sentence."""

    code = "statement-refused"
    message = N_("The bank statement is refused at line {line}: {reason}")

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line=line, reason=reason)
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Movement:
    """What was booked on the account. amount_cents: negative when money left.

    structured: the twelve digits of a Belgian structured communication, only when their check number is right; also when somebody
    typed it as free text. free_text: everything else that was said, in one line. bank_reference: empty where the bank gives none.
    details: the transfers that the bank booked as this one sum, where they add up to it.
    """

    amount_cents: int
    value_date: date
    booking_date: date
    structured: str | None
    free_text: str
    counterparty_name: str | None
    counterparty_iban: str | None
    bank_reference: str
    details: "tuple[Movement, ...]" = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """opening_cents + the movements = closing_cents. account_iban: whatever names the account where that is no IBAN.

    number: what the bank calls this statement, empty where it says nothing. until: the day of the closing balance.
    """

    account_iban: str
    currency: str
    opening_cents: int
    closing_cents: int
    movements: tuple[Movement, ...]
    number: str = field(default="", compare=False)
    until: date | None = field(default=None, compare=False)


def adds_up(details: Iterable[Movement], amount_cents: int) -> bool:
    """Whether these are the transfers of which a sum was made: all in its direction, and together as much."""
    amounts = [detail.amount_cents for detail in details]
    return bool(amounts) and sum(amounts) == amount_cents and all((one > 0) == (amount_cents > 0) for one in amounts)


def one_line(text: str) -> str:
    """Without the filling of fixed columns, and without characters that are none."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())
