"""The lines of the public register's files: which of them count, and what of them is kept. Pure.

As the cookbook of the open data describes them (version R018): numbers 9999.999.999, dates dd-mm-yyyy, values in quotes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.organisation.organisations.rules import check_digits

ExtractKind = Literal["full", "update"]
Values = tuple[str | int | date | None, ...]

OFFICIAL_NAME, SEAT, MAIN = "001", "REGO", "MAIN"
LANGUAGES = ("0", "1", "2", "3", "4")  # unknown, French, Dutch, German, English
_ENTERPRISE, _ESTABLISHMENT = 12, 13  # characters of 9999.999.999 and 9.999.999.999
_NUMBER = re.compile(r"[0-9]{4}\.[0-9]{3}\.[0-9]{3}|[0-9]\.[0-9]{3}\.[0-9]{3}\.[0-9]{3}")
_NOT_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_SHORT = re.compile(r"[A-Z0-9]{1,8}")


class LineRefused(Exception):
    """The reason, for an operator."""


class ExtractMismatch(Exception):
    """Why an extract cannot be applied to what is there."""


@dataclass(frozen=True)
class Extract:
    """number: counts the extracts; an update changes the one before it. snapshot: the register at midnight of this day."""

    number: int
    kind: ExtractKind
    snapshot: date


@dataclass(frozen=True)
class Part:
    """One of the files. columns: what is read of it. take: what is kept of a line; None where it does not count."""

    name: str
    columns: tuple[str, ...]
    take: Callable[[Sequence[str]], Values | None]
    kept: tuple[str, ...]


def number_of(text: str) -> str | None:
    """The ten digits of an enterprise; None for an establishment or a branch. Raises LineRefused."""
    if len(text) == _ENTERPRISE and text[4] == text[8] == ".":
        digits = text[:4] + text[5:8] + text[9:]
        if digits.isascii() and digits.isdigit():
            return digits if digits[0] in "01" else None
    if len(text) == _ESTABLISHMENT and _NUMBER.fullmatch(text):
        return None
    raise LineRefused(f"{text[:40]!r} is no number of the register")


def enterprise(row: Sequence[str]) -> Values | None:
    number, status, legal_form, start = row
    digits = number_of(number)
    if digits is None or digits[8:] != check_digits(digits[:8]):
        raise LineRefused(f"{number[:40]!r} is no enterprise number")
    if not _SHORT.fullmatch(status):
        raise LineRefused(f"{status[:40]!r} is no status")
    return digits, status, _text(legal_form, 8), day(start) if start else None


def denomination(row: Sequence[str]) -> Values | None:
    entity, language, kind, name = row
    if kind != OFFICIAL_NAME or (number := number_of(entity)) is None:
        return None
    if language not in LANGUAGES:
        raise LineRefused(f"{language[:40]!r} is no language")
    return number, int(language), _text(name, 320)


def address(row: Sequence[str]) -> Values | None:
    entity, kind, struck_off, *fields = row
    if kind != SEAT or struck_off or (number := number_of(entity)) is None:
        return None
    return number, *(_text(field, 200) for field in fields)


def activity(row: Sequence[str]) -> Values | None:
    entity, version, code, classification = row
    if classification != MAIN or (number := number_of(entity)) is None:
        return None
    if not (version.isascii() and version.isdigit() and _SHORT.fullmatch(code)):
        raise LineRefused(f"{version[:40]!r}, {code[:40]!r} is no activity")
    return number, int(version), code


def gone(row: Sequence[str]) -> Values | None:
    number = number_of(row[0])
    return (number,) if number else None


def day(text: str) -> date:
    try:
        return date(int(text[6:]), int(text[3:5]), int(text[:2]))
    except ValueError as error:
        raise LineRefused(f"{text[:40]!r} is no date") from error


_PLACE = ("CountryNL", "CountryFR", "Zipcode", "MunicipalityNL", "MunicipalityFR", "StreetNL", "StreetFR")
_KEPT_PLACE = ("country_nl", "country_fr", "postal_code", "city_nl", "city_fr", "street_nl", "street_fr")
PARTS = (
    Part(
        "enterprise",
        ("EnterpriseNumber", "Status", "JuridicalForm", "StartDate"),
        enterprise,
        ("number", "status", "legal_form", "start_date"),
    ),
    Part(
        "denomination",
        ("EntityNumber", "Language", "TypeOfDenomination", "Denomination"),
        denomination,
        ("number", "language", "name"),
    ),
    Part(
        "address",
        ("EntityNumber", "TypeOfAddress", "DateStrikingOff", *_PLACE, "HouseNumber", "Box"),
        address,
        ("number", *_KEPT_PLACE, "house_number", "box"),
    ),
    Part(
        "activity",
        ("EntityNumber", "NaceVersion", "NaceCode", "Classification"),
        activity,
        ("number", "nace_version", "nace_code"),
    ),
)


def check_base(extract: Extract, current: Extract | None, *, anyway: bool) -> bool:
    """Whether there is anything to do: False for what is there already. Raises ExtractMismatch."""
    if current is None:
        if extract.kind == "update":
            raise ExtractMismatch(
                f"nothing is there yet that update {extract.number} could change: a full file comes first"
            )
        return True
    if extract.kind == "full":
        if extract.number < current.number and not anyway:
            raise ExtractMismatch(f"extract {extract.number} is older than {current.number}, which is there (--anyway)")
        return extract.number != current.number or anyway
    if extract.number <= current.number:
        return False
    if extract.number > current.number + 1:
        between = f"{current.number + 1}" + (f" to {extract.number - 1}" if extract.number > current.number + 2 else "")
        raise ExtractMismatch(
            f"update {extract.number} changes extract {extract.number - 1}, and {current.number} is there: first {between},"
            f" or a full file"
        )
    return True


def _text(text: str, longest: int) -> str | None:
    if not text:
        return None
    if _NOT_TEXT.search(text):
        raise LineRefused(f"{text[:40]!a} is no text in UTF-8")
    return text.strip()[:longest] or None
