"""Keys that sign tokens, as one process knows them: read from the database, and again every `reload_s` seconds."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic_core import from_json, to_json

from services.identity.keys import store
from services.identity.keys.rules import MasterKey
from services.identity.keys.store import KeyState, WrappedSigningKey
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable

ALGORITHM = "ES256"
_CURVE = "P-256"


@dataclass(frozen=True)
class _Keys:
    active: ECKey
    published: Mapping[str, ECKey]
    read_at: float


class SigningKeys:
    """One a process. Other processes may rotate the keys: a new one is published before it signs, so nobody is surprised."""

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        *,
        reload_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._master = master
        self._reload_s = reload_s
        self._clock = clock
        self._keys: _Keys | None = None
        self._lock = asyncio.Lock()

    async def ensure(self) -> None:
        """Make the first key if there is none yet, whichever process comes first."""
        async with self._database.transaction() as db:
            await store.lock_signing_keys(db)
            if not any(key.state == "active" for key in await store.find_signing_keys(db)):
                key = new_signing_key(self._master, "active")
                await store.insert_signing_key(db, key, self._master.id, now=datetime.now(UTC))
        await self._current()

    async def sign(self, token_type: str, claims: Mapping[str, Any]) -> str:
        """A JWT. token_type: the `typ` header, which keeps kinds of tokens apart."""
        key = (await self._current()).active
        header = {"alg": ALGORITHM, "typ": token_type, "kid": str(key.kid)}
        return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])

    async def key(self, kid: str) -> ECKey | None:
        """The published key of this id: identity verifies its own tokens with it (`KeySource`)."""
        return (await self._current()).published.get(kid)

    async def jwks(self) -> dict[str, Any]:
        """What /oauth2/jwks answers."""
        keys = (await self._current()).published.values()
        return {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in keys]}

    async def _current(self) -> _Keys:
        keys = self._keys
        if keys is not None and self._clock() - keys.read_at < self._reload_s:
            return keys
        async with self._lock:
            if self._keys is keys:
                self._keys = await self._read(keys)
            return self._keys or await self._read(None)

    async def _read(self, known: _Keys | None) -> _Keys:
        """Raises DatabaseUnavailable only when nothing is known yet: what is known goes on signing."""
        try:
            async with self._database.acquire() as db:
                found = await store.find_signing_keys(db)
        except (*DATABASE_AWAY, DatabaseUnavailable):
            if known is None:
                raise
            return known
        active = next(key for key in found if key.state == "active")
        return _Keys(
            active=ECKey.import_key(from_json(self._master.unwrap(_purpose(active.kid), active.wrapped))),
            published={key.kid: ECKey.import_key(dict(key.public_jwk)) for key in found},
            read_at=self._clock(),
        )


def new_signing_key(master: MasterKey, state: KeyState) -> WrappedSigningKey:
    """The id is the key's own thumbprint (RFC 7638)."""
    key = ECKey.generate_key(_CURVE, auto_kid=True)
    kid = str(key.kid)
    wrapped = master.wrap(_purpose(kid), to_json(key.as_dict(private=True)))
    return WrappedSigningKey(kid, state, dict(key.as_dict(private=False)), wrapped)


def _purpose(kid: str) -> str:
    return f"signing-key:{kid}"
