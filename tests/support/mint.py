"""Tokens and keys as identity and the services would make them."""

import base64
import secrets
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey

from shared.ids import new_id
from shared.jwks import FixedKeys, KeySource
from shared.sealed import DataKey
from shared.service_tokens import issue_service_token, public_key_of
from shared.tokens import Quality

ORIGIN = "http://127.0.0.1:8080"
CALLERS = ("identity", "organisation", "recognition", "wallet", "notify", "gateway", "operator")

Headers = dict[str, str]


class Mint:
    """Makes the Authorization header of any caller. `origin` is the issuer that services under test trust."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.key = ECKey.generate_key("P-256", {"use": "sig"}, private=True, auto_kid=True)
        self.seeds = {caller: secrets.token_bytes(32) for caller in CALLERS}

    def key_source(self, behind: KeySource | None = None) -> KeySource:
        """Knows the test's key, and those of `behind`."""
        return _Keys(FixedKeys(self.key), behind)

    def public_keys(self) -> dict[str, str]:
        return {caller: public_key_of(seed) for caller, seed in self.seeds.items()}

    def service_settings(self, service: str) -> dict[str, Any]:
        return {
            "service_key": base64.b64encode(self.seeds[service]).decode(),
            "service_public_keys": self.public_keys(),
        }

    def person(
        self,
        account_id: UUID | str,
        *,
        acr: str = "pwd",
        scope: str = "platform",
        session_id: str | None = None,
        language: str = "en",
        client_id: str = "gateway",
        quality: Quality | None = None,
        expires_in_s: int = 300,
        claims: Mapping[str, Any] | None = None,
    ) -> Headers:
        now = int(time.time())
        content: dict[str, Any] = {
            **_quality_claims(quality),
            "sub": str(account_id),
            "sid": session_id or str(new_id()),
            "acr": acr,
            "amr": ["pwd"] if acr in ("pending", "pwd") else ["pwd", acr],
            "auth_time": now,
            "lang": language,
            "client_id": client_id,
            "scope": scope,
        }
        return self.signed({**content, **(claims or {})}, expires_in_s=expires_in_s)

    def tool(
        self,
        client_id: str,
        *,
        tool_id: str | None = None,
        scope: str = "charges",
        sector: str | None = None,
        expires_in_s: int = 300,
    ) -> Headers:
        content = {"sub": client_id, "client_id": client_id, "tool_id": tool_id or client_id, "scope": scope}
        content |= {"sector": sector} if sector else {}
        return self.signed(content, expires_in_s=expires_in_s)

    def peer(self, caller: str, audience: str) -> Headers:
        token = issue_service_token(self.seeds[caller], caller, audience, now=int(time.time()))
        return {"authorization": f"Bearer {token}"}

    def signed(self, claims: Mapping[str, Any], *, expires_in_s: int = 300, typ: str = "at+jwt") -> Headers:
        """Any claims, signed as an access token; `claims` win over the usual ones."""
        now = int(time.time())
        usual = {"iss": self.origin, "aud": "immo", "iat": now, "exp": now + expires_in_s}
        token = jwt.encode({"alg": "ES256", "typ": typ, "kid": self.key.kid}, {**usual, **claims}, self.key)
        return {"authorization": f"Bearer {token}"}


class DataKeys:
    """Identity's data keys, as far as a test needs them: each subject has one from its first use until it is erased."""

    def __init__(self) -> None:
        self._keys: dict[UUID, DataKey | None] = {}

    async def __call__(self, subjects: list[UUID]) -> Mapping[UUID, DataKey | None]:
        return {subject: self._keys.setdefault(subject, DataKey(1, secrets.token_bytes(32))) for subject in subjects}

    def erase(self, subject: UUID) -> None:
        self._keys[subject] = None


class _Keys:
    def __init__(self, first: KeySource, behind: KeySource | None) -> None:
        self._sources = [first, behind] if behind else [first]

    async def key(self, kid: str) -> ECKey | None:
        for source in self._sources:
            if found := await source.key(kid):
                return found
        return None


def _quality_claims(quality: Quality | None) -> dict[str, Any]:
    if quality is None:
        return {}
    organisation = {
        "id": str(quality.organisation_id),
        "enterprise_number": quality.enterprise_number,
        "name": quality.organisation_name,
    }
    return {
        "org": organisation,
        "usage_mode": quality.usage_mode,
        "role": quality.role,
        "recognitions": list(quality.recognitions),
    }
