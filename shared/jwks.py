"""Where the public keys of access tokens come from."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from shared.errors import Unavailable

MAX_AGE_S = 600.0
MIN_PAUSE_S = 5.0


class KeysUnavailable(Unavailable):
    code = "identity-unavailable"


class KeySource(Protocol):
    async def key(self, kid: str) -> ECKey | None:
        """The P-256 key of this id, or None when there is none. Raises KeysUnavailable."""
        ...


class FixedKeys:
    """Keys that are at hand: identity's own, or a test's."""

    def __init__(self, *keys: ECKey) -> None:
        self._keys = {str(key.kid): key for key in keys}

    async def key(self, kid: str) -> ECKey | None:
        return self._keys.get(kid)


class RemoteKeys:
    """Identity's JWKS, fetched when a key is unknown (at most each five seconds) or the set is ten minutes old.

    A set that cannot be renewed goes on being used for the keys that it has.
    """

    def __init__(
        self, fetch: Callable[[], Awaitable[Mapping[str, Any]]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, ECKey] = {}
        self._fetched_at: float | None = None
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> ECKey | None:
        if kid not in self._keys or self._is_old():
            async with self._lock:
                if kid not in self._keys or self._is_old():
                    await self._renew()
        if self._fetched_at is None:
            raise KeysUnavailable()
        return self._keys.get(kid)

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at > MAX_AGE_S

    async def _renew(self) -> None:
        if self._clock() - self._tried_at < MIN_PAUSE_S and self._fetched_at is not None:
            return
        self._tried_at = self._clock()
        try:
            document = await self._fetch()
        except Unavailable:
            return
        self._keys = _read(document)
        self._fetched_at = self._clock()


def _read(document: Mapping[str, Any]) -> dict[str, ECKey]:
    """The P-256 keys of a JWK set; others, and odd ones, are not for us."""
    keys: dict[str, ECKey] = {}
    entries: list[dict[str, Any]] = [entry for entry in document.get("keys", ()) if isinstance(entry, dict)]
    for entry in entries:
        if entry.get("kty") == "EC" and entry.get("crv") == "P-256" and "kid" in entry:
            try:
                key = ECKey.import_key(entry)
            except (JoseError, ValueError):
                continue
            keys[str(key.kid)] = key
    return keys
