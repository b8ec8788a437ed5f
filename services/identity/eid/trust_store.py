"""Whose cards are believed (roots and intermediates), which kinds of them, and the path from a card to a root (step 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from services.identity.eid.refusals import CertificateNotTrusted

# Authentication certificates of Belgian citizens' (2) and foreigners' (7) cards, by the generation of their CA.
BELGIAN_POLICIES = frozenset(
    {f"2.16.56.{generation}.1.1.{kind}.2" for generation in (1, 9, 10, 12) for kind in (2, 7)}
    | {f"2.16.56.13.6.{kind}.1.1000" for kind in (1, 2)}
)


@dataclass(frozen=True)
class TrustStore:
    """allowed_policies: None stands for BELGIAN_POLICIES; cards of other countries need their policies listed here."""

    roots: Sequence[x509.Certificate]
    intermediates: Sequence[x509.Certificate]
    allowed_policies: frozenset[str] | None = None
    denied_policies: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def accepted_policies(self) -> frozenset[str]:
        return BELGIAN_POLICIES if self.allowed_policies is None else self.allowed_policies


def path_to_root(leaf: x509.Certificate, trust: TrustStore, *, now: datetime) -> list[x509.Certificate]:
    """The leaf, its issuers, a configured root. Raises CertificateNotTrusted.

    Authorities are held to the web's rules: keyCertSign, path length, dates, strong keys. Of the leaf only its place in the path is
    checked here: Belgian ones have no alternative name, which those rules would demand; what they must be is `certificate.py`.
    """
    if not trust.roots:
        raise CertificateNotTrusted()
    verifier = (
        PolicyBuilder()
        .store(Store(list(trust.roots)))
        .time(now)
        .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        chain = verifier.verify(leaf, list(trust.intermediates)).chain
    except (VerificationError, ValueError) as error:
        raise CertificateNotTrusted() from error
    # A leaf that is itself configured as trusted has no issuer to ask about its revocation.
    if len(chain) < 2:
        raise CertificateNotTrusted()
    return chain
