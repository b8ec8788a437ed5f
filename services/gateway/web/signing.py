"""What the gateway lets the browser keep, and gets back unchanged or not at all."""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache
from typing import Any, cast

from pydantic_core import from_json, to_json

MAX_CHARS = 3000
_TAG_BYTES = 20


class Signer:
    """HMAC-SHA-256 with the gateway's secret. Each purpose has a key of its own."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._read = lru_cache(maxsize=4096)(self._read_uncached)
        self.tag = lru_cache(maxsize=4096)(self._tag_uncached)

    def _tag_uncached(self, purpose: str, text: str) -> str:
        return base64.urlsafe_b64encode(self._digest(purpose, text.encode())).rstrip(b"=").decode()

    def is_tag(self, given: str, purpose: str, text: str) -> bool:
        return hmac.compare_digest(given.encode(), self.tag(purpose, text).encode())

    def pack(self, purpose: str, value: dict[str, Any]) -> str:
        body = to_json(value)
        return base64.urlsafe_b64encode(self._digest(purpose, body) + body).rstrip(b"=").decode()

    def unpack(self, purpose: str, packed: str | None) -> dict[str, Any] | None:
        """None for what was not packed here for this purpose. Not to be changed by the caller: it is remembered."""
        if not packed or len(packed) > MAX_CHARS:
            return None
        return self._read(purpose, packed)

    def _read_uncached(self, purpose: str, packed: str) -> dict[str, Any] | None:
        try:
            raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._digest(purpose, body)):
            return None
        value = from_json(body)
        return cast(dict[str, Any], value) if isinstance(value, dict) else None

    def _digest(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self._secret, purpose.encode() + b"\0" + body, hashlib.sha256)[:_TAG_BYTES]
