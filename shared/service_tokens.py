"""The tokens with which services call each other: Ed25519, for one audience, for a minute."""

import base64
import binascii
import hashlib
from collections import OrderedDict
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jwt import JWTClaimsRegistry

from shared.tokens import TokenInvalid

TOKEN_TYPE = "service+jwt"
ALGORITHM = "Ed25519"
LIFETIME_S = 60
LEEWAY_S = 5
MAX_REMEMBERED = 1_000


class ServiceKeys:
    """Knows the public keys of all who may call `service`; one key, one caller.

    Callers use a token for half a minute: one that was verified is remembered until it expires, by its SHA-256.
    """

    def __init__(self, service: str, public_keys: Mapping[str, str]) -> None:
        self._service = service
        self._keys = {caller: _public_key(text) for caller, text in public_keys.items()}
        self._verified: OrderedDict[bytes, tuple[int, str]] = OrderedDict()

    def verify(self, token: str, *, now: int) -> str:
        """The name of the caller. Raises TokenInvalid. now: Unix seconds."""
        digest = hashlib.sha256(token.encode()).digest()
        found = self._verified.get(digest)
        if found is not None and found[0] > now:
            return found[1]
        expires_at, caller = self._verify(token, now)
        self._verified[digest] = (expires_at, caller)
        if len(self._verified) > MAX_REMEMBERED:
            self._verified.popitem(last=False)
        return caller

    def _verify(self, token: str, now: int) -> tuple[int, str]:
        try:
            caller = str(jws.extract_compact(token.encode()).headers().get("kid"))
            decoded = jwt.decode(token, self._keys[caller], algorithms=[ALGORITHM])
            JWTClaimsRegistry(
                now=now,
                leeway=LEEWAY_S,
                iss={"essential": True, "value": caller},
                aud={"essential": True, "value": self._service},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(decoded.claims)
        except (JoseError, ValueError, KeyError) as error:
            raise TokenInvalid() from error
        is_long = decoded.claims["exp"] - decoded.claims["iat"] > LIFETIME_S
        if decoded.header.get("typ") != TOKEN_TYPE or is_long:
            raise TokenInvalid()
        return int(decoded.claims["exp"]), caller


class ServiceTokens:
    """Issues the tokens of one caller, and uses each for half of its life."""

    def __init__(self, service: str, seed: bytes) -> None:
        self._service = service
        self._key = _private_key(seed)
        self._issued: dict[str, tuple[int, str]] = {}

    def token_for(self, audience: str, *, now: int) -> str:
        issued_at, token = self._issued.get(audience, (0, ""))
        if not 0 <= now - issued_at < LIFETIME_S // 2:
            token = issue_service_token(self._key, self._service, audience, now=now)
            self._issued[audience] = (now, token)
        return token


def issue_service_token(key: OKPKey | bytes, caller: str, audience: str, *, now: int) -> str:
    """A token of `caller` for `audience`. key: the Ed25519 key, or its 32 byte seed. now: Unix seconds."""
    signing_key = _private_key(key) if isinstance(key, bytes) else key
    header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": caller}
    claims = {"iss": caller, "aud": audience, "iat": now, "exp": now + LIFETIME_S}
    return jwt.encode(header, claims, signing_key, algorithms=[ALGORITHM])


def public_key_of(seed: bytes) -> str:
    """The raw public key in base64, as IMMO_SERVICE_PUBLIC_KEYS wants it."""
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()).decode()


def _private_key(seed: bytes) -> OKPKey:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _b64url(public), "d": _b64url(seed)})


def _public_key(text: str) -> OKPKey:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("a service's public key is not base64") from error
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _b64url(raw)})


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
