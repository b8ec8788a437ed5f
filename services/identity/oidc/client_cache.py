"""Clients and their keys, as one process knows them for a moment: every request of a tool's server begins with both."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from joserfc.jwk import Key

from services.identity.oidc import client_store
from services.identity.oidc.assertions import KeysRefused, read_keys
from services.identity.oidc.clients import Client
from services.identity.oidc.outbound import Outbound, OutboundFailed, OutboundRefused
from shared.db import Database

MAX_CLIENTS = 1_000
KEYS_TTL_S = 300.0
KEYS_PAUSE_S = 30.0


class ClientCache:
    """What changes here is seen here at once, and within `ttl_s` by the other processes.

    It answers who a client is, not what it may still do: a use of a code or token asks the database whether its client is switched off.
    """

    def __init__(self, database: Database, *, ttl_s: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._ttl_s = ttl_s
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Client]] = OrderedDict()

    async def find(self, client_id: str) -> Client | None:
        """Never a client that is switched off. Unknown ones are not remembered, so nobody can fill the memory with them."""
        known = self._known.get(client_id)
        if known is not None and self._clock() - known[0] < self._ttl_s:
            return known[1]
        read_at = self._clock()
        async with self._database.acquire() as db:
            client = await client_store.find_client(db, client_id)
        if client is None:
            self.forget(client_id)
            return None
        self._known[client_id] = (read_at, client)
        self._known.move_to_end(client_id)
        if len(self._known) > MAX_CLIENTS:
            self._known.popitem(last=False)
        return client

    def forget(self, client_id: str) -> None:
        self._known.pop(client_id, None)


class ClientKeys:
    """Public keys of clients that name an address for them; fetched when needed, kept for KEYS_TTL_S.

    A key that is not known makes them be fetched again, but not more often than each KEYS_PAUSE_S: strangers can send any `kid`.
    """

    def __init__(self, outbound: Outbound, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbound = outbound
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Sequence[Key]]] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, client: Client, *, fresh: bool = False) -> Sequence[Key]:
        """Empty when they cannot be had. fresh: what was known did not do."""
        if client.jwks_uri is None:
            return _read(client.jwks)
        lock = self._locks.setdefault(client.jwks_uri, asyncio.Lock())
        async with lock:
            fetched_at, keys = self._known.get(client.jwks_uri, (None, ()))
            keep_s = KEYS_PAUSE_S if fresh or not keys else KEYS_TTL_S
            if fetched_at is None or self._clock() - fetched_at >= keep_s:
                keys = await self._fetch(client.jwks_uri) or keys
                self._known[client.jwks_uri] = (self._clock(), keys)
                self._known.move_to_end(client.jwks_uri)
                while len(self._known) > MAX_CLIENTS:
                    self._locks.pop(self._known.popitem(last=False)[0], None)
            return keys

    async def _fetch(self, uri: str) -> Sequence[Key]:
        try:
            return _read(await self._outbound.get_json(uri))
        except (OutboundRefused, OutboundFailed):
            return ()


def _read(jwks: object) -> Sequence[Key]:
    try:
        return read_keys(jwks) if isinstance(jwks, dict) else ()  # pyright: ignore[reportUnknownArgumentType]
    except KeysRefused:
        return ()
