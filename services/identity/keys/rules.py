"""The master key and what comes from it. Nothing that it protects can be read from the database alone."""

import hashlib
import hmac
import os
from typing import Literal, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import Conflict
from shared.markers import N_

KEY_BYTES = 32
_NONCE_BYTES = 12

Secret = Literal["code", "throttle", "pairwise", "legacy", "refresh", "challenge"]


class KeyUnreadable(Exception):
    """A wrapped key was wrapped with neither of these master keys, or not for this purpose, or was altered."""


class SubjectIsAnAccount(Conflict):
    code = "subject-is-an-account"
    message = N_("The key of an account is made and destroyed with the account only.")


class MasterKey:
    """Wraps other keys (AES-256-GCM, bound to what they are for) and has a key of its own for each keyed hash.

    other: a second master key that only unwraps, while one takes the place of the other.
    """

    def __init__(self, raw: bytes, other: bytes | None = None) -> None:
        self.id = _derive(raw, "id").hex()[:16]
        self._wrapping = [AESGCM(_derive(key, "wrap")) for key in (raw, other) if key is not None]
        self.hash_with(_derive(raw, "hash-root"))

    def hash_with(self, root: bytes) -> None:
        """root: what keyed hashes come from; kept wrapped, so that they stay the same under another master key."""
        self.hash_root = root
        self._hash_keys: dict[Secret, bytes] = {secret: _derive(root, secret) for secret in get_args(Secret)}

    def wrap(self, purpose: str, key: bytes) -> bytes:
        """purpose: what the key is for, and whose it is; it must be the same when unwrapped."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._wrapping[0].encrypt(nonce, key, purpose.encode())

    def unwrap(self, purpose: str, wrapped: bytes) -> bytes:
        """Raises KeyUnreadable."""
        for wrapping in self._wrapping:
            try:
                return wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], purpose.encode())
            except (InvalidTag, ValueError):
                continue
        raise KeyUnreadable(f"{purpose} cannot be read with master key {self.id}")

    def keyed_hash(self, secret: Secret, *parts: str) -> bytes:
        """HMAC-SHA-256 over the parts. For short secrets, which a plain hash would not hide."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.digest(self._hash_keys[secret], message, hashlib.sha256)


def _derive(key: bytes, label: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=f"immo-identity:{label}".encode()).derive(key)


def hash_token(token: str) -> bytes:
    """SHA-256: enough for what is long and random, such as session tokens, codes of the protocol and client secrets."""
    return hashlib.sha256(token.encode()).digest()
