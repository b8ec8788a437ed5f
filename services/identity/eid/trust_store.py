"""Whose cards are believed (roots and intermediates), which kinds of them, and the path from a card to a root (step 6)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from services.identity.eid.refusals import CertificateNotTrusted

# Authentication certificates of Belgian foreigners' and citizens' cards, by the generation of their CA.
BELGIAN_FOREIGNER_POLICIES = frozenset(
    {*(f"2.16.56.{generation}.1.1.7.2" for generation in (1, 9, 10, 12)), "2.16.56.13.6.2.1.1000"}
)
BELGIAN_POLICIES = BELGIAN_FOREIGNER_POLICIES | {
    *(f"2.16.56.{generation}.1.1.2.2" for generation in (1, 9, 10, 12)),
    "2.16.56.13.6.1.1.1000",
}

# A card, its issuer, one authority between, a root: nobody's path is longer.
_MAX_INTERMEDIATES = 3
_PATHS_KEPT = 512


@dataclass(frozen=True)
class _Path:
    """authorities: from the card's issuer to the root. They and the card are all within their dates from `begins` to `ends`."""

    authorities: list[x509.Certificate]
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class TrustStore:
    """allowed_policies: None stands for BELGIAN_POLICIES; cards of other countries need their policies listed here.

    Made once and not changed afterwards: it keeps an index of its authorities, and the paths that it found last.
    """

    roots: Sequence[x509.Certificate]
    intermediates: Sequence[x509.Certificate]
    allowed_policies: frozenset[str] | None = None
    denied_policies: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def accepted_policies(self) -> frozenset[str]:
        return BELGIAN_POLICIES if self.allowed_policies is None else self.allowed_policies

    @cached_property
    def anchors(self) -> Store:
        return Store(list(self.roots))

    @cached_property
    def known_paths(self) -> dict[bytes, _Path]:
        """By the fingerprint of a card's certificate; of the card itself nothing is kept."""
        return {}

    @cached_property
    def _by_subject(self) -> Mapping[x509.Name, list[tuple[bytes | None, x509.Certificate]]]:
        index: dict[x509.Name, list[tuple[bytes | None, x509.Certificate]]] = {}
        for certificate in self.intermediates:
            index.setdefault(certificate.subject, []).append((_key_identifier(certificate), certificate))
        return index

    def intermediates_above(self, leaf: x509.Certificate) -> list[x509.Certificate]:
        """Those from which a path could be made: there are hundreds, and each that is tried costs a signature."""
        found: list[x509.Certificate] = []
        below = [leaf]
        for _ in range(_MAX_INTERMEDIATES):
            below = [issuer for certificate in below for issuer in self._issuers_of(certificate)]
            found += [issuer for issuer in below if issuer not in found]
        return found

    def _issuers_of(self, certificate: x509.Certificate) -> Iterator[x509.Certificate]:
        wanted = _authority_key_identifier(certificate)
        for own, candidate in self._by_subject.get(certificate.issuer, ()):
            if wanted is None or own is None or wanted == own:
                yield candidate


def path_to_root(leaf: x509.Certificate, trust: TrustStore, *, now: datetime) -> list[x509.Certificate]:
    """The leaf, its issuers, a configured root. Raises CertificateNotTrusted.

    Authorities are held to the web's rules: keyCertSign, path length, dates, strong keys. Of the leaf only its place in the path is
    checked here: Belgian ones have no alternative name, which those rules would demand; what they must be is `certificate.py`.
    """
    fingerprint = leaf.fingerprint(hashes.SHA256())
    known = trust.known_paths.get(fingerprint)
    if known is None or not known.begins <= now <= known.ends:
        chain = _verified_chain(leaf, trust, now=now)
        known = _Path(
            authorities=chain[1:],
            begins=max(certificate.not_valid_before_utc for certificate in chain),
            ends=min(certificate.not_valid_after_utc for certificate in chain),
        )
        if len(trust.known_paths) >= _PATHS_KEPT:
            trust.known_paths.clear()
        trust.known_paths[fingerprint] = known
    return [leaf, *known.authorities]


def _verified_chain(leaf: x509.Certificate, trust: TrustStore, *, now: datetime) -> list[x509.Certificate]:
    if not trust.roots:
        raise CertificateNotTrusted()
    try:
        verifier = (
            PolicyBuilder()
            .store(trust.anchors)
            .time(now)
            .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
            .build_client_verifier()
        )
        chain = verifier.verify(leaf, trust.intermediates_above(leaf)).chain
    except (VerificationError, ValueError) as error:
        raise CertificateNotTrusted() from error
    # A leaf that is itself configured as trusted has no issuer to ask about its revocation.
    if len(chain) < 2:
        raise CertificateNotTrusted()
    return chain


def _key_identifier(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        return None


def _authority_key_identifier(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except (x509.ExtensionNotFound, ValueError):
        return None
