"""The one function that decides whether a card's answer is believed, and whom it names."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from cryptography import x509

from services.identity.eid import algorithms, certificate
from services.identity.eid.cardholder import Cardholder, cardholder_of
from services.identity.eid.refusals import ChallengeMissing, OriginMisconfigured
from services.identity.eid.token import parse_token
from services.identity.eid.trust_store import TrustStore, path_to_root

_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[::1\])(:(?P<port>[1-9][0-9]{0,4}))?"
)
_OWN_MACHINE = ("localhost", "127.0.0.1", "[::1]")
_DEFAULT_PORTS = {"https": "443", "http": "80"}


class Revocation(Protocol):
    """Asks whether a certificate was revoked. Called only once the path to a root is proven: the answer's address comes from it."""

    def __call__(self, leaf: x509.Certificate, issuer: x509.Certificate, *, now: datetime) -> None:
        """Raises CertificateRevoked, or RevocationUnavailable when nobody could say."""
        ...


def validate(
    token: Mapping[str, object] | str,
    *,
    nonce: str,
    origin: str,
    now: datetime,
    trust: TrustStore,
    revocation: Revocation | None = None,
) -> Cardholder:
    """Whom the card names. Raises EidRefused, with the code of the first check that failed, and nothing else.

    nonce: the text of the challenge as the page got it (base64, not decoded). origin: the page's own, `https://host[:port]`.
    now: a time without zone is taken for UTC.
    """
    require_origin(origin)
    if not nonce:
        raise ChallengeMissing()
    auth_token = parse_token(token)
    leaf = certificate.read_leaf(auth_token.certificate)
    algorithms.require_fit(auth_token.algorithm, leaf.key)
    authorities = _trusted_authorities(leaf, now=now, trust=trust, revocation=revocation)
    algorithms.verify_signature(auth_token.algorithm, leaf.key, auth_token.signature, origin=origin, nonce=nonce)
    return cardholder_of(leaf, authorities)


def validate_certificate(
    der: bytes, *, now: datetime, trust: TrustStore, revocation: Revocation | None = None
) -> Cardholder:
    """As `validate`, for a card whose key TLS has proven already: there is no signature of ours to look at. Raises EidRefused."""
    leaf = certificate.read_leaf(der)
    return cardholder_of(leaf, _trusted_authorities(leaf, now=now, trust=trust, revocation=revocation))


def _trusted_authorities(
    leaf: certificate.Leaf, *, now: datetime, trust: TrustStore, revocation: Revocation | None
) -> list[x509.Certificate]:
    """From the card's issuer to the root. Raises EidRefused (steps 3 to 7)."""
    now = now if now.tzinfo is not None else now.replace(tzinfo=UTC)
    certificate.require_purpose(leaf)
    certificate.require_policy(leaf, allowed=trust.accepted_policies, denied=trust.denied_policies)
    certificate.require_dates(leaf, now=now)
    _, *authorities = path_to_root(leaf.certificate, trust, now=now)
    if revocation is not None:
        revocation(leaf.certificate, authorities[0], now=now)
    return authorities


def require_origin(origin: str) -> None:
    """Raises OriginMisconfigured unless it is written as browsers write it: lower case, punycode, no path, no default port.

    A difference would make every card's signature invalid, and nobody would see why.
    """
    match = _ORIGIN.fullmatch(origin)
    if match is None or match["port"] == _DEFAULT_PORTS[match["scheme"]]:
        raise OriginMisconfigured()
    if match["scheme"] == "http" and match["host"] not in _OWN_MACHINE:
        raise OriginMisconfigured()
