"""What "my data" may hold. Pure: time is an argument."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeVar

from services.identity.accounts.names import clean_name
from services.identity.accounts.rules import Account, locked_fields
from services.identity.profiles.problems import BirthDateInvalid, FieldLocked
from shared.contact import ADDRESS_LINES, HOME_COUNTRY, CountryUnknown, checked_address, checked_page
from shared.countries import is_country
from shared.errors import Problem, Violations
from shared.events.identity import Language
from shared.phones import MAX_EXTENSION_CHARS, checked_number

Salutation = Literal["mr", "ms", "mx"]
Sex = Literal["male", "female"]
OfficialLanguage = Literal["fr", "nl", "de"]
PhoneKind = Literal["mobile", "home", "work", "fax"]
AddressKind = Literal["home", "work", "invoice"]
LinkKind = Literal["linkedin", "facebook", "instagram", "x", "youtube", "tiktok", "website"]

FIRST_BIRTH_YEAR = 1900
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
    found = checked_number(phone.number, field=f"{at}.number", region=region)
    extension = found.extension or re.sub(r"\D", "", phone.extension)
    return replace(phone, number=found.number, extension=extension[:MAX_EXTENSION_CHARS])


def check_address(address: Address, at: str) -> Address:
    """Raises Violations."""
    lines = {name: str(getattr(address, name)) for name in ADDRESS_LINES}
    return replace(address, **checked_address(lines, address.country, field=at))


def check_link(link: Link, at: str) -> Link:
    """Raises LinkInvalid."""
    return replace(link, url=checked_page(link.url, link.kind, field=f"{at}.url"))


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
