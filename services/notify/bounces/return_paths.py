"""The address that a mail is sent from, other for each: what comes back to it proves which mail it is about, and to which address it went.

Nobody but who had the mail, or a server on its way, knows the token; and it holds for one mail to one address only.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

_PURPOSE = b"notify return path 1"
_TAG_BYTES = 8
_TOKEN_CHARS = 39
MAX_LOCAL_CHARS = 64 - 1 - _TOKEN_CHARS


def as_bounce_address(address: str) -> str:
    """Raises ValueError for one to which no token can be added."""
    local, _, domain = address.partition("@")
    if not (local and domain and address.isascii() and address.count("@") == 1 and len(local) <= MAX_LOCAL_CHARS):
        raise ValueError(f"name@host, with a name of at most {MAX_LOCAL_CHARS} letters")
    return address


@dataclass(frozen=True)
class Returned:
    delivery_id: UUID
    tag: bytes


@dataclass(frozen=True)
class ReturnPaths:
    """address: where reports arrive, `bounces@host`; all of `bounces+...@host` must arrive there too. None for no tokens.

    secret: of the service; a report about a mail from before it changed is found by the Message-ID.
    """

    address: str | None
    secret: bytes = field(repr=False)

    def of(self, delivery_id: UUID, sent_to: str) -> str | None:
        """sent_to: the address on record, empty for a mail to any other."""
        if self.address is None:
            return None
        local, _, domain = self.address.partition("@")
        token = base64.b32encode(delivery_id.bytes + self._tag(delivery_id, sent_to)).rstrip(b"=").decode().lower()
        return f"{local}+{token}@{domain}"

    def find(self, addresses: Iterable[str]) -> list[Returned]:
        """Those that look like ours; whether they are, `proves` says."""
        if self.address is None:
            return []
        local, _, domain = self.address.lower().partition("@")
        found: list[Returned] = []
        for address in addresses:
            name, _, host = address.lower().partition("@")
            if host != domain or not name.startswith(f"{local}+"):
                continue
            token = name.removeprefix(f"{local}+")
            try:
                raw = base64.b32decode(token.upper() + "=")
            except (binascii.Error, ValueError):
                continue
            if len(raw) == 16 + _TAG_BYTES:
                found.append(Returned(UUID(bytes=raw[:16]), raw[16:]))
        return found

    def proves(self, returned: Returned, sent_to: str) -> bool:
        """Whether the mail went to this address; empty for one that was not on record."""
        return hmac.compare_digest(returned.tag, self._tag(returned.delivery_id, sent_to))

    def _tag(self, delivery_id: UUID, sent_to: str) -> bytes:
        key = hmac.digest(self.secret, _PURPOSE, hashlib.sha256)
        return hmac.digest(key, delivery_id.bytes + sent_to.lower().encode(), hashlib.sha256)[:_TAG_BYTES]
