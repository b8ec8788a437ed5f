"""Logout tokens: what must be true of one before it ends a session. Source: OpenID Connect Back-Channel Logout 1.0, 2.6."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

EVENT = "http://schemas.openid.net/event/backchannel-logout"
ALGORITHMS = ["ES256", "ES384", "EdDSA", "PS256", "RS256"]
MAX_AGE_S = 600
CLOCK_SKEW_S = 60


class LogoutTokenRefused(Exception):
    """The message says which rule it breaks; the platform's operator reads it, no user does."""


@dataclass(frozen=True)
class Logout:
    """Whose sessions end: of `sid` where the token has one, else all of `subject`."""

    token_id: str
    subject: str | None
    sid: str | None


@dataclass
class SeenTokens:
    """Token ids that were used, remembered for as long as a token could be used again."""

    _until: dict[str, float] = field(default_factory=dict[str, float])

    def use(self, token_id: str, *, now: float) -> None:
        self._until = {known: until for known, until in self._until.items() if until > now}
        if token_id in self._until:
            raise LogoutTokenRefused("jti was used before")
        self._until[token_id] = now + MAX_AGE_S + CLOCK_SKEW_S


def read_logout_token(token: str, keys: KeySet, *, issuer: str, client_id: str, now: float) -> Logout:
    """Return whom the token signs out. now: Unix seconds. Raises LogoutTokenRefused."""
    try:
        decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
    except (JoseError, ValueError) as error:
        raise LogoutTokenRefused("signature") from error
    claims = decoded.claims
    _check_parties(claims, issuer, client_id)
    _check_times(claims, now)
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(EVENT), Mapping):
        raise LogoutTokenRefused("events")
    if "nonce" in claims:
        raise LogoutTokenRefused("nonce must be absent")
    token_id, subject, sid = claims.get("jti"), claims.get("sub"), claims.get("sid")
    if not isinstance(token_id, str) or not (isinstance(subject, str) or isinstance(sid, str)):
        raise LogoutTokenRefused("jti, sub, sid")
    return Logout(token_id, subject, sid)


def _check_parties(claims: Mapping[str, Any], issuer: str, client_id: str) -> None:
    audience = claims.get("aud")
    if claims.get("iss") != issuer:
        raise LogoutTokenRefused("iss")
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        raise LogoutTokenRefused("aud")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp", now)
    if not isinstance(issued, int | float) or not -CLOCK_SKEW_S <= now - issued <= MAX_AGE_S:
        raise LogoutTokenRefused("iat")
    if not isinstance(expires, int | float) or expires < now - CLOCK_SKEW_S:
        raise LogoutTokenRefused("exp")
