"""Virtual identity cards of made-up people, and what such a card answers when a site asks who one is.

Nothing here reads or writes anything: tests and `./immo demo` use these functions without the simulator.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import BaseModel, Field

from tools.world.pki import Issuer, issuer_key_identifier, key_usage, list_address, responder_address

Algorithm = Literal["ES384", "RS256"]
Sex = Literal["M", "F"]
Authority = Literal["citizen", "foreigner"]
Condition = Literal["valid", "expired", "revoked"]
CardKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

PIN = "1234"
POLICIES: Mapping[Authority, str] = {"citizen": "2.16.56.12.1.1.2.2", "foreigner": "2.16.56.12.1.1.7.2"}
CERTIFICATE_STATEMENT = "https://example.invalid/eid-test-cards"
LIFE = timedelta(days=3652)
EXPIRED_SINCE = timedelta(days=30)
COORDINATE_BYTES = 48
FORMAT = "web-eid:1.0"
APP_VERSION = "https://web-eid.eu/web-eid-app/releases/2.7.0+virtual"


class Person(BaseModel):
    """A made-up person; the national number holds birth date and sex."""

    first_name: str = Field(min_length=1, max_length=80)
    last_name: str = Field(min_length=1, max_length=80)
    national_number: str = Field(pattern=r"^\d{11}$")


class Card(BaseModel):
    """certificate: base64 DER. private_key_pkcs8: base64, not encrypted: a virtual card keeps no secret."""

    card_id: str
    certificate: str
    private_key_pkcs8: str
    national_number: str
    first_name: str
    last_name: str
    algorithm: Algorithm
    authority: Authority = "citizen"
    condition: Condition = "valid"
    pin: str = PIN


def national_number(birth: date, sex: Sex, counter: int) -> str:
    """Return the eleven digits for someone born on a day. counter: 0..498, the how-manieth of that sex that day.

    Source: royal decree of 3 April 1984; the check number of those born from 2000 is taken with a 2 in front.
    """
    assert 0 <= counter <= 498, "a day has 499 numbers for each sex"
    serial = counter * 2 + (1 if sex == "M" else 2)
    nine = f"{birth:%y%m%d}{serial:03d}"
    century = "2" if birth.year >= 2000 else ""
    return f"{nine}{97 - int(century + nine) % 97:02d}"


def issue_card(
    person: Person,
    issuer: Issuer,
    *,
    authority: Authority,
    algorithm: Algorithm,
    condition: Condition,
    ocsp_url: str,
    crl_url: str,
    now: datetime,
) -> Card:
    """Return a card with a leaf as Belgian ones are: no alternative name, no basic constraints, no own key identifier."""
    key = _new_key(algorithm)
    begins = now - LIFE - EXPIRED_SINCE if condition == "expired" else now - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_subject(person))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(begins, issuer.certificate.not_valid_before_utc))
        .not_valid_after(begins + LIFE)
        .add_extension(issuer_key_identifier(issuer.certificate), critical=False)
        .add_extension(key_usage("digital_signature"), critical=True)
        .add_extension(_policies(authority), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(responder_address(ocsp_url), critical=False)
        .add_extension(list_address(crl_url), critical=False)
        .sign(issuer.key, hashes.SHA384())
    )
    return Card(
        card_id=f"{certificate.serial_number:x}",
        certificate=base64.b64encode(certificate.public_bytes(Encoding.DER)).decode(),
        private_key_pkcs8=_pkcs8(key),
        algorithm=algorithm,
        authority=authority,
        condition=condition,
        **person.model_dump(),
    )


def sign_token(card: Card | Mapping[str, Any], origin: str, nonce: str) -> dict[str, str]:
    """Return the Web eID token of a card for an origin (`https://host[:port]`, no slash) and a nonce (its base64 text).

    Signed is `H(origin) || H(nonce)`; the signature of a P-384 key is raw R||S, 96 bytes.
    """
    held = card if isinstance(card, Card) else Card.model_validate(card)
    algorithm = hashes.SHA384() if held.algorithm == "ES384" else hashes.SHA256()
    signed = _digest(origin, algorithm) + _digest(nonce, algorithm)
    key = load_der_private_key(base64.b64decode(held.private_key_pkcs8), password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(algorithm)))
        signature = r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")
    else:
        assert isinstance(key, rsa.RSAPrivateKey)
        signature = key.sign(signed, padding.PKCS1v15(), algorithm)
    return {
        "unverifiedCertificate": held.certificate,
        "algorithm": held.algorithm,
        "signature": base64.b64encode(signature).decode(),
        "format": FORMAT,
        "appVersion": APP_VERSION,
    }


def _digest(text: str, algorithm: hashes.HashAlgorithm) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(text.encode())
    return digest.finalize()


def _new_key(algorithm: Algorithm) -> CardKey:
    if algorithm == "ES384":
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pkcs8(key: CardKey) -> str:
    return base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


def _subject(person: Person) -> x509.Name:
    first = person.first_name.split()[0]
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{first} {person.last_name} (Authentication)"[:64]),
            x509.NameAttribute(NameOID.SURNAME, person.last_name),
            x509.NameAttribute(NameOID.GIVEN_NAME, person.first_name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, person.national_number),
        ]
    )


def _policies(authority: Authority) -> x509.CertificatePolicies:
    policy = x509.ObjectIdentifier(POLICIES[authority])
    return x509.CertificatePolicies([x509.PolicyInformation(policy, [CERTIFICATE_STATEMENT])])


def now_utc() -> datetime:
    return datetime.now(UTC)
