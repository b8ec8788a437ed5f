"""The link by which a mail lets its reader stop its like, without signing in: `List-Unsubscribe` (RFC 2369) in one click (RFC 8058).

A mail that may be stopped gets both headers, any other gets neither::

    url = unsubscribes.url(account_id, kind)
    if url is not None:
        message["List-Unsubscribe"] = f"<{url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

from services.notify.digests.rules import DIGEST
from services.notify.preferences.topics import EVERYTHING, TOPICS, topic_of

PATH = "/api/notifications/unsubscribe"
_PURPOSE = b"notify unsubscribe 1"
_TAG_BYTES = 16
_MAX_CHARS = 120


@dataclass(frozen=True)
class Unsubscribe:
    """What a link stops. topic: of TOPICS, or EVERYTHING."""

    account_id: UUID
    topic: str


@dataclass(frozen=True)
class Unsubscribes:
    """origin: of the platform's pages. secret: of the service; links keep their worth as long as it does."""

    origin: str
    secret: bytes = field(repr=False)

    def url(self, account_id: UUID, kind: str) -> str | None:
        """Where a mail of this kind can be stopped; None where it cannot."""
        topic = EVERYTHING if kind == DIGEST else topic_of(kind)
        if topic is None:
            return None
        return f"{self.origin.rstrip('/')}{PATH}/{make_token(self.secret, Unsubscribe(account_id, topic))}"


def make_token(secret: bytes, unsubscribe: Unsubscribe) -> str:
    body = unsubscribe.account_id.bytes + unsubscribe.topic.encode()
    return base64.urlsafe_b64encode(_tag(secret, body) + body).rstrip(b"=").decode()


def read_token(secret: bytes, token: str) -> Unsubscribe | None:
    """None for what was not made here. It never expires: who finds an old mail wants no more of them either."""
    if len(token) > _MAX_CHARS:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(secret, body)):
        return None
    topic = body[16:].decode()
    return Unsubscribe(UUID(bytes=body[:16]), topic) if topic in (*TOPICS, EVERYTHING) else None


def _tag(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(hmac.digest(secret, _PURPOSE, hashlib.sha256), body, hashlib.sha256)[:_TAG_BYTES]
