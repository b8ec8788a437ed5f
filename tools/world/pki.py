"""A public key infrastructure shaped like the Belgian one, for test cards only. Every name in it says TEST."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

AUTHORITIES = ("citizen", "foreigner")
BORN = datetime(2020, 6, 3, 10, tzinfo=UTC)
ROOT_ENDS = datetime(2050, 6, 3, 10, tzinfo=UTC)
AUTHORITY_ENDS = datetime(2045, 6, 3, 10, tzinfo=UTC)
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Issuer(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Pki(NamedTuple):
    """authorities and responders: by `citizen` and `foreigner`."""

    root: x509.Certificate
    authorities: dict[str, Issuer]
    responders: dict[str, Issuer]


def make_pki(folder: Path) -> Path:
    """Make `roots/`, `intermediates/` and `private/` in the folder, unless they are there; return the folder.

    Made beside it and renamed into place: nobody ever sees half of it, and of two makers one wins.
    """
    if not (folder / "roots").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".pki-", dir=folder.parent))
        try:
            _write_pki(draft)
            draft.chmod(0o755)
            os.rename(draft, folder)
        except OSError:
            if not (folder / "roots").exists():
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


def read_pki(folder: Path) -> Pki:
    return Pki(
        root=x509.load_pem_x509_certificate((folder / "roots" / "root.pem").read_bytes()),
        authorities={
            name: _read_issuer(folder / "intermediates" / f"{name}.pem", folder / "private" / f"{name}.key.pem")
            for name in AUTHORITIES
        },
        responders={
            name: _read_issuer(folder / "private" / f"ocsp-{name}.pem", folder / "private" / f"ocsp-{name}.key.pem")
            for name in AUTHORITIES
        },
    )


def key_usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in uses for usage in KEY_USAGES})


def issuer_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def responder_address(url: str) -> x509.AuthorityInformationAccess:
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))]
    )


def list_address(url: str) -> x509.CRLDistributionPoints:
    name = x509.UniformResourceIdentifier(url)
    return x509.CRLDistributionPoints([x509.DistributionPoint([name], None, None, None)])


def _read_issuer(certificate: Path, key: Path) -> Issuer:
    private_key = load_pem_private_key(key.read_bytes(), password=None)
    assert isinstance(private_key, ec.EllipticCurvePrivateKey)
    return Issuer(x509.load_pem_x509_certificate(certificate.read_bytes()), private_key)


def _write_pki(folder: Path) -> None:
    for name in ("roots", "intermediates", "private"):
        (folder / name).mkdir()
    root = _make_root()
    _write(folder / "roots" / "root.pem", folder / "private" / "root.key.pem", root)
    for name in AUTHORITIES:
        authority = _make_authority(name, root)
        _write(folder / "intermediates" / f"{name}.pem", folder / "private" / f"{name}.key.pem", authority)
        responder = _make_responder(name, authority)
        _write(folder / "private" / f"ocsp-{name}.pem", folder / "private" / f"ocsp-{name}.key.pem", responder)


def _write(certificate: Path, key: Path, issuer: Issuer) -> None:
    certificate.write_bytes(issuer.certificate.public_bytes(Encoding.PEM))
    key.touch(mode=0o600)
    key.write_bytes(issuer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _name(common_name: str, serial_number: str | None = None) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "BE"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Immo-Connect demonstration, not a public authority"),
    ]
    if serial_number:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number))
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _make_root() -> Issuer:
    name = _name("eID TEST Root CA")
    return _issue(name, ROOT_ENDS, None, [(x509.BasicConstraints(True, 1), True), *_authority_usage()])


def _make_authority(kind: str, root: Issuer) -> Issuer:
    uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION])
    any_policy = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)])
    name = _name(f"eID TEST {kind.capitalize()} CA", "202001")
    extensions = [(x509.BasicConstraints(True, 0), True), *_authority_usage(), (uses, False), (any_policy, False)]
    return _issue(name, AUTHORITY_ENDS, root, extensions)


def _make_responder(kind: str, authority: Issuer) -> Issuer:
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (key_usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.OCSPNoCheck(), False),
    ]
    return _issue(_name(f"eID TEST {kind.capitalize()} OCSP responder"), AUTHORITY_ENDS, authority, extensions)


def _authority_usage() -> list[tuple[x509.ExtensionType, bool]]:
    return [(key_usage("key_cert_sign", "crl_sign"), True)]


def _issue(
    name: x509.Name, ends: datetime, issuer: Issuer | None, extensions: Sequence[tuple[x509.ExtensionType, bool]]
) -> Issuer:
    key = ec.generate_private_key(ec.SECP384R1())
    own_identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority_key = (
        issuer_key_identifier(issuer.certificate)
        if issuer
        else x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_identifier)
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BORN)
        .not_valid_after(ends)
        .add_extension(own_identifier, critical=False)
        .add_extension(authority_key, critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Issuer(builder.sign(issuer.key if issuer else key, SHA384()), key)
