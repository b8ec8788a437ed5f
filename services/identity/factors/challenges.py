"""What a passkey must sign: random, for one purpose, bound to who asked for it, for a few minutes. Signed here instead of stored. Pure."""

import hmac
import os
from datetime import datetime, timedelta
from typing import Literal

from services.identity.keys.rules import MasterKey

Purpose = Literal["register", "sign-in", "second-factor", "confirm"]

TTL = timedelta(minutes=5)
_RANDOM_BYTES, _TIME_BYTES, _TAG_BYTES = 24, 8, 32


def make(master: MasterKey, purpose: Purpose, bound_to: str, *, now: datetime) -> bytes:
    """bound_to: what only the browser has that asks, such as its session token."""
    expires_at = int((now + TTL).timestamp())
    body = os.urandom(_RANDOM_BYTES) + expires_at.to_bytes(_TIME_BYTES, "big")
    return body + _tag(master, purpose, bound_to, body)


def is_ours(master: MasterKey, challenge: bytes, purpose: Purpose, bound_to: str) -> bool:
    """Whether it was made here, for this purpose and this browser; it may have expired."""
    if len(challenge) != _RANDOM_BYTES + _TIME_BYTES + _TAG_BYTES:
        return False
    body, tag = challenge[:-_TAG_BYTES], challenge[-_TAG_BYTES:]
    return hmac.compare_digest(tag, _tag(master, purpose, bound_to, body))


def expires_at(challenge: bytes) -> int:
    """Unix seconds. challenge: one that is ours."""
    return int.from_bytes(challenge[_RANDOM_BYTES : _RANDOM_BYTES + _TIME_BYTES], "big")


def _tag(master: MasterKey, purpose: Purpose, bound_to: str, body: bytes) -> bytes:
    return master.keyed_hash("challenge", purpose, bound_to, body.hex())
