"""The master key and what comes from it. Nothing that it protects can be read from the database alone."""

import hashlib
import hmac
import os
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12

Secret = Literal["code", "throttle"]


class KeyUnreadable(Exception):
    """A wrapped key was not wrapped with this master key, or not for this purpose, or was altered."""


class MasterKey:
    """Wraps other keys (AES-256-GCM, bound to what they are for) and derives a key of its own for each keyed hash."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._wrapping = AESGCM(self._derive("wrap"))
        self.id = self._derive("id").hex()[:16]
        self._hash_keys: dict[Secret, bytes] = {"code": self._derive("code"), "throttle": self._derive("throttle")}

    def wrap(self, purpose: str, key: bytes) -> bytes:
        """purpose: what the key is for, and whose it is; it must be the same when unwrapped."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, purpose.encode())

    def unwrap(self, purpose: str, wrapped: bytes) -> bytes:
        """Raises KeyUnreadable."""
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyUnreadable(f"{purpose} cannot be read with master key {self.id}") from error

    def keyed_hash(self, secret: Secret, *parts: str) -> bytes:
        """HMAC-SHA-256 over the parts. For short secrets, which a plain hash would not hide."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.digest(self._hash_keys[secret], message, hashlib.sha256)

    def _derive(self, label: str) -> bytes:
        return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=f"immo-identity:{label}".encode()).derive(self._raw)


def hash_token(token: str) -> bytes:
    """SHA-256: enough for what is long and random, such as session tokens, codes of the protocol and client secrets."""
    return hashlib.sha256(token.encode()).digest()
