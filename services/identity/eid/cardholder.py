"""The person as the card's certificate names them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from services.identity.eid.certificate import Leaf
from services.identity.eid.national_number import Sex, read_national_number
from services.identity.eid.refusals import CertificateUnreadable
from services.identity.eid.trust_store import BELGIAN_FOREIGNER_POLICIES

_MAX_NAME_CHARS = 200
_ENDING_CHARS = 4


@dataclass(frozen=True)
class Cardholder:
    """national_number: eleven digits, None where the card is not a Belgian one. It is never shown, so `repr` leaves people out.

    first_names: all that the card has, with spaces between; may be empty, some people have none. subject: RFC 4514.
    certificate_sha256: hexadecimal, of the DER. certificate_ending: the end of its serial number, for people to tell cards apart.
    issuer_country, identifier: who issued the card, and the serial number that it gives its holder, to recognise holders of other
    countries' cards: an identifier means something together with its country only. issuer_country is the one country that the
    authorities above the card name, None where they name none or several: then nobody vouches for the identifier.
    """

    national_number: str | None = field(repr=False)
    first_names: str = field(repr=False)
    last_name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: Sex | None = field(repr=False)
    certificate_sha256: str
    country: str | None = None
    subject: str = field(default="", repr=False)
    issuer_country: str | None = None
    identifier: str | None = field(default=None, repr=False)
    certificate_ending: str = ""
    valid_until: datetime | None = None


def cardholder_of(leaf: Leaf, authorities: Sequence[x509.Certificate]) -> Cardholder:
    """authorities: those above the card, up to the root. Raises CertificateUnreadable when the certificate names nobody."""
    first_names, last_name = _names(leaf.subject)
    country = _country(leaf.subject)
    issuer_countries = {named for authority in authorities if (named := _country(authority.subject))}
    identifier = _single(leaf.subject, NameOID.SERIAL_NUMBER)
    number = None
    if _is_belgian(leaf, country, issuer_countries):
        number = read_national_number(identifier or "")
    return Cardholder(
        national_number=number.number if number else None,
        first_names=first_names,
        last_name=last_name,
        birth_date=number.birth_date if number else None,
        sex=number.sex if number else None,
        certificate_sha256=leaf.certificate.fingerprint(hashes.SHA256()).hex(),
        country=country,
        subject=leaf.subject.rfc4514_string(),
        issuer_country=next(iter(issuer_countries)) if len(issuer_countries) == 1 else None,
        identifier=identifier,
        certificate_ending=f"{leaf.certificate.serial_number:x}"[-_ENDING_CHARS:].upper(),
        valid_until=leaf.not_after,
    )


def _is_belgian(leaf: Leaf, country: str | None, issuer_countries: set[str]) -> bool:
    """Whether its serial number can be a Belgian one: other countries have eleven digits too, and one in 97 of those would pass.

    On the card of a foreigner living in Belgium the country may be that of their nationality. An authority of another country in
    the path ends it, whatever the card says of itself.
    """
    if issuer_countries - {"BE"}:
        return False
    return country == "BE" or ("BE" in issuer_countries and bool(leaf.policies & BELGIAN_FOREIGNER_POLICIES))


def _country(name: x509.Name) -> str | None:
    """Upper case, as ISO 3166 has it."""
    country = _single(name, NameOID.COUNTRY_NAME)
    return country.upper() if country else None


def _names(subject: x509.Name) -> tuple[str, str]:
    first_names = _clean(_single(subject, NameOID.GIVEN_NAME) or "")
    last_name = _clean(_single(subject, NameOID.SURNAME) or "")
    if not last_name:
        last_name = _clean((_single(subject, NameOID.COMMON_NAME) or "").removesuffix("(Authentication)"))
    if not last_name:
        raise CertificateUnreadable()
    return first_names, last_name


def _single(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    """The attribute's text if there is exactly one: with two, each reader could believe another."""
    values = [attribute.value for attribute in name.get_attributes_for_oid(oid)]
    return values[0] if len(values) == 1 and isinstance(values[0], str) else None


def _clean(text: str) -> str:
    """One line without control characters, in the usual composition."""
    printable = "".join(char if char.isprintable() else " " for char in unicodedata.normalize("NFC", text))
    return " ".join(printable.split())[:_MAX_NAME_CHARS]
