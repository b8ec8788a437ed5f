"""The card's own certificate: readable, for signing in, of an accepted kind, within its dates (steps 2 to 5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.identity.eid.refusals import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
    PolicyNotAllowed,
    WrongPurpose,
)

MIN_RSA_BITS = 2048
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})

# What the parser raises on odd DER, much of it only when a part is looked at.
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)

Extension = TypeVar("Extension", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Leaf:
    """All that is looked at of a card's certificate, read at once so that nothing can fail to parse later."""

    certificate: x509.Certificate
    key: object
    subject: x509.Name
    issuer: x509.Name
    not_before: datetime
    not_after: datetime
    usage: x509.KeyUsage | None
    extended_usage: frozenset[str] | None
    is_authority: bool
    policies: frozenset[str]


def read_leaf(der: bytes) -> Leaf:
    """Raises CertificateUnreadable, whatever the bytes are."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        extended = extension_of(certificate, x509.ExtendedKeyUsage)
        constraints = extension_of(certificate, x509.BasicConstraints)
        policies = extension_of(certificate, x509.CertificatePolicies)
        return Leaf(
            certificate=certificate,
            key=certificate.public_key(),
            subject=certificate.subject,
            issuer=certificate.issuer,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            usage=extension_of(certificate, x509.KeyUsage),
            extended_usage=None if extended is None else frozenset(oid.dotted_string for oid in extended),
            is_authority=constraints is not None and constraints.ca,
            policies=frozenset(policy.policy_identifier.dotted_string for policy in policies or ()),
        )
    except UNREADABLE as error:
        raise CertificateUnreadable() from error


def require_purpose(leaf: Leaf) -> None:
    """Raises WrongPurpose unless the certificate is a person's, for signing in, with a key of sufficient strength."""
    may_sign = leaf.usage is not None and leaf.usage.digital_signature
    may_authenticate = (
        leaf.extended_usage is None or ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string in leaf.extended_usage
    )
    if not (may_sign and may_authenticate and not leaf.is_authority and is_strong(leaf.key)):
        raise WrongPurpose()


def require_policy(leaf: Leaf, *, allowed: frozenset[str], denied: frozenset[str]) -> None:
    """Raises PolicyNotAllowed. One policy that is allowed suffices; one that is denied decides."""
    if not leaf.policies & allowed or leaf.policies & denied:
        raise PolicyNotAllowed()


def require_dates(leaf: Leaf, *, now: datetime) -> None:
    """Raises CertificateNotYetValid or CertificateExpired. Both ends belong to the validity."""
    if now < leaf.not_before:
        raise CertificateNotYetValid()
    if now > leaf.not_after:
        raise CertificateExpired()


def is_strong(key: object) -> bool:
    """RSA from 2048 bits, or one of the three usual curves."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name in CURVES
    return isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS


def extension_of(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    """Raises one of UNREADABLE where the extensions cannot be parsed."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
