"""The records of a CODA file as lines of 128 characters, in whatever way they were written down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.wallet.bank.rules import StatementRefused

WIDTH = 128
_CENTURY = 2_000
_LATEST_YEAR = 79
"""Two digits: 00 to 79 are of this century."""


@dataclass(slots=True)
class Line:
    """number: in the file, from 1."""

    number: int
    text: str

    def refused(self, reason: str) -> StatementRefused:
        return StatementRefused(self.number, reason)

    def number_at(self, begin: int, end: int, name: str) -> int:
        text = self.text[begin:end]
        if not (text.isascii() and text.isdecimal()):
            raise self.refused(f"{name} is no number: {text!r}")
        return int(text)

    def signed_cents(self, sign: int, begin: int, name: str) -> int:
        """Twelve digits and three decimals, as cents; negative for a debit. Raises StatementRefused for what is no whole cent."""
        if self.text[sign] not in "01":
            raise self.refused(f"{name} has no sign: {self.text[sign]!r}")
        cents, rest = divmod(self.number_at(begin, begin + 15, name), 10)
        if rest:
            raise self.refused(f"{name} is no whole number of cents: {self.text[begin : begin + 15]!r}")
        return -cents if self.text[sign] == "1" else cents

    def date_at(self, begin: int, name: str) -> date | None:
        """DDMMYY; None for zeros and blanks."""
        text = self.text[begin : begin + 6]
        if text in ("000000", "      "):
            return None
        try:
            if not (text.isascii() and text.isdecimal()):
                raise ValueError(text)
            year = int(text[4:])
            return date(
                _CENTURY + year if year <= _LATEST_YEAR else _CENTURY - 100 + year, int(text[2:4]), int(text[:2])
            )
        except ValueError as error:
            raise self.refused(f"{name} is no date: {text!r}") from error


def lines_of(data: bytes) -> Iterator[Line]:
    """Without blank lines; ends of lines are those of any system, or none at all. Raises StatementRefused for one that is too long."""
    for number, raw in enumerate(_raw_lines(data), 1):
        text = _text(raw)
        if not text.strip():
            continue
        if len(text) < WIDTH:
            text = text.ljust(WIDTH)
        elif len(text) > WIDTH:
            if text[WIDTH:].strip():
                raise StatementRefused(number, f"the line has {len(text)} characters, not {WIDTH}")
            text = text[:WIDTH]
        yield Line(number, text)


def _raw_lines(data: bytes) -> Iterator[bytes]:
    """One at a time: a copy of a large file as a list would need as much memory again."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    end_of_line = b"\n" if b"\n" in data else b"\r"
    if end_of_line not in data and len(data) > WIDTH and len(data) % WIDTH == 0:
        yield from (data[begin : begin + WIDTH] for begin in range(0, len(data), WIDTH))
        return
    begin = 0
    while begin < len(data):
        end = data.find(end_of_line, begin)
        if end < 0:
            end = len(data)
        yield data[begin:end].rstrip(b"\r\x1a\x00")
        begin = end + 1


def _text(raw: bytes) -> str:
    """UTF-8 where it is that, else Windows' Latin letters. Where columns were counted in bytes, a letter of several bytes fills several."""
    if raw.isascii():
        return raw.decode("ascii")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
    if len(raw) == WIDTH:
        return "".join(letter + "\0" * (len(letter.encode()) - 1) for letter in text)
    return text
