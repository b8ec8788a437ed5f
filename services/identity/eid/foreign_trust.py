"""Authorities of other countries whose cards an operator chose to accept. Off unless configured; never a word about Belgian numbers."""

from collections.abc import Mapping, Set
from pathlib import Path

from cryptography import x509

from services.identity.eid.imitations import test_mark
from services.identity.eid.rules import BELGIUM
from services.identity.eid.trust_files import (
    TrustFolder,
    TrustRefused,
    country_of,
    is_self_issued,
    issuers_of,
    read_trust_folder,
)
from services.identity.eid.trust_store import BELGIAN_POLICIES, TrustStore


def load_foreign_trust(folder: Path | None, policies: Set[str], *, is_production: bool = False) -> TrustStore | None:
    """None where no folder is given. policies: of their authentication certificates; without any, no card could be told from a
    signing certificate. Raises TrustRefused.

    In production nothing vouches for another country's root but the operator, who has pinned it by its hash.
    """
    if folder is None:
        return None
    found = read_trust_folder(folder)
    if not found.roots:
        raise TrustRefused(f"{folder / 'roots'} holds no certificate")
    if not policies or policies & BELGIAN_POLICIES:
        raise TrustRefused("IMMO_IDENTITY_EID_FOREIGN_POLICIES names no policy, or a Belgian one")
    for kind, name, certificate in found.files():
        if country_of(certificate) in (None, BELGIUM):
            raise TrustRefused(f"{folder}: {name} does not name a country other than Belgium")
        mark = test_mark(certificate) if is_production else None
        if mark is not None:
            raise TrustRefused(f"{folder / kind / name} is a test authority ({mark}): not for production")
    _require_roots(found, is_production=is_production)
    _require_chains(found.intermediates, found)
    return TrustStore(
        tuple(found.roots.values()), tuple(found.intermediates.values()), allowed_policies=frozenset(policies)
    )


def _require_roots(folder: TrustFolder, *, is_production: bool) -> None:
    for name, root in folder.roots.items():
        if not is_self_issued(root):
            raise TrustRefused(f"{folder.path / 'roots' / name} is not a root: another authority issued it")
        if is_production and not folder.is_pinned("roots", name):
            raise TrustRefused(f"{folder.path / 'roots' / name} is not pinned: add it with ./immo eid-trust add")


def _require_chains(intermediates: Mapping[str, x509.Certificate], folder: TrustFolder) -> None:
    """Up to a root, each in its own country: no authority speaks for a neighbour."""
    authorities = [*folder.roots.values(), *folder.intermediates.values()]
    for name, intermediate in intermediates.items():
        issuers = issuers_of(intermediate, authorities)
        if not any(country_of(issuer) == country_of(intermediate) for issuer in issuers):
            raise TrustRefused(f"{folder.path / 'intermediates' / name} was not issued by an authority of its country")
