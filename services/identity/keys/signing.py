"""Keys that sign tokens, as one process knows them: read from the database, and again every `reload_s` seconds."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc.jwk import ECKey, RSAKey
from pydantic_core import from_json

from services.identity.keys import store
from services.identity.keys.rotation import ALGORITHMS, Algorithm, active_of, of_algorithm
from services.identity.keys.rules import MasterKey
from services.identity.keys.signers import Signer, new_key, private_key
from services.identity.keys.store import WrappedSigningKey
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable


@dataclass(frozen=True)
class Published:
    """A key that verifies. algorithm: the only one that it is used with, whatever a token's header says."""

    algorithm: Algorithm
    key: ECKey | RSAKey


@dataclass(frozen=True)
class _Keys:
    signers: Mapping[Algorithm, Sequence[Signer]]
    published: Mapping[str, Published]
    read_at: float


def utc_now() -> datetime:
    return datetime.now(UTC)


class SigningKeys:
    """One a process. Other processes may make keys: each is published before it signs, so nobody is surprised."""

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        *,
        reload_s: float,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._master = master
        self._reload_s = reload_s
        self._clock = clock
        self._now = now
        self._keys: _Keys | None = None
        self._lock = asyncio.Lock()

    async def ensure(self) -> None:
        """Make the first key of each algorithm if there is none yet, whichever process comes first."""
        async with self._database.transaction() as db:
            await store.lock_signing_keys(db)
            known = {key.algorithm for key in await store.find_signing_keys(db)}
            for algorithm in ALGORITHMS:
                if algorithm not in known:
                    key = new_signing_key(self._master, algorithm, activates_at=self._now())
                    await store.insert_signing_key(db, key, self._master.id, now=self._now())
        await self._current()

    async def sign(self, token_type: str, claims: Mapping[str, Any], algorithm: Algorithm = "ES256") -> str:
        """A JWT. token_type: the `typ` header, which keeps kinds of tokens apart. The platform's own tokens are ES256."""
        signers = (await self._current()).signers[algorithm]
        return active_of(signers, now=self._now()).sign(token_type, claims)

    async def key(self, kid: str) -> ECKey | None:
        """The published key of this id for access tokens: identity verifies its own with it (`KeySource`)."""
        found = (await self._current()).published.get(kid)
        return found.key if found is not None and isinstance(found.key, ECKey) else None

    async def published(self, kid: str) -> Published | None:
        return (await self._current()).published.get(kid)

    async def jwks(self) -> dict[str, Any]:
        """What /oauth2/jwks answers."""
        published = (await self._current()).published.values()
        return {"keys": [{**it.key.as_dict(private=False), "use": "sig", "alg": it.algorithm} for it in published]}

    def forget(self) -> None:
        """Read again at the next use."""
        self._keys = None

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
        signers: Mapping[Algorithm, Sequence[Signer]] = known.signers if known else {}
        return _Keys(
            signers={name: self._signers(of_algorithm(found, name), signers.get(name, ())) for name in ALGORITHMS},
            published={key.kid: _published(key) for key in found},
            read_at=self._clock(),
        )

    def _signers(self, found: Sequence[WrappedSigningKey], known: Sequence[Signer]) -> list[Signer]:
        """Those that are known already are not unwrapped again."""
        by_kid = {signer.kid: signer for signer in known}
        return [by_kid.get(key.kid) or self._signer(key) for key in found]

    def _signer(self, key: WrappedSigningKey) -> Signer:
        jwk = from_json(self._master.unwrap(purpose_of(key.kid), key.wrapped))
        return Signer(key.kid, key.algorithm, key.activates_at, private_key(key.algorithm, jwk))


def new_signing_key(master: MasterKey, algorithm: Algorithm, *, activates_at: datetime) -> WrappedSigningKey:
    """The id is the key's own thumbprint (RFC 7638)."""
    kid, public, private = new_key(algorithm)
    return WrappedSigningKey(kid, algorithm, public, master.wrap(purpose_of(kid), private), activates_at)


def purpose_of(kid: str) -> str:
    return f"signing-key:{kid}"


def _published(key: WrappedSigningKey) -> Published:
    made = ECKey if key.algorithm == "ES256" else RSAKey
    return Published(key.algorithm, made.import_key({**key.public_jwk, "kid": key.kid}))
