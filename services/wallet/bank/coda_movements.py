"""One movement of a CODA file: its records 21, 22, 23 and 31 to 33, and the details of which it is the sum."""

import re
from datetime import date

from services.wallet.bank.accounts import belgian_iban
from services.wallet.bank.coda_lines import Line
from services.wallet.bank.communications import find_structured, is_structured
from services.wallet.bank.rules import Movement, StatementRefused, adds_up, one_line

_TRANSFERS = {"1": "5", "2": "67"}
"""Of a sum made by the customer or the bank: the types of the transfers in it. Other details are costs, exchange rates and the like."""
_STRUCTURED_AT = {"101": 0, "102": 0, "105": 45}
"""Where a Belgian structured communication stands in the communication of this type; 102 is one that the bank recognised in free text."""
_NAME = "001"
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}")


class Open:
    """A movement whose records are still coming."""

    def __init__(self, line: Line) -> None:
        self._line = line
        text = line.text
        self._is_structured = text[61] == "1"
        if text[61] not in "01 ":
            raise line.refused(f"there is no communication of type {text[61]!r}")
        self._kind = text[62:65] if self._is_structured else ""
        self._said = [text[65 if self._is_structured else 62 : 115]]
        self._known: list[str] = []
        self._informs = False
        self._name: str | None = None
        self._named_apart: str | None = None
        self._iban: str | None = None
        self._details: list[Open] = []

    def go_on(self, line: Line) -> None:
        """Records 22, 23 and 31 to 33 belong to the last record 21, be it a detail."""
        if self._details:
            self._details[-1].go_on(line)
            return
        text = line.text
        match text[:2]:
            case "22":
                self._said.append(text[10:63])
            case "23":
                self._iban = _iban(text[10:44])
                self._name = _clean(text[47:82]) or None
                self._said.append(text[82:125])
            case "31":
                self._inform(text)
            case "32" | "33":
                if self._informs:
                    self._known.append(text[10 : 115 if text[1] == "2" else 100])
            case kind:
                raise line.refused(f"there is no record {kind!r}")

    def add_detail(self, line: Line) -> None:
        self._details.append(Open(line))

    def movement(self) -> Movement:
        amount_cents = self._line.signed_cents(31, 32, "the amount")
        booking_date, value_date = self._dates()
        structured, free_text = self._communication()
        return Movement(
            amount_cents=amount_cents,
            value_date=value_date,
            booking_date=booking_date,
            structured=structured,
            free_text=free_text,
            counterparty_name=self._name or self._named_apart,
            counterparty_iban=self._iban,
            bank_reference=_clean(self._line.text[10:31]),
            details=self._transfers(amount_cents),
        )

    def _dates(self) -> tuple[date, date]:
        """Of booking and of value; where the bank gives one, it is both."""
        booked = self._line.date_at(115, "the entry date")
        valued = self._line.date_at(47, "the value date")
        booking_date, value_date = booked or valued, valued or booked
        if booking_date is None or value_date is None:
            raise self._line.refused("the movement has no date")
        return booking_date, value_date

    def _communication(self) -> tuple[str | None, str]:
        said = "".join(self._said)
        if self._is_structured:
            begin = _STRUCTURED_AT.get(self._kind)
            digits = said[begin : begin + 12] if begin is not None else ""
            if begin is not None and is_structured(digits):
                return digits, _clean(said[:begin] + said[begin + 12 :])
            return None, _clean(said)
        text = _clean(said)
        # Some banks say everything in records of information only.
        text = text or _clean("".join(self._known))
        return find_structured(text), text

    def _inform(self, text: str) -> None:
        """Record 31 says more of the movement: structured as type 001 it names the other side."""
        self._informs = text[39] != "1"
        if self._informs:
            self._known.append(text[40:113])
        elif text[40:43] == _NAME:
            self._named_apart = _clean(text[43:78]) or None

    def _transfers(self, amount_cents: int) -> tuple[Movement, ...]:
        """None where they do not make up the sum: then they say something else."""
        kinds = _TRANSFERS.get(self._line.text[53], "")
        try:
            details = tuple(detail.movement() for detail in self._details if detail._line.text[53] in kinds)
        except StatementRefused:
            return ()  # details do not count, and some are in currencies with thousandths
        return details if kinds and adds_up(details, amount_cents) else ()


def _clean(text: str) -> str:
    return one_line(text.replace("\0", ""))


def _iban(zone: str) -> str | None:
    """Of 34 columns: an IBAN, or an old Belgian number, of which one is made."""
    account = "".join(zone.split()).upper()
    if is_structured(account):
        return belgian_iban(account)
    return account if _IBAN.fullmatch(account) else None
