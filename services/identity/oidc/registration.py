"""What may be registered for a client. Pure."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from services.identity.oidc.clients import IDENTITY_SCOPES
from shared.errors import Invalid, Problem, Violations
from shared.markers import N_
from shared.tokens import PLATFORM_SCOPE

MIN_SECRET_CHARS = 32
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")


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
