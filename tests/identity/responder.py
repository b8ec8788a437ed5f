"""An authority of the tests on a real socket: an OCSP responder and a place of lists, as well-behaved as each test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponderEncoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.identity.eid.revocation.authorities import RevocationPolicy
from services.identity.settings import IdentitySettings
from tests.identity.der import Node, parse
from tests.identity.pki import NOW, Authority, Card, key_usage, name, pki

HOUR = timedelta(hours=1)
POLICY = IdentitySettings.model_construct().revocation_policy


@dataclass(frozen=True)
class Reply:
    """after_s: how long the responder thinks."""

    body: bytes = b""
    status: int = 200
    headers: tuple[str, ...] = ()
    after_s: float = 0


@dataclass
class Responder:
    """reply: what is answered to the body of a request. asked: every body that came, empty for a GET."""

    host: str
    reply: Callable[[bytes], Reply]
    asked: list[bytes] = field(default_factory=list[bytes])

    @property
    def ocsp_url(self) -> str:
        return f"http://{self.host}/ocsp"

    @property
    def crl_url(self) -> str:
        return f"http://{self.host}/citizen.crl"

    def policy(self, **changes: Any) -> RevocationPolicy:
        """As it is by default, but that this one may be asked, and that a busy machine has time."""
        hosts = frozenset({self.host})
        usual: dict[str, Any] = {"ocsp_hosts": hosts, "crl_hosts": hosts, "ocsp_timeout_s": 30.0, "crl_timeout_s": 30.0}
        return replace(POLICY, **{**usual, **changes})

    def card(self, **changes: Any) -> Card:
        """One that names it."""
        return pki().card(**{"ocsp_url": self.ocsp_url, "crl_url": self.crl_url, **changes})


@asynccontextmanager
async def responder(reply: Callable[[bytes], Reply] = lambda _: Reply(status=500)) -> AsyncIterator[Responder]:
    made = Responder("", reply)
    server = await asyncio.start_server(_serve(made), "127.0.0.1", 0)
    made.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()


def _serve(made: Responder) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            sizes = [int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length:")]
            body = await reader.readexactly(sizes[0] if sizes else 0)
            made.asked.append(body)
            reply = made.reply(body)
            await asyncio.sleep(reply.after_s)
            lines = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {len(reply.body)}", "Connection: close"]
            writer.write("\r\n".join([*lines, *reply.headers, "", ""]).encode() + reply.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return serve


@cache
def delegate(issuer: Authority | None = None, *, may_answer: bool = True, ended: bool = False) -> Authority:
    """A responder that the citizens' authority, or another, lets answer in its place."""
    issuer = issuer or pki().citizen
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.OCSP_SIGNING if may_answer else ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name(c="BE", cn="Test OCSP Responder"))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=2))
        .not_valid_after(NOW - timedelta(days=1) if ended else NOW + timedelta(days=3000))
        .add_extension(key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(issuer.key, hashes.SHA384())
    )
    return Authority(certificate, key)


def ocsp_answer(
    question: bytes,
    card: Card,
    *,
    status: OCSPCertStatus = OCSPCertStatus.GOOD,
    signer: Authority | None = None,
    signed_with: Any = None,
    about: Card | None = None,
    issuer: Authority | None = None,
    this_update: datetime = NOW,
    next_update: datetime | None = NOW + HOUR,
    nonce: bytes | None = b"",
    algorithm: hashes.HashAlgorithm | None = None,
    edit: Callable[[Node], None] | None = None,
) -> bytes:
    """A right answer but for what is given. nonce: empty for the question's, None for none. edit: of what is signed, before it is."""
    request, signer, issuer = ocsp.load_der_ocsp_request(question), signer or pki().citizen, issuer or pki().citizen
    revoked = status is OCSPCertStatus.REVOKED
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=(about or card).certificate,
            issuer=issuer.certificate,
            algorithm=algorithm or request.hash_algorithm,
            cert_status=status,
            this_update=_naive(this_update),
            next_update=_naive(next_update) if next_update else None,
            revocation_time=_naive(NOW) if revoked else None,
            revocation_reason=None,
        )
        .responder_id(OCSPResponderEncoding.HASH, signer.certificate)
        .certificates([signer.certificate])
    )
    given = request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce if nonce == b"" else nonce
    if given is not None:
        builder = builder.add_extension(x509.OCSPNonce(given), critical=False)
    der = builder.sign(signer.key, hashes.SHA384()).public_bytes(Encoding.DER)
    if edit is None and signed_with is None:
        return der
    return _edited(der, edit or (lambda _: None), signed_with or signer.key)


def revoked_list(
    *cards: Card,
    issuer: Authority | None = None,
    signed_with: Any = None,
    last_update: datetime = NOW,
    next_update: datetime = NOW + HOUR,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> bytes:
    issuer = issuer or pki().citizen
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(_naive(last_update))
        .next_update(_naive(next_update))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    for card in cards:
        entry = x509.RevokedCertificateBuilder().serial_number(card.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(_naive(NOW)).build())
    return builder.sign(signed_with or issuer.key, hashes.SHA384()).public_bytes(Encoding.DER)


def _edited(der: bytes, edit: Callable[[Node], None], key: Any) -> bytes:
    """Signed again once it is changed, so that the change alone can be the reason to refuse it."""
    response = parse(der)
    octets = response.parts[1].parts[0].parts[1]
    basic = parse(octets.content)
    edit(basic.parts[0])
    basic.parts[2].content = b"\0" + key.sign(basic.parts[0].encode(), ec.ECDSA(hashes.SHA384()))
    octets.content = basic.encode()
    return response.encode()


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
