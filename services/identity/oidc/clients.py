"""Programs that sign people in here: what they may register, and how they prove who they are. Pure."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote_plus, urlsplit

from services.identity.keys.rules import hash_token
from services.identity.oidc.errors import TokenRefused
from shared.errors import Invalid, Problem, Violations
from shared.markers import N_
from shared.tokens import PLATFORM_SCOPE

MIN_SECRET_CHARS = 32
IDENTITY_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")

ToolAcr = Literal["pwd", "mfa", "eid"]
IdTokenAlg = Literal["RS256", "ES256"]


class RedirectUriInvalid(Invalid):
    code = "redirect-uri-invalid"
    message = N_("This address is not complete, not https, or holds something that an exact comparison cannot bear.")


class SecretTooShort(Invalid):
    """params: min_length."""

    code = "secret-too-short"
    message = N_("A client's secret is random and has at least {min_length} characters.")


class ScopeReserved(Invalid):
    code = "scope-reserved"
    message = N_("This scope is for the platform's own pages.")


@dataclass(frozen=True)
class Client:
    """secret_hash: None for a public client. acr: the weakest way of signing in that the tool accepts.

    sector: the host whose tools know a person by a `sub` of their own; None: by the one that all others know.
    require_par: it must push its requests (RFC 9126).
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

    @property
    def is_public(self) -> bool:
        return self.secret_hash is None


@dataclass(frozen=True)
class Credentials:
    """How a client presented itself. secrets: the readings of what it sent; programs differ in how they encode it."""

    client_id: str
    secrets: tuple[str, ...] = field(repr=False)
    by_header: bool


def check_registration(
    *,
    redirect_uris: Sequence[str],
    others: Mapping[str, Sequence[str]],
    secret: str | None,
    scopes: Sequence[str],
    allow_http: bool,
) -> None:
    """others: further addresses by their field. allow_http: on this machine's own addresses. Raises Violations."""
    problems: list[Problem] = []
    for name, uris in {"redirect_uris": redirect_uris, **others}.items():
        problems += [RedirectUriInvalid(field=name) for uri in uris if not is_registrable(uri, allow_http=allow_http)]
    if not redirect_uris and set(scopes) & IDENTITY_SCOPES:
        problems.append(RedirectUriInvalid(field="redirect_uris"))
    if secret is not None and len(secret) < MIN_SECRET_CHARS:
        problems.append(SecretTooShort(field="secret", min_length=MIN_SECRET_CHARS))
    if PLATFORM_SCOPE in scopes:
        problems.append(ScopeReserved(field="scopes"))
    if problems:
        raise Violations(problems)


def is_registrable(uri: str, *, allow_http: bool) -> bool:
    """A complete address without user, fragment, wildcard, backslash or anything else that readers of URLs disagree about."""
    if not uri.isascii() or not uri.isprintable() or any(char in uri for char in ' \\"<>^`{|}*#'):
        return False
    try:
        parts = urlsplit(uri)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or not port_fits:
        return False
    return parts.scheme == "https" or (allow_http and parts.scheme == "http" and parts.hostname in _OWN_MACHINE)


def credentials_of(authorization: str | None, form: Mapping[str, str]) -> Credentials:
    """From the header or the body, never both (RFC 6749, 2.3). Raises TokenRefused."""
    if authorization is None:
        if not form.get("client_id"):
            raise TokenRefused("invalid_client", "client authentication is missing")
        secret = form.get("client_secret")
        return Credentials(form["client_id"], () if secret is None else (secret,), by_header=False)
    if "client_secret" in form:
        raise TokenRefused("invalid_request", "client authenticated in two ways")
    client_id, secret = _basic(authorization)
    if form.get("client_id", unquote_plus(client_id)) not in (client_id, unquote_plus(client_id)):
        raise TokenRefused("invalid_request", "client_id differs from the authenticated client")
    return Credentials(unquote_plus(client_id), (secret, unquote_plus(secret)), by_header=True)


def authenticate(client: Client | None, credentials: Credentials) -> Client:
    """Raises TokenRefused. A public client has no secret, and one that sends some is not this one."""
    if client is not None and client.secret_hash is None and not credentials.secrets:
        return client
    if client is not None and client.secret_hash is not None:
        expected = client.secret_hash
        if any(hmac.compare_digest(hash_token(secret), expected) for secret in credentials.secrets):
            return client
    raise TokenRefused("invalid_client", "client authentication failed")


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise TokenRefused("invalid_client", "client authentication is not readable") from error
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise TokenRefused("invalid_client", "client authentication is not readable")
    return client_id, secret
