"""Programs that sign people in here. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

IDENTITY_SCOPES = frozenset({"openid", "profile", "email"})
OFFLINE_ACCESS = "offline_access"
"""May be asked for and registered, as libraries do, and is granted to nobody: nothing outlives the person's session."""
ToolAcr = Literal["pwd", "mfa", "eid"]
IdTokenAlg = Literal["RS256", "ES256"]
AuthMethod = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
GrantType = Literal["authorization_code", "refresh_token", "client_credentials"]
AUTH_METHODS: tuple[AuthMethod, ...] = get_args(AuthMethod)
GRANT_TYPES: tuple[GrantType, ...] = get_args(GrantType)
INTROSPECTION_SCOPE = "introspection"
"""Of a client that is a resource server: it may ask about any token."""


@dataclass(frozen=True)
class Client:
    """secret_hash: None for a client that has no secret. acr: the weakest way of signing in that the tool accepts.

    sector: the host whose tools know a person by a `sub` of their own; None: by the one that all others know.
    require_par: it must push its requests (RFC 9126). auth_method: the only way in which it may prove who it is.
    old_secret_hash: of the secret before, good until `old_secret_until`. jwks or jwks_uri: its public keys, for private_key_jwt.
    """

    client_id: str
    name: str
    tool_id: str
    secret_hash: bytes | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    acr: ToolAcr
    scopes: frozenset[str]
    sector: str | None = None
    id_token_alg: IdTokenAlg = "RS256"
    require_pkce: bool = False
    require_par: bool = False
    auth_method: AuthMethod = "client_secret_basic"
    grant_types: frozenset[str] = frozenset(GRANT_TYPES)
    old_secret_hash: bytes | None = field(default=None, repr=False)
    old_secret_until: datetime | None = None
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    sector_identifier_uri: str | None = None

    @property
    def is_public(self) -> bool:
        """It runs where no secret can be kept."""
        return self.auth_method == "none"
