"""The parameter `claims` (OpenID Connect Core, 5.5): what a tool asks for by name. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic_core import from_json

from services.identity.oidc.claims import CLAIMS_OF_SCOPE
from services.identity.oidc.errors import AuthorizeRefused

MAX_CHARS = 4_000


@dataclass(frozen=True)
class RequestedClaims:
    """id_token, userinfo: names that we know. acr_values: essential ones. subject: who it must be, as the tool knows them."""

    id_token: tuple[str, ...] = ()
    userinfo: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    is_acr_essential: bool = False
    subject: str | None = None


def read_claims(text: str | None, scopes: Iterable[str]) -> RequestedClaims:
    """scopes: that the client may have; a claim that none of them opens is left out, as an unknown one is. Raises AuthorizeRefused."""
    if text is None:
        return RequestedClaims()
    document = _object(text)
    id_token, userinfo = (_members(document, name) for name in ("id_token", "userinfo"))
    allowed = {name for scope in scopes for name in CLAIMS_OF_SCOPE.get(scope, ())}
    acr = id_token.get("acr") or {}
    return RequestedClaims(
        id_token=tuple(sorted(allowed & set(id_token))),
        userinfo=tuple(sorted(allowed & set(userinfo))),
        acr_values=_values(acr),
        is_acr_essential=acr.get("essential") is True and bool(_values(acr)),
        subject=next(iter(_values(id_token.get("sub") or userinfo.get("sub") or {})), None),
    )


def _object(text: str) -> Mapping[str, Any]:
    try:
        document = from_json(text) if len(text) <= MAX_CHARS else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise AuthorizeRefused("invalid_request", "claims is not a JSON object, or is too long")
    return cast(dict[str, Any], document)


def _members(document: Mapping[str, Any], name: str) -> dict[str, dict[str, Any] | None]:
    """By claim: what is said of it, None when it is merely named."""
    members: object = document.get(name) or {}
    if not isinstance(members, dict):
        raise AuthorizeRefused("invalid_request", f"claims: {name} is not an object")
    found = cast(dict[str, Any], members)
    if any(wish is not None and not isinstance(wish, dict) for wish in found.values()):
        raise AuthorizeRefused("invalid_request", f"claims: a member of {name} is neither null nor an object")
    return found


def _values(wish: Mapping[str, Any]) -> tuple[str, ...]:
    """`value` or `values`, as far as they are text."""
    several: object = wish.get("values")
    values = cast(list[object], several) if isinstance(several, list) else [wish.get("value")]
    return tuple(value for value in values if isinstance(value, str))
