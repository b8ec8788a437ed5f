"""What an operator does with authorities: look at certificates, take over those that belong, and see what is trusted.

Files only; a running service notices by itself (`live_trust.py`).
"""

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from services.identity.eid.certificate import UNREADABLE, extension_of, is_strong
from services.identity.eid.imitations import test_mark
from services.identity.eid.revocation.signatures import STRONG_HASHES
from services.identity.eid.trust_files import (
    KINDS,
    PINS,
    Kind,
    TrustFolder,
    country_of,
    fingerprint,
    is_self_issued,
    issuers_of,
    read_trust_folder,
)

SUFFIXES = (".pem", ".crt", ".cer", ".der")
MAX_FILE_BYTES = 4 * 1024 * 1024
SOON = timedelta(days=180)
BELGIUM = "BE"
_PEM = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Source:
    """certificate: None where the file cannot be read as one."""

    name: str
    certificate: x509.Certificate | None


@dataclass(frozen=True)
class Entry:
    """A certificate as the operator is shown it. trouble: why it must not be trusted. warning: what to know all the same."""

    source: str
    certificate: x509.Certificate | None = None
    kind: Kind = "intermediates"
    issuer: str = ""
    is_trusted: bool = False
    trouble: str = ""
    warning: str = ""

    @property
    def name(self) -> str:
        return display_name(self.certificate) if self.certificate else ""

    @property
    def sha256(self) -> str:
        return fingerprint(self.certificate) if self.certificate else ""

    @property
    def ends(self) -> datetime | None:
        return self.certificate.not_valid_after_utc if self.certificate else None


@dataclass(frozen=True)
class Desk:
    """trusted: the folders of what is trusted now; of Belgium's the shipped one is the first, and its roots are all there are.

    foreign: whether it is about other countries' cards. root_pins: SHA-256 of roots that the operator vouches for, having got them
    by a way of their own.
    """

    trusted: Sequence[TrustFolder]
    foreign: bool = False
    root_pins: frozenset[str] = frozenset()

    def judge(self, sources: Sequence[Source], *, now: datetime) -> list[Entry]:
        """In the order of the sources. Those that come together may build on each other."""
        own = [Source(name, found) for folder in self.trusted for _, name, found in folder.files()]
        return self._judge_all([*own, *sources], now=now)[len(own) :]

    def listed(self, *, now: datetime) -> list[Entry]:
        """What is in the folders, with what is wrong with it."""
        files = [(folder, *file) for folder in self.trusted for file in folder.files()]
        entries = self._judge_all(
            [Source(str(folder.path / kind / name), found) for folder, kind, name, found in files], now=now
        )
        pinned = [folder.is_pinned(kind, name) for folder, kind, name, _ in files]
        return [
            entry if is_pinned else replace(entry, warning=entry.warning or "is not pinned")
            for entry, is_pinned in zip(entries, pinned, strict=True)
        ]

    def _judge_all(self, sources: Sequence[Source], *, now: datetime) -> list[Entry]:
        """From the roots downwards, until nothing more chains."""
        entries = {index: Entry(source.name, trouble="cannot be read") for index, source in enumerate(sources)}
        waiting = {index: source.certificate for index, source in enumerate(sources) if source.certificate is not None}
        known = {fingerprint(found) for folder in self.trusted for _, _, found in folder.files()}
        accepted: dict[x509.Name, list[x509.Certificate]] = {}
        while waiting:
            for index, certificate in waiting.items():
                entry = self._judge(sources[index].name, certificate, accepted, now=now)
                entries[index] = replace(entry, is_trusted=not entry.trouble and entry.sha256 in known)
            good = [index for index in waiting if not entries[index].trouble]
            if not good:
                break
            for index in good:
                certificate = waiting.pop(index)
                accepted.setdefault(certificate.subject, []).append(certificate)
        return list(entries.values())

    def _judge(
        self,
        source: str,
        certificate: x509.Certificate,
        accepted: Mapping[x509.Name, Sequence[x509.Certificate]],
        *,
        now: datetime,
    ) -> Entry:
        kind: Kind = "roots" if is_self_issued(certificate) else "intermediates"
        issuers = issuers_of(certificate, accepted.get(certificate.issuer, ()))
        trouble = _fault(certificate, now=now)
        if not trouble and kind == "roots":
            trouble = self._fault_of_root(certificate)
        elif not trouble and not issuers:
            trouble = "was issued by nobody who is trusted"
        return Entry(
            source,
            certificate,
            kind=kind,
            issuer="itself" if kind == "roots" else display_name(issuers[0]) if issuers else "",
            trouble=trouble or self._fault_of_country(certificate, issuers),
            warning=f"ends within {SOON.days} days" if certificate.not_valid_after_utc - now < SOON else "",
        )

    def _fault_of_root(self, certificate: x509.Certificate) -> str:
        if not self.foreign:
            shipped = self.trusted[0].roots.values() if self.trusted else ()
            return "" if certificate in shipped else "is not a root of the Belgian eID: those in use are shipped"
        pins = self.root_pins.union(*(folder.pins["roots"].values() for folder in self.trusted))
        if fingerprint(certificate) not in pins:
            return "is a root that nobody vouches for: give its hash, got by another way, with --root-sha256"
        return ""

    def _fault_of_country(self, certificate: x509.Certificate, issuers: Sequence[x509.Certificate]) -> str:
        country = country_of(certificate)
        if not self.foreign:
            return ""
        if country in (None, BELGIUM):
            return "does not name a country other than Belgium"
        if issuers and all(country_of(issuer) != country for issuer in issuers):
            return "was issued by an authority of another country"
        return ""


def read_sources(name: str, content: bytes) -> list[Source]:
    """The certificates in a file, PEM (one or many) or DER."""
    try:
        is_pem = _PEM in content
        found = x509.load_pem_x509_certificates(content) if is_pem else [x509.load_der_x509_certificate(content)]
        for certificate in found:
            _ = certificate.subject, certificate.issuer, certificate.extensions, certificate.public_key()
    except UNREADABLE:
        return [Source(name, None)]
    return [Source(f"{name} ({number})" if len(found) > 1 else name, each) for number, each in enumerate(found, 1)]


def read_paths(paths: Iterable[Path]) -> list[Source]:
    """Files, and all certificates below folders. Raises OSError for what is not there."""
    return [source for path in paths for file in _files(path) for source in _read_file(file)]


def add(folder: Path, entries: Iterable[Entry]) -> list[Path]:
    """Write what is good and new into the folder and pin it; return the new files. May be done twice, and by two at once.

    Each file appears whole or not at all, the pins after the files: at no moment is something pinned that is not there.
    """
    for kind in KINDS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        present = read_trust_folder(folder)
        pins = {kind: dict(present.pins[kind]) for kind in KINDS}
        there = {fingerprint(certificate) for _, _, certificate in present.files()}
        written: list[Path] = []
        for entry in entries:
            if entry.certificate is None or entry.trouble or entry.is_trusted or entry.sha256 in there:
                continue
            path = folder / entry.kind / file_name(entry.certificate)
            _write(path, entry.certificate.public_bytes(Encoding.PEM))
            written.append(path)
            there.add(entry.sha256)
            pins[entry.kind][path.name] = entry.sha256
        if written:
            _write(folder / PINS, json.dumps(pins, indent=2, sort_keys=True).encode() + b"\n")
    return written


def display_name(certificate: x509.Certificate) -> str:
    """Common name and, as the Belgian ones are told apart by it, serial number."""
    parts = [_text(certificate, oid) for oid in (NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER)]
    return " ".join(part for part in parts if part) or _text(certificate, NameOID.ORGANIZATION_NAME) or "without a name"


def file_name(certificate: x509.Certificate) -> str:
    """The same for the same certificate, and for no other."""
    readable = re.sub(r"[^a-z0-9]+", "_", display_name(certificate).lower()).strip("_")[:60]
    return f"{readable}_{fingerprint(certificate)[:16]}.pem"


def _fault(certificate: x509.Certificate, *, now: datetime) -> str:
    """What is wrong with it whoever issued it."""
    constraints, usage = extension_of(certificate, x509.BasicConstraints), extension_of(certificate, x509.KeyUsage)
    hash_algorithm = certificate.signature_hash_algorithm
    mark = test_mark(certificate)
    faults = {
        "is not an authority's": constraints is None or not constraints.ca or usage is None or not usage.key_cert_sign,
        f"is a test authority: {mark}": mark is not None,
        "has a weak key": not is_strong(certificate.public_key()),
        # Nobody looks at the signature that a root made on itself.
        "has a weak signature": not is_self_issued(certificate)
        and (hash_algorithm is None or hash_algorithm.name not in STRONG_HASHES),
        "has expired": now > certificate.not_valid_after_utc,
        "is not valid yet": now < certificate.not_valid_before_utc,
    }
    return next((fault for fault, is_so in faults.items() if is_so), "")


def _text(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    return " ".join(str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(oid))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    return [path]


def _read_file(path: Path) -> list[Source]:
    if path.stat().st_size > MAX_FILE_BYTES:
        return [Source(str(path), None)]
    return read_sources(str(path), path.read_bytes())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
