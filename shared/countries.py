"""Countries by their ISO 3166-1 code, named in each language by Unicode's data."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

_CODE = re.compile(r"[A-Z]{2}")
# What Unicode also names with two letters: unions, pseudo-regions, and parts that are no countries of their own.
_NONE = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"))
FIRST = ("BE", "FR", "NL", "LU", "DE")
"""Where most addresses are; lists begin with them."""


def is_country(code: str) -> bool:
    return code in {known for known, _ in countries("en")}


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """(code, name), Belgium and its neighbours first, the others as their language sorts them."""
    from babel import Locale  # its data is loaded by the first list, not by the start

    territories = cast(Mapping[str, str], cast(Any, Locale(language)).territories)
    names = {code: name for code, name in territories.items() if _CODE.fullmatch(code) and code not in _NONE}
    others = sorted((code for code in names if code not in FIRST), key=lambda code: _sorted_as(names[code]))
    return tuple((code, names[code]) for code in (*FIRST, *others))


def _sorted_as(name: str) -> str:
    """Österreich stands with the O."""
    plain = unicodedata.normalize("NFD", name)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()
