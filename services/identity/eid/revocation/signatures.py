"""Signatures of authorities."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from services.identity.eid.certificate import is_strong

STRONG_HASHES = ("sha256", "sha384", "sha512")


def is_signed_by(
    key: object,
    signature: bytes,
    data: bytes,
    *,
    algorithm: object,
    hash_algorithm: hashes.HashAlgorithm | None,
) -> bool:
    """False for weak keys and hashes too. algorithm: the object identifier that the signed structure names."""
    if hash_algorithm is None or hash_algorithm.name not in STRONG_HASHES or not is_strong(key):
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hash_algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _padding(algorithm, hash_algorithm), hash_algorithm)
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def _padding(algorithm: object, hash_algorithm: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if algorithm == SignatureAlgorithmOID.RSASSA_PSS:
        return padding.PSS(mgf=padding.MGF1(hash_algorithm), salt_length=padding.PSS.AUTO)
    return padding.PKCS1v15()
