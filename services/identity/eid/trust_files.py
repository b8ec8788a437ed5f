"""Folders of authorities: `roots/*.pem` and `intermediates/*.pem`, one certificate a file, and `hashes.json`, which pins them.

The shipped folder is one, an operator's is one, and so is that of other countries' authorities.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from services.identity.eid.certificate import UNREADABLE

Kind = Literal["roots", "intermediates"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PINS = "hashes.json"

Certificates = dict[str, x509.Certificate]
Pins = dict[Kind, dict[str, str]]


def empty_pins() -> Pins:
    return {"roots": {}, "intermediates": {}}


class TrustRefused(Exception):
    """The service must not start with this trust. The text names the file and what is wrong with it."""


@dataclass(frozen=True)
class TrustFolder:
    """Certificates and pins (SHA-256 of the DER, hexadecimal) by file name."""

    path: Path
    roots: Certificates = field(default_factory=Certificates)
    intermediates: Certificates = field(default_factory=Certificates)
    pins: Pins = field(default_factory=empty_pins)

    def of(self, kind: Kind) -> Certificates:
        return self.roots if kind == "roots" else self.intermediates

    def files(self) -> Iterator[tuple[Kind, str, x509.Certificate]]:
        for kind in KINDS:
            for name, certificate in self.of(kind).items():
                yield kind, name, certificate

    def is_pinned(self, kind: Kind, name: str) -> bool:
        return name in self.pins[kind]

    def require_pins(self) -> None:
        """Raises TrustRefused where a file is not the one that was pinned. Files without a pin are left to the caller."""
        for kind, name, certificate in self.files():
            if self.pins[kind].get(name, fingerprint(certificate)) != fingerprint(certificate):
                raise TrustRefused(f"{self.path / kind / name} is not the certificate that is pinned in {PINS}")


def read_trust_folder(path: Path) -> TrustFolder:
    """Raises TrustRefused for what cannot be read, and for what is not as it was pinned."""
    folder = TrustFolder(path, read_folder(path / "roots"), read_folder(path / "intermediates"), read_pins(path))
    folder.require_pins()
    return folder


def read_folder(folder: Path) -> Certificates:
    """Raises TrustRefused."""
    found: Certificates = {}
    for path in sorted(folder.glob("*.pem")):
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
            # Read now what is looked at later, so that an odd one is named here, and is no riddle there.
            _ = certificate.subject, certificate.issuer, certificate.extensions, certificate.public_key()
        except (*UNREADABLE, OSError) as error:
            raise TrustRefused(f"{path} cannot be read: {error}") from error
        found[path.name] = certificate
    return found


def read_pins(folder: Path) -> Pins:
    """Raises TrustRefused."""
    path = folder / PINS
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return empty_pins()
    except (OSError, ValueError) as error:
        raise TrustRefused(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise TrustRefused(f"{path} is not a list of pins")
    pins = empty_pins()
    for kind in KINDS:
        listed = cast(Mapping[str, object], content).get(kind, {})
        if not isinstance(listed, dict):
            raise TrustRefused(f"{path} is not a list of pins")
        pins[kind] = {str(name): str(pin) for name, pin in cast(Mapping[object, object], listed).items()}
    return pins


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER, hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def country_of(certificate: x509.Certificate) -> str | None:
    """The one that its subject names, in upper case."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return str(found[0].value).upper() if len(found) == 1 else None


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def is_self_issued(certificate: x509.Certificate) -> bool:
    """A root, as far as names go. The signature that it made on itself proves nothing, and older ones made it with SHA-1."""
    return certificate.subject == certificate.issuer


def issuers_of(certificate: x509.Certificate, candidates: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    """Those that really signed it."""
    named = [candidate for candidate in candidates if candidate.subject == certificate.issuer]
    return [candidate for candidate in named if is_issued_by(certificate, candidate)]
