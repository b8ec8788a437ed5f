"""Writes CODA files as banks do, for tests and the bench. Columns as the standard has them, counted from 1 there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from services.wallet.bank.rules import Movement, Statement

ADDED = "00150000"


def ddmmyy(day: date | None) -> str:
    return day.strftime("%d%m%y") if day else "000000"


def thousandths(cents: int) -> str:
    return f"{abs(cents) * 10:015}"


def sign(cents: int) -> str:
    return "1" if cents < 0 else "0"


@dataclass
class Sums:
    records: int = 0
    debits: int = 0
    credits: int = 0


def coda_lines(statement: Statement, *, version: str = "2", created: date = date(2026, 11, 22)) -> Iterator[str]:
    """One file for one statement."""
    sums = Sums()
    yield f"0{'':4}{ddmmyy(created)}30005{'':18}{'IMMO-CONNECT':26}KREDBEBB   00403170701{'':45}".ljust(127) + version
    until = statement.until or created
    account = f"{statement.account_iban:34}{statement.currency}"
    yield (
        f"12001{account}{sign(statement.opening_cents)}{thousandths(statement.opening_cents)}{ddmmyy(until)}"
        f"{'IMMO-CONNECT':26}{'CURRENT ACCOUNT':35}001"
    )
    sums.records += 1
    for number, movement in enumerate(statement.movements, 1):
        for line in movement_lines(movement, (number - 1) % 9_999 + 1):
            sums.records += 1
            yield line
        sums.debits += max(-movement.amount_cents, 0)
        sums.credits += max(movement.amount_cents, 0)
    closing = statement.closing_cents
    yield f"8001{account}{sign(closing)}{thousandths(closing)}{ddmmyy(until)}".ljust(127) + "0"
    sums.records += 1
    yield f"9{'':15}{sums.records:06}{thousandths(sums.debits)}{thousandths(sums.credits)}".ljust(127) + "2"


def movement_lines(movement: Movement, sequence: int, detail: int = 0, code: str = ADDED) -> Iterator[str]:
    typed = movement.structured is not None and movement.structured in movement.free_text.replace("/", "")
    said = f"1101{movement.structured}" if movement.structured and not typed else f"0{movement.free_text}"
    first, second, third = said[:54], said[54:107], said[107:]
    head = f"{sequence:04}{detail:04}"
    has_more = bool(second or third or movement.counterparty_iban or movement.counterparty_name)
    yield (
        f"21{head}{movement.bank_reference:21}{sign(movement.amount_cents)}{thousandths(movement.amount_cents)}"
        f"{ddmmyy(movement.value_date)}{code}{first:54}{ddmmyy(movement.booking_date)}0010{int(has_more)} 0"
    )
    if has_more:
        yield f"22{head}{second:53}{'':35}{'KREDBEBB':11}".ljust(125) + "1 0"
        account = f"{movement.counterparty_iban or '':34}{'EUR' if movement.counterparty_iban else ''}"
        yield f"23{head}{account:37}{movement.counterparty_name or '':35}{third:43}0 0"


def coda(*statements: Statement, end: str = "\r\n", encoding: str = "latin-1", version: str = "2") -> bytes:
    return encoded(
        (line for one in statements for line in coda_lines(one, version=version)), end=end, encoding=encoding
    )


def encoded(lines: Iterable[str], *, end: str = "\r\n", encoding: str = "latin-1") -> bytes:
    return "".join(line + end for line in lines).encode(encoding)
