"""The trust to run with: the Belgian authorities that ship with the service, and what an operator's or a demo's folder adds."""

from collections.abc import Mapping
from pathlib import Path

from cryptography import x509

from services.identity.eid.imitations import test_mark
from services.identity.eid.trust_files import (
    PINS,
    TrustFolder,
    TrustRefused,
    fingerprint,
    issuers_of,
    read_trust_folder,
)
from services.identity.eid.trust_store import TrustStore

__all__ = ["SHIPPED_FOLDER", "TrustRefused", "load_trust", "shipped_folder", "shipped_trust"]

SHIPPED_FOLDER = Path(__file__).parent / "trust"


def shipped_folder() -> TrustFolder:
    """Raises TrustRefused unless each file is there and is the one that was pinned, and no other is."""
    folder = read_trust_folder(SHIPPED_FOLDER)
    for kind in folder.pins:
        if set(folder.of(kind)) != set(folder.pins[kind]):
            raise TrustRefused(f"the shipped {kind} in {SHIPPED_FOLDER / kind} are not those in {PINS}")
    return folder


def shipped_trust() -> TrustStore:
    """Belgium's roots in use and the shipped intermediates. Raises TrustRefused when a file is not the one that was pinned.

    Root CA2 is left out: no card of its generation is valid any more.
    """
    folder = shipped_folder()
    return TrustStore(tuple(folder.roots.values()), tuple(folder.intermediates.values()))


def load_trust(folder: Path | None, *, is_production: bool) -> TrustStore:
    """The trust in Belgian cards to run with. Raises TrustRefused.

    In production the shipped roots are the only ones: a folder may add intermediates below them, and a root of any other
    authority in it (a test PKI above all) is refused. Elsewhere a folder takes the place of what is shipped.
    """
    if folder is None:
        return shipped_trust()
    found = read_trust_folder(folder)
    if is_production:
        return _shipped_with(found)
    if not found.roots:
        raise TrustRefused(f"{folder / 'roots'} holds no certificate")
    return TrustStore(tuple(found.roots.values()), tuple(found.intermediates.values()))


def _shipped_with(added: TrustFolder) -> TrustStore:
    """Each added file is proven to be Belgium's anew: a pin says that it was not exchanged, not that it was right."""
    shipped = shipped_folder()
    known = {fingerprint(root) for root in shipped.roots.values()}
    for name, root in added.roots.items():
        if fingerprint(root) not in known:
            mark = test_mark(root)
            reason = f" ({mark})" if mark else ""
            raise TrustRefused(
                f"{added.path / 'roots' / name} is not a root of the Belgian eID{reason}: not for production"
            )
    for name, intermediate in added.intermediates.items():
        if not issuers_of(intermediate, shipped.roots.values()):
            raise TrustRefused(
                f"{added.path / 'intermediates' / name} was not issued by a root of the Belgian eID: not for production"
            )
    intermediates = _by_fingerprint(shipped.intermediates) | _by_fingerprint(added.intermediates)
    return TrustStore(tuple(shipped.roots.values()), tuple(intermediates.values()))


def _by_fingerprint(certificates: Mapping[str, x509.Certificate]) -> dict[str, x509.Certificate]:
    return {fingerprint(certificate): certificate for certificate in certificates.values()}
