"""Postal addresses and pages on the web, as people type them into forms: checked, and brought into the form in which they are kept."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.countries import is_country
from shared.errors import Invalid, Problem, Violations
from shared.markers import N_

HOME_COUNTRY = "BE"
MAX_LINE_CHARS, MAX_SHORT_CHARS, MAX_LINK_CHARS = 120, 20, 300
ADDRESS_LINES: Mapping[str, int] = {
    "street": MAX_LINE_CHARS,
    "city": MAX_LINE_CHARS,
    "number": MAX_SHORT_CHARS,
    "box": MAX_SHORT_CHARS,
    "postal_code": MAX_SHORT_CHARS,
}
"""The lines of an address besides its country, and how long each may be. Countries without house numbers put all into the street."""
WEBSITE = "website"
NETWORKS: Mapping[str, tuple[str, ...]] = {
    "linkedin": ("linkedin.com",),
    "facebook": ("facebook.com", "fb.com"),
    "instagram": ("instagram.com",),
    "x": ("x.com", "twitter.com"),
    "youtube": ("youtube.com", "youtu.be"),
    "tiktok": ("tiktok.com",),
}
_BELGIAN_POSTAL_CODE = re.compile(r"[1-9]\d{3}", re.ASCII)


class CountryUnknown(Invalid):
    code = "country-unknown"
    message = N_("Choose a country from the list.")


class FieldMissing(Invalid):
    code = "field-missing"
    message = N_("Fill this in, or remove the whole entry.")


class FieldTooLong(Invalid):
    """params: max_length."""

    code = "field-too-long"
    message = N_("Use one line of at most {max_length} characters.")


class PostalCodeInvalid(Invalid):
    code = "postal-code-invalid"
    message = N_("A Belgian postal code has four digits, from 1000 to 9999.")


class LinkInvalid(Invalid):
    code = "link-invalid"
    message = N_("This is not the address of a page there.")


def checked_address(lines: Mapping[str, str], country: str, *, field: str) -> dict[str, str]:
    """The lines of an address with single spaces. lines: those of ADDRESS_LINES. field: of the whole address.

    Raises Violations.
    """
    errors: list[Problem] = []
    checked: dict[str, str] = {}
    for name in ADDRESS_LINES:
        try:
            checked[name] = checked_line(name, lines[name], country, field=f"{field}.{name}")
        except Invalid as problem:
            errors.append(problem)
    if not is_country(country):
        errors.append(CountryUnknown(field=f"{field}.country"))
    if errors:
        raise Violations(errors)
    return checked


def checked_line(name: str, text: str, country: str, *, field: str | None = None) -> str:
    """One line of an address. name: of ADDRESS_LINES. Raises FieldTooLong, FieldMissing, PostalCodeInvalid."""
    line = " ".join(text.split())
    is_belgian = country == HOME_COUNTRY
    if len(line) > ADDRESS_LINES[name] or not line.isprintable():
        raise FieldTooLong(field=field, max_length=ADDRESS_LINES[name])
    if not line and name in (("street", "number", "postal_code", "city") if is_belgian else ("street", "city")):
        raise FieldMissing(field=field)
    if is_belgian and name == "postal_code" and not _BELGIAN_POSTAL_CODE.fullmatch(line):
        raise PostalCodeInvalid(field=field)
    return line


def checked_page(address: str, kind: str, *, field: str | None = None) -> str:
    """`linkedin.com/in/nora` will do: the beginning is put in front. kind: of NETWORKS, or any website. Raises LinkInvalid."""
    text = address.strip()
    url = text if "://" in text else f"https://{text}"
    problem = LinkInvalid(field=field)
    if len(url) > MAX_LINK_CHARS or not url.isprintable() or any(char in url for char in ' "<>\\^`{|}'):
        raise problem
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        raise problem from None
    hosts = NETWORKS.get(kind)
    is_there = "." in host if hosts is None else any(host == known or host.endswith(f".{known}") for known in hosts)
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not is_there:
        raise problem
    return url if hosts is None else f"https://{url.partition('://')[2]}"
