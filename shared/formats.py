"""How amounts, dates and numbers are written in each language, as Belgium writes them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
_LOCALES = {"fr": "fr_BE", "nl": "nl_BE", "en": "en_GB", "de": "de_BE"}


def format_money(cents: int, currency: str, language: str) -> str:
    """cents: may be negative."""
    from babel.numbers import format_currency  # Babel's data is loaded by the first amount, not by the start

    return cast(Any, format_currency)(Decimal(cents) / 100, currency, locale=_LOCALES[language])


def format_change(cents: int, currency: str, language: str) -> str:
    """What came or went, with a sign: the plus stands where the language puts its minus."""
    if cents <= 0:
        return format_money(cents, currency, language)
    return format_money(-cents, currency, language).replace("-", "+", 1)


def format_number(value: float, language: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, locale=_LOCALES[language])


def format_date(day: date, language: str) -> str:
    from babel.dates import format_date as babel_date

    return babel_date(day, format="long", locale=_LOCALES[language])


def format_month(day: date, language: str) -> str:
    """The month that this day is in."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", day, locale=_LOCALES[language])


def format_datetime(moment: datetime, language: str) -> str:
    """moment: with a time zone."""
    from babel.dates import format_time

    local = moment.astimezone(BRUSSELS)
    return f"{format_date(local, language)} {format_time(local, format='short', locale=_LOCALES[language])}"
