"""What an organisation may tell of itself. Pure."""

from dataclasses import dataclass, fields
from typing import Literal

from shared.errors import Conflict, Invalid, Problem, Violations
from shared.markers import N_

LegalForm = Literal[
    "private-limited",
    "public-limited",
    "cooperative",
    "general-partnership",
    "limited-partnership",
    "partnership",
    "sole-trader",
    "non-profit",
    "international-non-profit",
    "foundation",
    "co-owners",
    "public-body",
    "foreign",
    "other",
]
Language = Literal["fr", "nl", "en", "de"]
AddressKind = Literal["billing", "postal", "branch"]
LinkKind = Literal["linkedin", "facebook", "instagram", "x", "youtube", "tiktok", "website"]

MAX_ADDRESSES, MAX_LINKS = 20, 10
MAX_ACTIVITY_CHARS, MAX_DESCRIPTION_CHARS = 200, 2000
_ONCE: tuple[AddressKind, ...] = ("billing", "postal")


@dataclass(frozen=True)
class Address:
    """country: ISO 3166-1 alpha-2. number, box: of the house; empty where there is none, as the postal code abroad."""

    street: str
    number: str
    box: str
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True)
class FurtherAddress(Address):
    kind: AddressKind


@dataclass(frozen=True)
class Link:
    kind: LinkKind
    url: str


@dataclass(frozen=True)
class OrganisationData:
    """version: of these data as whoever sends them saw them. address: the registered seat. languages: in which one can speak to them."""

    version: int
    name: str
    legal_form: LegalForm | None
    activity: str
    description: str
    languages: tuple[Language, ...]
    email: str
    phone: str | None
    fax: str | None
    website: str | None
    address: Address
    addresses: tuple[FurtherAddress, ...]
    links: tuple[Link, ...]


class OrganisationChangedMeanwhile(Conflict):
    """params: version, the present one."""

    code = "organisation-changed-meanwhile"
    message = N_("Another manager changed these data since you opened this page. Nothing of yours is saved yet.")


class AddressKindTwice(Invalid):
    code = "address-kind-twice"
    message = N_("There is one address of this kind already.")


class DescriptionInvalid(Invalid):
    """params: max_length."""

    code = "description-invalid"
    message = N_("Use plain text of at most {max_length} characters.")


def check(data: OrganisationData) -> None:
    """Raises Violations."""
    seen: set[AddressKind] = set()
    errors: list[Problem] = []
    for at, address in enumerate(data.addresses):
        if address.kind in _ONCE and address.kind in seen:
            errors.append(AddressKindTwice(field=f"addresses.{at}.kind"))
        seen.add(address.kind)
    if errors:
        raise Violations(errors)


def clean_description(text: str) -> str:
    """Lines end as on one kind of computer, and there is never more than one empty line. Raises DescriptionInvalid."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    kept = [line for at, line in enumerate(lines) if line or lines[at - 1]]
    cleaned = "\n".join(kept)
    if len(cleaned) > MAX_DESCRIPTION_CHARS or not all(map(str.isprintable, kept)):
        raise DescriptionInvalid(max_length=MAX_DESCRIPTION_CHARS)
    return cleaned


def changed_fields(before: OrganisationData, after: OrganisationData) -> list[str]:
    """The names of what differs, but for the version."""
    names = (field.name for field in fields(OrganisationData) if field.name != "version")
    return [name for name in names if getattr(before, name) != getattr(after, name)]
