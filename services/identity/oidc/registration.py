"""What may be registered for a client (RFC 7591; OpenID Connect Dynamic Client Registration 1.0). Pure."""

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from services.identity.oidc.assertions import KeysRefused, read_keys
from services.identity.oidc.clients import (
    IDENTITY_SCOPES,
    OFFLINE_ACCESS,
    AuthMethod,
    Client,
    GrantType,
    IdTokenAlg,
    ToolAcr,
)
from shared.errors import Invalid, Problem, Violations
from shared.markers import N_
from shared.tokens import PLATFORM_SCOPE

MIN_SECRET_CHARS = 32
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".onion")

Short = Annotated[str, Field(min_length=1, max_length=200)]
Uri = Annotated[str, Field(min_length=1, max_length=2000)]
Scope = Annotated[str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]{1,100}$")]


class RedirectUriInvalid(Invalid):
    code = "redirect-uri-invalid"
    message = N_("This address is not complete, not https, or holds something that an exact comparison cannot bear.")


class AddressNotPublic(Invalid):
    code = "address-not-public"
    message = N_("The platform itself calls this address, so it must be a public one, with https.")


class SecretTooShort(Invalid):
    """params: min_length."""

    code = "secret-too-short"
    message = N_("A client's secret is random and has at least {min_length} characters.")


class ScopeReserved(Invalid):
    code = "scope-reserved"
    message = N_("This scope is for the platform's own pages.")


class ScopeNotAllowed(Invalid):
    """params: scopes."""

    code = "scope-not-allowed"
    message = N_("These scopes may not be registered with this token: {scopes}.")


class ClientKeysInvalid(Invalid):
    """params: reason, in English, for who writes the program."""

    code = "client-keys-invalid"
    message = N_("The client's keys are needed for private_key_jwt, as `jwks` or at `jwks_uri`: {reason}.")


class GrantTypeInvalid(Invalid):
    code = "grant-type-invalid"
    message = N_("A client that keeps no secret signs people in, and does nothing on its own behalf.")


class SectorInvalid(Invalid):
    code = "sector-invalid"
    message = N_("All redirect addresses have one host, or the list at `sector_identifier_uri` names each of them.")


class Metadata(BaseModel):
    """In the words of RFC 7591 and OpenID Connect, plus `require_pkce`. What is not known is ignored, as both ask."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    client_name: Short
    redirect_uris: Annotated[list[Uri], Field(max_length=50)] = []
    post_logout_redirect_uris: Annotated[list[Uri], Field(max_length=50)] = []
    backchannel_logout_uri: Uri | None = None
    token_endpoint_auth_method: AuthMethod = "client_secret_basic"
    grant_types: Annotated[list[GrantType], Field(min_length=1)] = ["authorization_code"]
    response_types: list[Literal["code"]] = ["code"]
    scope: Annotated[str, Field(max_length=2000)] = "openid profile"
    jwks: dict[str, Any] | None = None
    jwks_uri: Uri | None = None
    subject_type: Literal["public", "pairwise"] = "public"
    sector_identifier_uri: Uri | None = None
    id_token_signed_response_alg: IdTokenAlg = "RS256"
    default_acr_values: list[ToolAcr] = ["pwd"]
    require_pushed_authorization_requests: bool = False
    require_pkce: bool = False

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope.split())


def check(metadata: Metadata, *, own_machine: bool, allowed_scopes: Collection[str] | None = None) -> None:
    """own_machine: addresses of this machine may be http. allowed_scopes: None for all. Raises Violations."""
    problems = [
        *_addresses(metadata, own_machine=own_machine),
        *_scopes(metadata, allowed_scopes),
        *_keys(metadata),
    ]
    if metadata.token_endpoint_auth_method == "none" and "client_credentials" in metadata.grant_types:
        problems.append(GrantTypeInvalid(field="grant_types"))
    if problems:
        raise Violations(problems)


def client_from(
    metadata: Metadata, client_id: str, tool_id: str, *, secret_hash: bytes | None, sector: str | None
) -> Client:
    """secret_hash: for methods that have a secret; left out for others."""
    has_secret = metadata.token_endpoint_auth_method in ("client_secret_basic", "client_secret_post")
    return Client(
        client_id=client_id,
        name=metadata.client_name,
        tool_id=tool_id,
        secret_hash=secret_hash if has_secret else None,
        redirect_uris=tuple(metadata.redirect_uris),
        post_logout_redirect_uris=tuple(metadata.post_logout_redirect_uris),
        backchannel_logout_uri=metadata.backchannel_logout_uri,
        acr=metadata.default_acr_values[0] if metadata.default_acr_values else "pwd",
        scopes=metadata.scopes - {OFFLINE_ACCESS},
        sector=sector,
        id_token_alg=metadata.id_token_signed_response_alg,
        require_pkce=metadata.require_pkce,
        require_par=metadata.require_pushed_authorization_requests,
        auth_method=metadata.token_endpoint_auth_method,
        grant_types=frozenset(metadata.grant_types),
        jwks=metadata.jwks,
        jwks_uri=metadata.jwks_uri,
        sector_identifier_uri=metadata.sector_identifier_uri,
    )


def metadata_of(client: Client) -> Metadata:
    return Metadata(
        client_name=client.name,
        redirect_uris=list(client.redirect_uris),
        post_logout_redirect_uris=list(client.post_logout_redirect_uris),
        backchannel_logout_uri=client.backchannel_logout_uri,
        token_endpoint_auth_method=client.auth_method,
        grant_types=cast(list[GrantType], sorted(client.grant_types)),
        scope=" ".join(sorted(client.scopes)),
        jwks=dict(client.jwks) if client.jwks is not None else None,
        jwks_uri=client.jwks_uri,
        subject_type="public" if client.sector is None else "pairwise",
        sector_identifier_uri=client.sector_identifier_uri,
        id_token_signed_response_alg=client.id_token_alg,
        default_acr_values=[client.acr],
        require_pushed_authorization_requests=client.require_par,
        require_pkce=client.require_pkce,
    )


def check_secret(secret: str | None) -> None:
    """Of a secret that an operator chose. Raises Violations."""
    if secret is not None and len(secret) < MIN_SECRET_CHARS:
        raise Violations([SecretTooShort(field="secret", min_length=MIN_SECRET_CHARS)])


def sector_of(metadata: Metadata, listed: object) -> str | None:
    """The host under which people are known to the client. listed: what the sector's address answered. Raises Violations."""
    if metadata.subject_type == "public":
        return None
    if metadata.sector_identifier_uri is not None:
        if not isinstance(listed, list) or not set(metadata.redirect_uris) <= set(map(str, cast(list[object], listed))):
            raise Violations([SectorInvalid(field="sector_identifier_uri")])
        return urlsplit(metadata.sector_identifier_uri).hostname
    hosts = {urlsplit(uri).hostname for uri in metadata.redirect_uris}
    if len(hosts) != 1:
        raise Violations([SectorInvalid(field="redirect_uris")])
    return hosts.pop()


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


def may_be_called(uri: str, *, own_machine: bool) -> bool:
    """What can be told of an address without asking the network; the rest is seen when it is called (`outbound.py`)."""
    if not is_registrable(uri, allow_http=own_machine):
        return False
    host = (urlsplit(uri).hostname or "").rstrip(".")
    if host in _OWN_MACHINE:
        return own_machine
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_LOCAL_NAMES) and not host.rsplit(".", 1)[1].isdigit()


def _addresses(metadata: Metadata, *, own_machine: bool) -> list[Problem]:
    shown: Mapping[str, Sequence[str]] = {
        "redirect_uris": metadata.redirect_uris,
        "post_logout_redirect_uris": metadata.post_logout_redirect_uris,
    }
    called = {name: getattr(metadata, name) for name in ("backchannel_logout_uri", "jwks_uri", "sector_identifier_uri")}
    problems: list[Problem] = [
        RedirectUriInvalid(field=name)
        for name, uris in shown.items()
        for uri in uris
        if not is_registrable(uri, allow_http=own_machine)
    ]
    problems += [
        AddressNotPublic(field=name)
        for name, uri in called.items()
        if uri is not None and not may_be_called(uri, own_machine=own_machine)
    ]
    if "authorization_code" in metadata.grant_types and not metadata.redirect_uris:
        problems.append(RedirectUriInvalid(field="redirect_uris"))
    return problems


def _scopes(metadata: Metadata, allowed: Collection[str] | None) -> list[Problem]:
    if PLATFORM_SCOPE in metadata.scopes:
        return [ScopeReserved(field="scope")]
    foreign = (
        metadata.scopes - {*allowed, *IDENTITY_SCOPES, OFFLINE_ACCESS} if allowed is not None else frozenset[str]()
    )
    return [ScopeNotAllowed(field="scope", scopes=" ".join(sorted(foreign)))] if foreign else []


def _keys(metadata: Metadata) -> list[Problem]:
    if metadata.jwks is not None and metadata.jwks_uri is not None:
        return [ClientKeysInvalid(field="jwks", reason="only one of the two")]
    if metadata.jwks is not None:
        try:
            read_keys(metadata.jwks)
        except KeysRefused as refused:
            return [ClientKeysInvalid(field="jwks", reason=str(refused))]
    if metadata.token_endpoint_auth_method == "private_key_jwt" and metadata.jwks is None and metadata.jwks_uri is None:
        return [ClientKeysInvalid(field="jwks_uri", reason="there are none")]
    return []
