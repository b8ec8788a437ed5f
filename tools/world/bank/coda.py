"""A statement of one account as a CODA file, version 2: records of 128 columns. Source: Febelfin."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

_WIDTH = 128
_CREDIT_TRANSFER = "00150000"
_CHARSET = "cp1252"


@dataclass(frozen=True)
class Received:
    """communication: as the payer typed it."""

    reference: str
    amount_cents: int
    communication: str
    payer_name: str
    payer_iban: str


@dataclass(frozen=True)
class Account:
    iban: str
    bic: str
    name: str


def coda(account: Account, number: int, opening_cents: int, received: Sequence[Received], day: date) -> bytes:
    """number: of the statement, 1 to 999."""
    lines = list(_lines(account, number, opening_cents, received, day))
    return "".join(f"{line[:_WIDTH]:{_WIDTH}}\r\n" for line in lines).encode(_CHARSET, "replace")


def _lines(account: Account, number: int, opening_cents: int, received: Sequence[Received], day: date) -> Iterator[str]:
    sum_cents = sum(one.amount_cents for one in received)
    on, zone = f"{day:%d%m%y}", f"{account.iban:34}EUR"
    yield f"0{'':4}{on}99905{'':18}{account.name[:26]:26}{account.bic:11}".ljust(_WIDTH - 1) + "2"
    yield f"12{number:03}{zone}{_amount(opening_cents)}{on}{account.name[:26]:26}{'CURRENT ACCOUNT':35}{number:03}"
    for sequence, one in enumerate(received, 1):
        yield from _movement(one, sequence, on)
    yield f"8{number:03}{zone}{_amount(opening_cents + sum_cents)}{on}".ljust(_WIDTH - 1) + "0"
    records = 2 + 3 * len(received)
    yield f"9{'':15}{records:06}{0:015}{sum_cents * 10:015}".ljust(_WIDTH - 1) + "2"


def _movement(one: Received, sequence: int, on: str) -> Iterator[str]:
    """Records 21 to 23. A communication that is none is passed on as free text, as banks do."""
    structured = _structured(one.communication)
    said = f"1101{structured}" if structured else f"0{one.communication}"
    head = f"{sequence:04}0000"
    yield f"21{head}{one.reference:21}{_amount(one.amount_cents)}{on}{_CREDIT_TRANSFER}{said[:54]:54}{on}00101 0"
    yield f"22{head}{said[54:107]:53}{'':62}1 0"
    yield f"23{head}{one.payer_iban:34}EUR{one.payer_name[:35]:35}{said[107:150]:43}0 0"


def _structured(text: str) -> str | None:
    """The twelve digits of a communication whose last two are right: the others modulo 97, 97 for 0."""
    digits = re.sub(r"[+*/ ]", "", text)
    if re.fullmatch(r"[0-9]{12}", digits) and int(digits[10:]) == (int(digits[:10]) % 97 or 97):
        return digits
    return None


def _amount(cents: int) -> str:
    """With its sign; three decimals."""
    return f"{int(cents < 0)}{abs(cents) * 10:015}"
