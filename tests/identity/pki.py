"""A public key infrastructure shaped like the Belgian one, and cards of made-up people that sign as the Web eID application does."""

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from services.identity.eid import TrustStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORIGIN = "https://immo.example"
NONCE = base64.b64encode(b"n" * 32).decode()
CITIZEN_POLICY = "2.16.56.12.1.1.2.2"
FOREIGNER_POLICY = "2.16.56.12.1.1.7.2"
SIGNING_POLICY = "2.16.56.12.1.1.2.1"
# Both belong to nobody: made of a date, a counter and their check number.
NUMBER = "85073003328"
OTHER_NUMBER = "17073003384"

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def key_usage(**on: bool) -> x509.KeyUsage:
    names = (
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
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


def name(**parts: str) -> x509.Name:
    oids = {
        "c": NameOID.COUNTRY_NAME,
        "cn": NameOID.COMMON_NAME,
        "sn": NameOID.SURNAME,
        "gn": NameOID.GIVEN_NAME,
        "serial": NameOID.SERIAL_NUMBER,
    }
    return x509.Name([x509.NameAttribute(oids[part], text) for part, text in parts.items()])


@dataclass(frozen=True)
class Authority:
    certificate: x509.Certificate
    key: Any

    def authority(self, common_name: str, **options: Any) -> "Authority":
        return make_authority(common_name, issuer=self, **options)


def make_authority(
    common_name: str,
    *,
    issuer: Authority | None = None,
    path_length: int | None = 0,
    not_before: datetime = NOW - timedelta(days=900),
    not_after: datetime = NOW + timedelta(days=3000),
    usage: x509.KeyUsage | None = None,
    is_ca: bool = True,
    country: str = "BE",
) -> Authority:
    key = ec.generate_private_key(ec.SECP384R1())
    subject = name(c=country, cn=common_name)
    signer = issuer or Authority(None, key)  # type: ignore[arg-type]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=path_length if is_ca else None), critical=True)
        .add_extension(usage or key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
    )
    return Authority(builder.sign(signer.key, hashes.SHA384()), key)


@dataclass(frozen=True)
class Card:
    certificate: x509.Certificate
    key: Any
    algorithm: str

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def token(self, *, nonce: str = NONCE, origin: str = ORIGIN, **changes: object) -> dict[str, object]:
        """What the extension answers. changes: fields that are put in the place of the right ones."""
        return {
            "action": "web-eid:authenticate-success",
            "format": "web-eid:1.0",
            "appVersion": "https://web-eid.eu/web-eid-app/releases/2.7.0+965",
            "algorithm": self.algorithm,
            "unverifiedCertificate": base64.b64encode(self.der).decode(),
            "signature": base64.b64encode(self.sign(nonce=nonce, origin=origin)).decode(),
            **changes,
        }

    def sign(self, *, nonce: str, origin: str, algorithm: str | None = None) -> bytes:
        algorithm = algorithm or self.algorithm
        hash_algorithm = HASHES[algorithm[2:]]
        data = b"".join(_digest(hash_algorithm, text) for text in (origin, nonce))
        if algorithm.startswith("ES"):
            r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hash_algorithm)))
            size = (self.key.curve.key_size + 7) // 8
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if algorithm.startswith("PS"):
            pss = padding.PSS(mgf=padding.MGF1(hash_algorithm), salt_length=hash_algorithm.digest_size)
            return self.key.sign(data, pss, hash_algorithm)
        return self.key.sign(data, padding.PKCS1v15(), hash_algorithm)


def _digest(algorithm: hashes.HashAlgorithm, text: str) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(text.encode())
    return digest.finalize()


KEYS: dict[str, Callable[[], Any]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RS": lambda: rsa.generate_private_key(65537, 2048),
    "RS-1024": lambda: rsa.generate_private_key(65537, 1024),
}


@cache
def key_for(kind: str) -> Any:
    """Keys are slow to make; cards in tests may share one."""
    return KEYS[kind]()


@dataclass(frozen=True)
class Pki:
    root: Authority
    citizen: Authority
    foreigner: Authority
    trust: TrustStore = field(init=False)

    def __post_init__(self) -> None:
        intermediates = [self.citizen.certificate, self.foreigner.certificate]
        object.__setattr__(self, "trust", TrustStore([self.root.certificate], intermediates))

    def card(
        self,
        *,
        algorithm: str = "ES384",
        issuer: Authority | None = None,
        key: Any = None,
        policy: str | None = CITIZEN_POLICY,
        usage: x509.KeyUsage | None = None,
        extended: list[ObjectIdentifier] | None = None,
        is_ca: bool | None = None,
        not_before: datetime = NOW - timedelta(days=100),
        not_after: datetime = NOW + timedelta(days=1000),
        subject: x509.Name | None = None,
        ocsp_url: str | None = None,
        crl_url: str | None = None,
        more: Iterable[tuple[x509.ExtensionType, bool]] = (),
        **person: str,
    ) -> Card:
        issuer = issuer or self.citizen
        key = key or key_for(algorithm if algorithm.startswith("ES") else "RS")
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject or person_name(**person))
            .issuer_name(issuer.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
            .add_extension(usage or key_usage(digital_signature=True), critical=True)
        )
        if extended is None or extended:
            usages = x509.ExtendedKeyUsage(extended or [ExtendedKeyUsageOID.CLIENT_AUTH])
            builder = builder.add_extension(usages, critical=False)
        if policy is not None:
            information = x509.PolicyInformation(ObjectIdentifier(policy), None)
            builder = builder.add_extension(x509.CertificatePolicies([information]), critical=False)
        if is_ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        for extension, critical in (*_addresses(ocsp_url, crl_url), *more):
            builder = builder.add_extension(extension, critical)
        return Card(builder.sign(issuer.key, hashes.SHA384()), key, algorithm)


def _addresses(ocsp_url: str | None, crl_url: str | None) -> Iterator[tuple[x509.ExtensionType, bool]]:
    if ocsp_url:
        place = x509.UniformResourceIdentifier(ocsp_url)
        yield (
            x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)]),
            False,
        )
    if crl_url:
        place = x509.UniformResourceIdentifier(crl_url)
        yield x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)]), False


def person_name(
    first: str = "Alix Marie", last: str = "Vervloesem", number: str = NUMBER, country: str = "BE"
) -> x509.Name:
    common_name = f"{first.split()[0] if first else ''} {last} (Authentication)".strip()
    parts = {"c": country, "cn": common_name, "sn": last, "gn": first, "serial": number}
    return name(**{part: text for part, text in parts.items() if text})


@cache
def pki() -> Pki:
    root = make_authority("Test eID Root CA", path_length=1)
    return Pki(root, root.authority("Test Citizen CA"), root.authority("Test Foreigner CA"))
