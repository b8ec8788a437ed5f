"""The signature algorithms that a card may use, which key each needs, and how each is verified."""

from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from services.identity.eid.refusals import AlgorithmMismatch, AlgorithmUnsupported, SignatureInvalid


@dataclass(frozen=True)
class Algorithm:
    """name: as in JWA (RFC 7518). curve: the one curve that the name stands for, None for RSA."""

    name: str
    family: Literal["ES", "RS", "PS"]
    hash: hashes.HashAlgorithm
    curve: str | None = None


_ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("ES256", "ES", hashes.SHA256(), "secp256r1"),
        Algorithm("ES384", "ES", hashes.SHA384(), "secp384r1"),
        Algorithm("ES512", "ES", hashes.SHA512(), "secp521r1"),
        Algorithm("RS256", "RS", hashes.SHA256()),
        Algorithm("RS384", "RS", hashes.SHA384()),
        Algorithm("RS512", "RS", hashes.SHA512()),
        Algorithm("PS256", "PS", hashes.SHA256()),
        Algorithm("PS384", "PS", hashes.SHA384()),
        Algorithm("PS512", "PS", hashes.SHA512()),
    )
}


def algorithm_named(name: str) -> Algorithm:
    """Raises AlgorithmUnsupported: above all for "none" and HS256, which would let anyone sign."""
    algorithm = _ALGORITHMS.get(name)
    if algorithm is None:
        raise AlgorithmUnsupported()
    return algorithm


def require_fit(algorithm: Algorithm, key: object) -> None:
    """Raises AlgorithmMismatch when the certificate's key cannot have made such a signature."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        fits = algorithm.curve == key.curve.name
    else:
        fits = isinstance(key, rsa.RSAPublicKey) and algorithm.family in ("RS", "PS")
    if not fits:
        raise AlgorithmMismatch()


def verify_signature(algorithm: Algorithm, key: object, signature: bytes, *, origin: str, nonce: str) -> None:
    """What is signed is H(origin) || H(nonce text), hashed once more by the signature. Raises SignatureInvalid."""
    try:
        data = _digest(algorithm.hash, origin) + _digest(algorithm.hash, nonce)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(signature, key), data, ec.ECDSA(algorithm.hash))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm.family == "PS":
            pss = padding.PSS(mgf=padding.MGF1(algorithm.hash), salt_length=algorithm.hash.digest_size)
            key.verify(signature, data, pss, algorithm.hash)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), algorithm.hash)
        else:
            raise SignatureInvalid()
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid() from error


def _der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """Raw R||S, each as long as the curve's field, in the form that the library reads."""
    half = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * half:
        raise SignatureInvalid()
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def _digest(algorithm: hashes.HashAlgorithm, text: str) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(text.encode())
    return digest.finalize()
