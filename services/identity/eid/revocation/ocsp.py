"""The question to an OCSP responder, and what its answer must be to be believed (RFC 6960). Pure: no network, time is an argument."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.identity.eid.certificate import UNREADABLE, extension_of
from services.identity.eid.revocation.answers import Answer, NotAnswered, answer, usable_until
from services.identity.eid.revocation.signatures import STRONG_HASHES, is_signed_by

NONCE_BYTES = 32
_HASHES: dict[str, hashes.HashAlgorithm] = {
    algorithm.name: algorithm
    for algorithm in (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())  # noqa: S303 - names, proves nothing
}
_OUTAGES = (OCSPResponseStatus.TRY_LATER, OCSPResponseStatus.INTERNAL_ERROR)
# Each may cost a signature to look at.
_MAX_CERTIFICATES = 8


def question(leaf: x509.Certificate, issuer: x509.Certificate, *, nonce: bytes) -> bytes:
    """DER. The certificate is named with SHA-1 hashes, which every responder understands; nothing is proven by them."""
    builder = _naming(leaf, issuer, _HASHES["sha1"]).add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def read_answer(
    der: bytes,
    leaf: x509.Certificate,
    issuer: x509.Certificate,
    *,
    nonce: bytes,
    nonce_required: bool,
    max_age: timedelta,
    now: datetime,
) -> Answer:
    """Raises NotAnswered, whatever the bytes are. nonce: of the question."""
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not OCSPResponseStatus.SUCCESSFUL:
            raise NotAnswered("unsuccessful", is_outage=response.response_status in _OUTAGES)
        single = _only_answer(response)
        _require_named(single, leaf, issuer)
        _require_signed(response, issuer, now=now)
        _require_understood(response, nonce=nonce, nonce_required=nonce_required)
        until = usable_until(single.this_update_utc, single.next_update_utc, max_age=max_age, now=now)
        if single.certificate_status is OCSPCertStatus.UNKNOWN:
            raise NotAnswered("unknown")
        status = "good" if single.certificate_status is OCSPCertStatus.GOOD else "revoked"
        return answer(status, "ocsp", this_update=single.this_update_utc, usable_until=until, now=now)
    except UNREADABLE as error:
        raise NotAnswered("malformed") from error


def _naming(
    leaf: x509.Certificate, issuer: x509.Certificate, algorithm: hashes.HashAlgorithm
) -> ocsp.OCSPRequestBuilder:
    return ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, algorithm)


def _only_answer(response: ocsp.OCSPResponse) -> ocsp.OCSPSingleResponse:
    answers = list(response.responses)
    if len(answers) != 1:
        raise NotAnswered("not-one-answer")
    return answers[0]


def _require_named(single: ocsp.OCSPSingleResponse, leaf: x509.Certificate, issuer: x509.Certificate) -> None:
    """The answer may name the certificate by another hash than the question did; it must be this one all the same."""
    algorithm = _HASHES.get(single.hash_algorithm.name)
    if algorithm is None:
        raise NotAnswered("wrong-certificate")
    named = _naming(leaf, issuer, algorithm).build()
    ours = (named.serial_number, named.issuer_name_hash, named.issuer_key_hash)
    if (single.serial_number, single.issuer_name_hash, single.issuer_key_hash) != ours:
        raise NotAnswered("wrong-certificate")


def _require_signed(response: ocsp.OCSPResponse, issuer: x509.Certificate, *, now: datetime) -> None:
    """By the card's own issuer, or by someone whom it lets answer in its place: no other authority's responder will do."""
    for signer in _signers(response, issuer, now=now):
        if is_signed_by(
            signer.public_key(),
            response.signature,
            response.tbs_response_bytes,
            algorithm=response.signature_algorithm_oid,
            hash_algorithm=response.signature_hash_algorithm,
        ):
            return
    raise NotAnswered("wrong-signer")


def _signers(response: ocsp.OCSPResponse, issuer: x509.Certificate, *, now: datetime) -> Iterator[x509.Certificate]:
    if _is_responder(response, issuer):
        yield issuer
    for certificate in response.certificates[:_MAX_CERTIFICATES]:
        if _is_responder(response, certificate) and _is_delegated(certificate, issuer, now=now):
            yield certificate


def _is_responder(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if response.responder_key_hash is not None:
        return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest == response.responder_key_hash  # pyright: ignore[reportArgumentType]
    return response.responder_name == certificate.subject


def _is_delegated(certificate: x509.Certificate, issuer: x509.Certificate, *, now: datetime) -> bool:
    """By the issuer itself, for answering such questions, and in force now."""
    extended = extension_of(certificate, x509.ExtendedKeyUsage)
    usage = extension_of(certificate, x509.KeyUsage)
    hash_algorithm = certificate.signature_hash_algorithm
    if extended is None or ExtendedKeyUsageOID.OCSP_SIGNING not in extended:
        return False
    if usage is not None and not usage.digital_signature:
        return False
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return False
    if hash_algorithm is None or hash_algorithm.name not in STRONG_HASHES:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _require_understood(response: ocsp.OCSPResponse, *, nonce: bytes, nonce_required: bool) -> None:
    """A nonce that was not ours is a replay. What is critical and not known may change what the answer means."""
    given = None
    for extension in (*response.extensions, *response.single_extensions):
        if isinstance(extension.value, x509.OCSPNonce):
            given = extension.value.nonce
        elif extension.critical:
            raise NotAnswered("critical-extension")
    if given is not None and given != nonce:
        raise NotAnswered("wrong-nonce")
    if given is None and nonce_required:
        raise NotAnswered("no-nonce")
