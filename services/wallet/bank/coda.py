"""Coded statements of account (CODA, versions 1 and 2), records of 128 columns. Source: Febelfin.

A file holds blocks from record 0 to record 9; a block holds statements from record 1 to record 8. What is summed is checked: opening
balance + movements = closing balance, and the totals and the count of record 9. Only movements of types 0 to 3 count: the others
repeat, as details, what a movement sums up. Columns are counted from 0 here.
"""

from services.wallet.bank.accounts import belgian_iban
from services.wallet.bank.coda_lines import Line, lines_of
from services.wallet.bank.coda_movements import Open
from services.wallet.bank.rules import Movement, Statement, StatementRefused

__all__ = ["StatementRefused", "parse"]

_COUNTED = frozenset("1238")
_WRAP = 1_000_000
"""Record 9 has six digits for its count."""


def parse(data: bytes) -> list[Statement]:
    """Raises StatementRefused: for a file that is empty, torn, of another format, or contradicts itself."""
    reader = _Reader()
    line = None
    for line in lines_of(data):
        reader.read(line)
    if line is None:
        raise StatementRefused(1, "the file is empty")
    if reader.in_block:
        raise line.refused("the file ends before its record 9")
    return reader.statements


class _Reader:
    """One record after the other. Totals are of the block, in thousandths."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.in_block = False
        self._statement: _OpenStatement | None = None
        self._ended = 0
        self._records = self._messages = self._debits = self._credits = 0

    def read(self, line: Line) -> None:
        kind = line.text[0]
        if kind == "0":
            self._begin(line)
            return
        if not self.in_block:
            raise line.refused("a record 0 was expected: this is no CODA file, or it is torn")
        self._records += kind in _COUNTED
        match kind:
            case "1":
                if self._statement is not None:
                    raise line.refused("a statement begins before the one before it ended")
                self._statement = _OpenStatement(line)
            case "2" | "3":
                self._running(line).movement(line)
            case "8":
                self._close(line)
            case "4":
                self._messages += 1
            case "9":
                self._end(line)
            case _:
                raise line.refused(f"there is no record {kind!r}")

    def _begin(self, line: Line) -> None:
        if self.in_block:
            raise line.refused("a file begins before the record 9 of the one before")
        if line.text[127] not in "12":
            raise line.refused(f"version {line.text[127]!r} of CODA is not known")
        self.in_block = True
        self._ended = self._records = self._messages = self._debits = self._credits = 0

    def _running(self, line: Line) -> "_OpenStatement":
        if self._statement is None:
            raise line.refused("a movement stands outside a statement")
        return self._statement

    def _close(self, line: Line) -> None:
        statement = self._running(line)
        self.statements.append(statement.closed(line))
        self._debits += statement.debits
        self._credits += statement.credits
        self._statement = None
        self._ended += 1

    def _end(self, line: Line) -> None:
        if self._statement is not None or not self._ended:
            raise line.refused("record 9 stands before the record 8 of a statement")
        count = line.number_at(16, 22, "the number of records")
        # The standard leaves messages out of the count; some banks do not.
        if count not in (self._records % _WRAP, (self._records + self._messages) % _WRAP):
            raise line.refused(f"it says {count} records and there are {self._records}")
        for name, begin, found in (("debits", 22, self._debits), ("credits", 37, self._credits)):
            said = line.number_at(begin, begin + 15, f"the sum of {name}")
            if said != found:
                raise line.refused(f"it says {said / 1000:.3f} of {name} and they sum to {found / 1000:.3f}")
        self.in_block = False


class _OpenStatement:
    """From record 1 to record 8."""

    def __init__(self, line: Line) -> None:
        self._account, currency = _account(line, line.text[1], line.text[5:42])
        if not self._account:
            raise line.refused("it names no account")
        self._currency = currency or "EUR"
        self.debits = self.credits = 0
        self._opening = line.signed_cents(42, 43, "the opening balance")
        self._number = _statement_number(line)
        self._movements: list[Movement] = []
        self._open: Open | None = None
        self._sequence: int | None = None

    def movement(self, line: Line) -> None:
        """A record 2 or 3."""
        if line.text[:2] != "21":
            if self._open is None:
                raise line.refused("it belongs to no movement")
            self._open.go_on(line)
            return
        kind = line.text[53]
        if kind in "0123":
            self._follow(line)
            self._store()
            self._open = Open(line)
        elif kind in "56789":
            if self._open is None:
                raise line.refused("the details belong to no movement")
            self._open.add_detail(line)
        else:
            raise line.refused(f"there is no movement of type {kind!r}")

    def closed(self, line: Line) -> Statement:
        self._store()
        closing = line.signed_cents(41, 42, "the closing balance")
        until = line.date_at(57, "the date of the closing balance")
        found = self._opening + sum(movement.amount_cents for movement in self._movements)
        if found != closing:
            raise line.refused(
                f"the opening balance and the movements make {found / 100:.2f}, the closing balance is {closing / 100:.2f}"
            )
        year = until.year if until else ""
        number = f"{year}-{self._number}" if self._number else ""
        return Statement(
            self._account, self._currency, self._opening, closing, tuple(self._movements), number=number, until=until
        )

    def _follow(self, line: Line) -> None:
        """Movements are numbered without gaps; after 9999 it begins again."""
        sequence = line.number_at(2, 6, "the sequence number")
        before = self._sequence
        if before is not None and sequence != before + 1 and not (before == 9_999 and sequence in (0, 1)):
            raise line.refused(f"movement {sequence:04} follows on {before:04}")
        self._sequence = sequence

    def _store(self) -> None:
        if self._open is None:
            return
        movement = self._open.movement()
        if movement.amount_cents < 0:
            self.debits -= movement.amount_cents * 10
        else:
            self.credits += movement.amount_cents * 10
        self._movements.append(movement)
        self._open = None


def _account(line: Line, structure: str, zone: str) -> tuple[str, str]:
    """Account and currency in 37 columns; no currency where none is given. structure: 0 Belgian number, 1 foreign number, 2 and 3 IBAN."""
    if structure not in "0123 ":
        raise line.refused(f"there is no account structure {structure!r}")
    is_old = structure in "0 " and zone[:12].strip().isdecimal()
    account = belgian_iban(zone[:12]) if is_old else "".join(zone[:34].split())
    currency = (zone[13:16] if is_old else zone[34:37]).strip()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise line.refused(f"{currency!r} is no currency")
    return account, currency


def _statement_number(line: Line) -> str:
    """What the bank numbers: the coded statement, else the one on paper."""
    for number in (line.text[125:128], line.text[2:5]):
        if number.isdecimal() and int(number):
            return number
    return ""
