"""Checks access tokens (ES256, by identity) and service tokens (Ed25519, by each service)."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from shared.jwks import KeySource
from shared.service_tokens import ServiceKeys
from shared.tokens import ACR_LEVELS, Peer, Person, Quality, TokenInvalid, Tool

AUDIENCE = "immo"
ACCESS_TOKEN_TYPE = "at+jwt"
MAX_TOKEN_CHARS = 8192
LEEWAY_S = 5


class TokenVerifier:
    """Remembers up to `max_cached` verified access tokens until they expire, by their SHA-256."""

    def __init__(
        self,
        *,
        issuer: str,
        keys: KeySource,
        peers: ServiceKeys,
        max_cached: int = 10_000,
        clock: Callable[[], float] = time.time,
        is_live: Callable[[Person], Awaitable[bool]] | None = None,
    ) -> None:
        """is_live: asked each time where a service can know whether a person's session has ended before its token."""
        self._issuer = issuer
        self._keys = keys
        self._peers = peers
        self._max_cached = max_cached
        self._clock = clock
        self._is_live = is_live
        self._cache: OrderedDict[bytes, tuple[float, Person | Tool]] = OrderedDict()

    async def verify_access(self, token: str) -> Person | Tool:
        """Raises TokenInvalid, or KeysUnavailable when identity's keys cannot be had."""
        caller = await self._verified(token)
        if self._is_live is not None and isinstance(caller, Person) and not await self._is_live(caller):
            raise TokenInvalid()
        return caller

    async def _verified(self, token: str) -> Person | Tool:
        digest = hashlib.sha256(token.encode()).digest()
        found = self._cache.get(digest)
        if found is not None:
            if found[0] > self._clock():
                self._cache.move_to_end(digest)
                return found[1]
            del self._cache[digest]
        claims = await self._claims(token)
        caller = caller_of(claims)
        self._cache[digest] = (float(claims["exp"]), caller)
        if len(self._cache) > self._max_cached:
            self._cache.popitem(last=False)
        return caller

    async def verify_recent(self, token: str, *, ended_at_most_s: int) -> Person | Tool:
        """Like `verify_access`, but takes a token that has ended up to so many seconds ago: for pages that only show."""
        return caller_of(await self._claims(token, leeway_s=max(LEEWAY_S, ended_at_most_s)))

    def verify_service(self, token: str) -> Peer:
        """Raises TokenInvalid."""
        return Peer(self._peers.verify(token, now=int(self._clock())))

    async def _claims(self, token: str, *, leeway_s: int = LEEWAY_S) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_CHARS:
            raise TokenInvalid()
        try:
            header = jws.extract_compact(token.encode()).headers()
            if header.get("typ") != ACCESS_TOKEN_TYPE or not isinstance(header.get("kid"), str):
                raise TokenInvalid()
            key = await self._keys.key(header["kid"])
            if key is None:
                raise TokenInvalid()
            claims = jwt.decode(token, key, algorithms=["ES256"]).claims
            self._check(claims, leeway_s)
        except (JoseError, ValueError) as error:
            raise TokenInvalid() from error
        return claims

    def _check(self, claims: dict[str, Any], leeway_s: int) -> None:
        JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=leeway_s,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(claims)


def caller_of(claims: Mapping[str, Any]) -> Person | Tool:
    """Read verified claims: a session makes a person; without one it is a tool. Raises TokenInvalid when one is missing."""
    try:
        scopes = frozenset(str(claims.get("scope", "")).split())
        if "sid" not in claims:
            if claims["sub"] != claims["client_id"]:
                raise TokenInvalid()
            sector = str(claims["sector"]) if "sector" in claims else None
            return Tool(str(claims["client_id"]), str(claims["tool_id"]), scopes, sector)
        if claims["acr"] not in ACR_LEVELS:
            raise TokenInvalid()
        return Person(
            account_id=UUID(claims["sub"]),
            session_id=str(claims["sid"]),
            acr=claims["acr"],
            amr=tuple(str(method) for method in claims["amr"]),
            auth_time=int(claims["auth_time"]),
            language=str(claims["lang"]),
            client_id=str(claims["client_id"]),
            scopes=scopes,
            quality=_quality_of(claims),
            staff=str(claims.get("staff", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TokenInvalid() from error


def _quality_of(claims: Mapping[str, Any]) -> Quality | None:
    organisation = claims.get("org")
    if organisation is None:
        return None
    return Quality(
        organisation_id=UUID(organisation["id"]),
        enterprise_number=str(organisation["enterprise_number"]),
        organisation_name=str(organisation["name"]),
        usage_mode=str(claims["usage_mode"]),
        role=str(claims["role"]),
        recognitions=tuple(str(kind) for kind in claims.get("recognitions", ())),
    )
