"""Extracts of a made-up company register of any size, as the public files are written: names in two languages, establishments and all."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from services.organisation.organisations.rules import check_digits

ENTERPRISE = (
    "EnterpriseNumber",
    "Status",
    "JuridicalSituation",
    "TypeOfEnterprise",
    "JuridicalForm",
    "JuridicalFormCAC",
)
DENOMINATION = ("EntityNumber", "Language", "TypeOfDenomination", "Denomination")
ADDRESS = ("EntityNumber", "TypeOfAddress", "CountryNL", "CountryFR", "Zipcode", "MunicipalityNL", "MunicipalityFR")
PLACE = ("StreetNL", "StreetFR", "HouseNumber", "Box", "ExtraAddressInfo", "DateStrikingOff")
ACTIVITY = ("EntityNumber", "ActivityGroup", "NaceVersion", "NaceCode", "Classification")
CITIES = (
    ("1000", "Brussel", "Bruxelles"),
    ("2000", "Antwerpen", "Anvers"),
    ("9000", "Gent", "Gand"),
    ("5000", "Namen", "Namur"),
)
STREETS = (("Hoogstraat", "Rue Haute"), ("Kerkstraat", "Rue de l’Église"), ("Stationsplein", "Place de la Gare"))
WORDS = ("Parc", "Immo", "Habitat", "Domus", "Villa", "Kantoor", "Horizon", "Terra", "Meridian", "Atelier")
FORMS = ("610", "014", "030", "017")
FIRST = 2_000_000
Row = Sequence[str]


def write_full(path: Path, enterprises: int, *, number: int = 140) -> int:
    """Make a ZIP file of a full extract; return how many lines are in it. The same numbers make the same file."""
    lines = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, header, rows in (
            ("meta.csv", ("Variable", "Value"), _meta(number)),
            ("enterprise.csv", (*ENTERPRISE, "StartDate"), _enterprises(enterprises)),
            ("denomination.csv", DENOMINATION, _denominations(enterprises)),
            ("address.csv", (*ADDRESS, *PLACE), _addresses(enterprises)),
            ("activity.csv", ACTIVITY, _activities(enterprises)),
        ):
            with file.open(name, "w") as member:
                for text, count in _pieces(header, rows):
                    member.write(text.encode())
                    lines += count
    return lines


def enterprise_number(serial: int) -> str:
    first = f"{FIRST + serial:08}"
    digits = first + check_digits(first)
    return f"{digits[:4]}.{digits[4:7]}.{digits[7:]}"


def _establishment(serial: int) -> str:
    digits = f"2{serial:09}"
    return f"{digits[0]}.{digits[1:4]}.{digits[4:7]}.{digits[7:]}"


def _meta(number: int) -> Iterator[Row]:
    yield from (
        ("SnapshotDate", "04-10-2026"),
        ("ExtractTimestamp", "05-10-2026 06:21:44"),
        ("ExtractType", "full"),
        ("ExtractNumber", str(number)),
        ("Version", "R018.00"),
    )


def _enterprises(enterprises: int) -> Iterator[Row]:
    day = date(1990, 1, 1)
    for serial in range(enterprises):
        start = day + timedelta(days=serial % 12_000)
        form = FORMS[serial % len(FORMS)]
        yield enterprise_number(serial), "AC", "000", "2", form, "", f"{start:%d-%m-%Y}"


def _denominations(enterprises: int) -> Iterator[Row]:
    chance = random.Random(1)  # noqa: S311 - made-up names
    for serial in range(enterprises):
        name = f"{chance.choice(WORDS)} {chance.choice(WORDS)} {serial}"
        yield enterprise_number(serial), "1" if serial % 2 else "2", "001", name
        if serial % 4 == 0:
            yield enterprise_number(serial), "1", "001", f'{name}, "SRL"'
        if serial % 3 == 0:
            yield _establishment(serial), "1", "003", f"{name} Centre"


def _addresses(enterprises: int) -> Iterator[Row]:
    chance = random.Random(2)  # noqa: S311 - made-up addresses
    for serial in range(enterprises):
        (postal_code, *city), street = chance.choice(CITIES), chance.choice(STREETS)
        house = str(chance.randrange(1, 300))
        if serial % 5:  # the others are in business by themselves
            yield enterprise_number(serial), "REGO", "", "", postal_code, *city, *street, house, "", "", ""
        yield _establishment(serial), "BAET", "", "", postal_code, *city, *street, house, "", "", ""


def _activities(enterprises: int) -> Iterator[Row]:
    for serial in range(enterprises):
        for version, code in (("2008", "68311"), ("2025", "68310")):
            yield enterprise_number(serial), "003", version, code, "MAIN"
            yield enterprise_number(serial), "003", version, "68320", "SECO"
        yield _establishment(serial), "003", "2025", "68310", "MAIN"


def _pieces(header: Row, rows: Iterable[Row], size: int = 20_000) -> Iterator[tuple[str, int]]:
    text, count = [_line(header)], 0
    for row in rows:
        text.append(_line(row))
        count += 1
        if count == size:
            yield "".join(text), count
            text, count = [], 0
    yield "".join(text), count


def _line(row: Row) -> str:
    return ",".join(f'"{value.replace(chr(34), chr(34) * 2)}"' if value else "" for value in row) + "\n"
