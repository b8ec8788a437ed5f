"""What of a form is kept while its person signs in again, and under which key. Pure, but for the nonce."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json

TTL_S = 1800
MAX_BYTES = 65_536
_NONCE_BYTES = 12
NEVER_KEPT = frozenset(
    {
        "csrf",
        "password",
        "password_again",
        "new_password",
        "current",
        "code",
        "pin",
        "secret",
        "token",
        "credential",
    }
)
"""The last part of a field's name."""


@dataclass(frozen=True)
class Typed:
    """action: the path to which the form was sent. fields: by name."""

    action: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Box:
    """key: what only this browser has. account_id: of the person who typed; nobody else gets to see it."""

    account_id: str
    key: str

    def id_of(self, page: str) -> bytes:
        """Of the form that stood on this page: without the key nobody can tell which page that is."""
        return hmac.digest(self.key.encode(), b"page:" + page.encode(), hashlib.sha256)

    def seal(self, page: str, typed: Typed) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        content = to_json({"action": typed.action, "fields": dict(typed.fields)})
        return nonce + self._cipher().encrypt(nonce, content, self.id_of(page))

    def open(self, page: str, sealed: bytes) -> Typed | None:
        try:
            content = self._cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self.id_of(page))
        except InvalidTag:
            return None
        read = from_json(content)
        return Typed(str(read["action"]), cast(dict[str, str], read["fields"]))

    def _cipher(self) -> AESGCM:
        return AESGCM(hashlib.sha256(b"typed:" + self.key.encode()).digest())


def keepable(fields: Mapping[str, str]) -> dict[str, str]:
    """Empty when there is nothing to keep, or too much of it."""
    kept = {name: text for name, text in fields.items() if name.rsplit(".", 1)[-1] not in NEVER_KEPT}
    return kept if sum(len(name.encode()) + len(text.encode()) + 8 for name, text in kept.items()) < MAX_BYTES else {}


def sentences(fields: Mapping[str, str], placed: frozenset[str]) -> list[str]:
    """What somebody wrote in words and what no field of the page takes any more."""
    return [text.strip() for name, text in fields.items() if name not in placed and len(text.split()) > 1]
