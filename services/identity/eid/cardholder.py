"""The person as the card's certificate names them."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from services.identity.eid.certificate import Leaf
from services.identity.eid.national_number import Sex, read_national_number
from services.identity.eid.refusals import CertificateUnreadable

_MAX_NAME_CHARS = 200
_ENDING_CHARS = 4


@dataclass(frozen=True)
class Cardholder:
    """national_number: eleven digits, None where the card is not a Belgian one. It is never shown, so `repr` leaves people out.

    first_names: all that the card has, with spaces between; may be empty, some people have none. subject: RFC 4514.
    certificate_sha256: hexadecimal, of the DER. certificate_ending: the end of its serial number, for people to tell cards apart.
    issuer_country, identifier: who issued the card, and the serial number that it gives its holder, to recognise holders of other
    countries' cards.
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


def cardholder_of(leaf: Leaf) -> Cardholder:
    """Raises CertificateUnreadable when the certificate names nobody."""
    first_names, last_name = _names(leaf.subject)
    country = _single(leaf.subject, NameOID.COUNTRY_NAME)
    issuer_country = _single(leaf.issuer, NameOID.COUNTRY_NAME)
    identifier = _single(leaf.subject, NameOID.SERIAL_NUMBER)
    number = None
    # Other countries have eleven-digit numbers too, and one in 97 of those would pass for a Belgian one.
    if "BE" in (country, issuer_country):
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
        issuer_country=issuer_country,
        identifier=identifier,
        certificate_ending=f"{leaf.certificate.serial_number:x}"[-_ENDING_CHARS:].upper(),
        valid_until=leaf.not_after,
    )


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
