"""The signed assertion by which a client proves who it is (private_key_jwt: RFC 7523, 3; OpenID Connect Core, 9). Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from joserfc.jwt import JWTClaimsRegistry
from pydantic_core import from_json

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")
MAX_ASSERTION_CHARS = 8_000
MAX_KEYS = 20
MAX_LIFETIME_S = 3600
LEEWAY_S = 30
_MAX_JTI_CHARS = 500
_MIN_RSA_BITS = 2048


class AssertionRefused(Exception):
    """The message says why, for the log; the client is told only that it failed."""


class KeyUnknown(AssertionRefused):
    """No key of the client's could have signed it: perhaps it has new ones."""


class KeysRefused(Exception):
    """Not a set of public keys that can sign assertions."""


@dataclass(frozen=True)
class Assertion:
    """What is left to check: that it was not used before. expires_at: from then on nobody believes it anyway."""

    jti: str
    expires_at: datetime


def claimed_subject(text: str) -> str | None:
    """Who it says it is about, believed by nobody yet: only to find the keys."""
    if len(text) > MAX_ASSERTION_CHARS:
        return None
    try:
        claims = from_json(jws.extract_compact(text.encode()).payload)
    except (JoseError, ValueError):
        return None
    subject = claims.get("sub") if isinstance(claims, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return subject if isinstance(subject, str) and 0 < len(subject) <= 100 and "\0" not in subject else None


def read_keys(jwks: Mapping[str, Any]) -> list[Key]:
    """The public keys of a set that can sign assertions; those of other kinds and uses are left out.

    Raises KeysRefused when nothing is left, or for one that is secret and should never have been shown.
    """
    found = jwks.get("keys")
    if not isinstance(found, list) or not 0 < len(found) <= MAX_KEYS:  # pyright: ignore[reportUnknownArgumentType]
        raise KeysRefused(f"`keys` must hold one to {MAX_KEYS} keys")
    keys = [key for entry in found if (key := _read_key(entry)) is not None]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not keys:
        raise KeysRefused("no key can sign with " + ", ".join(ALGORITHMS))
    return keys


def read_assertion(
    text: str, keys: Iterable[Key], *, client_id: str, audiences: Collection[str], now: datetime
) -> Assertion:
    """Raises AssertionRefused, KeyUnknown. audiences: the names that we answer to."""
    claims = _verified(text, keys)
    _check(claims, client_id, audiences, int(now.timestamp()))
    jti, expires_at = claims.get("jti"), claims["exp"]
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI_CHARS:
        raise AssertionRefused("jti is missing or too long")
    if expires_at > now.timestamp() + MAX_LIFETIME_S:
        raise AssertionRefused(f"valid for more than {MAX_LIFETIME_S} s")
    return Assertion(jti, datetime.fromtimestamp(expires_at + LEEWAY_S, UTC))


def _verified(text: str, keys: Iterable[Key]) -> dict[str, Any]:
    """The algorithm must be one of ours and fit the key's kind: a public key is never taken for the secret of an HMAC."""
    try:
        header = jws.extract_compact(text.encode()).headers()
    except (JoseError, ValueError) as error:
        raise AssertionRefused("malformed") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise AssertionRefused("algorithm not allowed")
    fitting = [key for key in keys if kid in (None, key.kid) and _fits(key, algorithm)]
    for key in fitting:
        try:
            return jwt.decode(text, key, algorithms=[algorithm]).claims
        except (JoseError, ValueError):
            continue
    raise KeyUnknown("no key verifies it") if not fitting or kid is None else AssertionRefused("signature is wrong")


def _check(claims: Mapping[str, Any], client_id: str, audiences: Collection[str], now_s: int) -> None:
    try:
        JWTClaimsRegistry(
            now=now_s,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": client_id},
            sub={"essential": True, "value": client_id},
            aud={"essential": True, "values": list(audiences)},
            exp={"essential": True},
        ).validate(dict(claims))
    except (JoseError, ValueError, TypeError) as error:
        raise AssertionRefused(str(error)) from error
    if isinstance(claims["exp"], bool):
        raise AssertionRefused("exp is no time")


def _fits(key: Key, algorithm: str) -> bool:
    said = key.get("alg")
    if said is not None and said != algorithm:
        return False
    if algorithm == "ES256":
        return isinstance(key, ECKey) and key.curve_name == "P-256"
    if algorithm in ("RS256", "PS256"):
        return isinstance(key, RSAKey)
    return isinstance(key, OKPKey) and key.curve_name == "Ed25519"


def _read_key(entry: object) -> Key | None:
    if not isinstance(entry, dict):
        raise KeysRefused("a key is not an object")
    if "d" in entry or entry.get("kty") == "oct":  # pyright: ignore[reportUnknownMemberType]
        raise KeysRefused("a key is secret: make new ones, and show only the public halves")
    if entry.get("use", "sig") != "sig":  # pyright: ignore[reportUnknownMemberType]
        return None
    try:
        (key,) = KeySet.import_key_set({"keys": [entry]}).keys  # pyright: ignore[reportArgumentType]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeysRefused("a key cannot be read") from error
    if isinstance(key, RSAKey) and key.public_key.key_size < _MIN_RSA_BITS:
        raise KeysRefused(f"an RSA key has fewer than {_MIN_RSA_BITS} bits")
    return key if any(_fits(key, algorithm) for algorithm in ALGORITHMS) else None
