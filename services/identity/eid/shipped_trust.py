"""Reads trust from files: the Belgian authorities that ship with the service, and folders of an operator or a demo.

A folder has `roots/*.pem` and `intermediates/*.pem`, one certificate a file.
"""

import json
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from services.identity.eid.trust_store import TrustStore

SHIPPED_FOLDER = Path(__file__).parent / "trust"


class TrustRefused(Exception):
    """The service must not start with this trust. The text names the file and what is wrong with it."""


def shipped_trust() -> TrustStore:
    """Belgium's roots in use and the shipped intermediates. Raises TrustRefused when a file is not the one that was pinned.

    Root CA2 is left out: no card of its generation is valid any more.
    """
    pinned: dict[str, dict[str, str]] = json.loads((SHIPPED_FOLDER / "hashes.json").read_text(encoding="utf-8"))
    found = {kind: read_folder(SHIPPED_FOLDER / kind) for kind in ("roots", "intermediates")}
    for kind, certificates in found.items():
        hashes_found = {name: fingerprint(certificate) for name, certificate in certificates.items()}
        if hashes_found != pinned[kind]:
            raise TrustRefused(f"the shipped {kind} in {SHIPPED_FOLDER / kind} are not those in hashes.json")
    return TrustStore(tuple(found["roots"].values()), tuple(found["intermediates"].values()))


def load_trust(folder: Path | None, *, is_production: bool) -> TrustStore:
    """The trust to run with. Raises TrustRefused.

    In production the shipped roots are the only ones: a folder may add intermediates below them, and a root of any other
    authority in it (a test PKI above all) is refused. Elsewhere a folder takes the place of what is shipped.
    """
    if folder is None:
        return shipped_trust()
    roots, intermediates = read_folder(folder / "roots"), read_folder(folder / "intermediates")
    if not is_production:
        if not roots:
            raise TrustRefused(f"{folder / 'roots'} holds no certificate")
        return TrustStore(tuple(roots.values()), tuple(intermediates.values()))
    shipped = shipped_trust()
    known = {fingerprint(root) for root in shipped.roots}
    for name, root in roots.items():
        if fingerprint(root) not in known:
            raise TrustRefused(f"{folder / 'roots' / name} is not a root of the Belgian eID: not for production")
    for name, intermediate in intermediates.items():
        if not any(_is_issued_by(intermediate, root) for root in shipped.roots):
            raise TrustRefused(f"{folder / 'intermediates' / name} was not issued by a root of the Belgian eID")
    return TrustStore(shipped.roots, (*shipped.intermediates, *intermediates.values()))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER, hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def read_folder(folder: Path) -> dict[str, x509.Certificate]:
    """The certificates of a folder by file name. Raises TrustRefused."""
    found: dict[str, x509.Certificate] = {}
    for path in sorted(folder.glob("*.pem")):
        try:
            found[path.name] = x509.load_pem_x509_certificate(path.read_bytes())
        except (ValueError, UnsupportedAlgorithm, OSError) as error:
            raise TrustRefused(f"{path} cannot be read: {error}") from error
    return found
