"""What "my data" may hold. Pure: time is an argument."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import phonenumbers

from services.identity.accounts.names import clean_name
from services.identity.accounts.rules import Account, locked_fields
from services.identity.profiles.problems import (
    BirthDateInvalid,
    CountryUnknown,
    FieldLocked,
    FieldMissing,
    FieldTooLong,
    LinkInvalid,
    PhoneInvalid,
    PostalCodeInvalid,
)
from shared.countries import is_country
from shared.errors import Problem, Violations
from shared.events.identity import Language

Salutation = Literal["mr", "ms", "mx"]
Sex = Literal["male", "female"]
OfficialLanguage = Literal["fr", "nl", "de"]
PhoneKind = Literal["mobile", "home", "work", "fax"]
AddressKind = Literal["home", "work", "invoice"]
LinkKind = Literal["linkedin", "facebook", "instagram", "x", "youtube", "tiktok", "website"]

HOME_COUNTRY = "BE"
FIRST_BIRTH_YEAR = 1900
MAX_LINE_CHARS, MAX_SHORT_CHARS, MAX_LINK_CHARS = 120, 20, 300
_BELGIAN_POSTAL_CODE = re.compile(r"[1-9]\d{3}")
_HOSTS: dict[str, tuple[str, ...]] = {
    "linkedin": ("linkedin.com",),
    "facebook": ("facebook.com", "fb.com"),
    "instagram": ("instagram.com",),
    "x": ("x.com", "twitter.com"),
    "youtube": ("youtube.com", "youtu.be"),
    "tiktok": ("tiktok.com",),
}
Item = TypeVar("Item")


@dataclass(frozen=True)
class Phone:
    """number: E.164 once checked. extension: digits, or empty."""

    kind: PhoneKind
    number: str
    extension: str = ""


@dataclass(frozen=True)
class Address:
    """country: ISO 3166-1 alpha-2. number, box: of the house; countries without them put all into the street."""

    kind: AddressKind
    street: str
    number: str
    box: str
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True)
class Link:
    """url: https, of a page at the network that `kind` names."""

    kind: LinkKind
    url: str


@dataclass(frozen=True)
class MyData:
    """version: of the profile as the person saw it; 0 before anything was saved."""

    version: int
    salutation: Salutation | None
    first_name: str
    last_name: str
    sex: Sex | None
    birth_date: date | None
    country: str | None
    official_language: OfficialLanguage | None
    language: Language
    phones: tuple[Phone, ...]
    addresses: tuple[Address, ...]
    links: tuple[Link, ...]


def check(data: MyData, account: Account, *, today: date) -> MyData:
    """The data in the form in which they are kept. Raises Violations with everything that is wrong, field by field."""
    errors: list[Problem] = []
    for name in locked_fields(account):
        if getattr(data, name) != getattr(account, name):
            errors.append(FieldLocked(field=name))
    if data.birth_date and not date(FIRST_BIRTH_YEAR, 1, 1) <= data.birth_date <= today:
        errors.append(BirthDateInvalid(field="birth_date"))
    if data.country is not None and not is_country(data.country):
        errors.append(CountryUnknown(field="country"))
    region = data.country or HOME_COUNTRY
    phones = _each(errors, "phones", data.phones, lambda phone, at: check_phone(phone, at, region=region))
    addresses = _each(errors, "addresses", data.addresses, check_address)
    links = _each(errors, "links", data.links, check_link)
    checked = replace(data, phones=phones, addresses=addresses, links=links)
    if not account.is_eid_linked:
        checked = _with_clean_names(errors, checked)
    if errors:
        raise Violations(errors)
    return checked


def check_phone(phone: Phone, at: str, *, region: str) -> Phone:
    """region: the country of a number without one. Raises PhoneInvalid."""
    try:
        number = phonenumbers.parse(phone.number[:100], region)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid(field=f"{at}.number", example=_example(region)) from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneInvalid(field=f"{at}.number", example=_example(region))
    extension = number.extension or re.sub(r"\D", "", phone.extension)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return replace(phone, number=written, extension=extension[:8])


def written_phone(phone: Phone) -> str:
    """As one reads it aloud: +32 2 123 45 67."""
    number = phonenumbers.parse(phone.number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def check_address(address: Address, at: str) -> Address:
    """Raises Violations."""
    errors: list[Problem] = []
    limits = {"street": MAX_LINE_CHARS, "city": MAX_LINE_CHARS}
    limits |= dict.fromkeys(("number", "box", "postal_code"), MAX_SHORT_CHARS)
    lines = {name: " ".join(str(getattr(address, name)).split()) for name in limits}
    for name, max_length in limits.items():
        if len(lines[name]) > max_length or not lines[name].isprintable():
            errors.append(FieldTooLong(field=f"{at}.{name}", max_length=max_length))
    is_belgian = address.country == HOME_COUNTRY
    needed = ("street", "number", "postal_code", "city") if is_belgian else ("street", "city")
    errors += [FieldMissing(field=f"{at}.{name}") for name in needed if not lines[name]]
    if is_belgian and lines["postal_code"] and not _BELGIAN_POSTAL_CODE.fullmatch(lines["postal_code"]):
        errors.append(PostalCodeInvalid(field=f"{at}.postal_code"))
    if not is_country(address.country):
        errors.append(CountryUnknown(field=f"{at}.country"))
    if errors:
        raise Violations(errors)
    return replace(address, **lines)


def check_link(link: Link, at: str) -> Link:
    """`linkedin.com/in/nora` will do: the beginning is put in front. Raises LinkInvalid."""
    text = link.url.strip()
    url = text if "://" in text else f"https://{text}"
    problem = LinkInvalid(field=f"{at}.url")
    if len(url) > MAX_LINK_CHARS or not url.isprintable() or any(char in url for char in ' "<>\\^`{|}'):
        raise problem
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        raise problem from None
    hosts = _HOSTS.get(link.kind)
    is_there = "." in host if hosts is None else any(host == known or host.endswith(f".{known}") for known in hosts)
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not is_there:
        raise problem
    return replace(link, url=url if hosts is None else f"https://{url.partition('://')[2]}")


def _with_clean_names(errors: list[Problem], data: MyData) -> MyData:
    for name in ("first_name", "last_name"):
        try:
            data = replace(data, **{name: clean_name(getattr(data, name), field=name)})
        except Problem as problem:
            errors.append(problem)
    return data


def _each(
    errors: list[Problem], name: str, items: Sequence[Item], check_one: Callable[[Item, str], Item]
) -> tuple[Item, ...]:
    checked: list[Item] = []
    for index, item in enumerate(items):
        try:
            checked.append(check_one(item, f"{name}.{index}"))
        except Violations as violations:
            errors += violations.errors
        except Problem as problem:
            errors.append(problem)
    return tuple(checked)


def _example(region: str) -> str:
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.FIXED_LINE)
    if number is None:
        return "+32 2 555 12 12"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
