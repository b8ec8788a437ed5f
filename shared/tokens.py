"""Who calls: a person, a tool or another service; and the marker with which each route says whom it lets in.

Each route carries exactly one marker: `caller: Annotated[Person, person()]`, or `dependencies=[public("why")]`.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from fastapi import Depends, Request

from shared.errors import Forbidden, Unauthenticated
from shared.markers import N_

ACR_LEVELS = ("pending", "pwd", "mfa", "eid")
"""Weakest first. "pending": signed up, address not confirmed yet."""

Acr = Literal["pending", "pwd", "mfa", "eid"]

PLATFORM_SCOPE = "platform"
"""Only tokens of the platform's own pages have it: a tool's token for a person opens nothing but what is meant for tools."""

_PUBLIC = "public: "
_PEER = "peer "


@dataclass(frozen=True)
class Quality:
    """In which organisation, usage mode and role a person works with a tool. recognitions: the kinds that were held."""

    organisation_id: UUID
    enterprise_number: str
    organisation_name: str
    usage_mode: str
    role: str
    recognitions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    """auth_time: Unix seconds of the sign-in. quality: only in tokens for tools. staff: the role of who works here, empty for others."""

    account_id: UUID
    session_id: str
    acr: str
    amr: tuple[str, ...]
    auth_time: int
    language: str
    client_id: str
    scopes: frozenset[str]
    quality: Quality | None = None
    staff: str = ""

    def require(self, *, acr: Acr) -> None:
        """Raises AcrTooWeak when the person signed in by weaker means."""
        if self.acr not in ACR_LEVELS or ACR_LEVELS.index(self.acr) < ACR_LEVELS.index(acr):
            raise AcrTooWeak(needed=acr)

    def require_fresh(self, *, fresh_s: int, now: float) -> None:
        """Raises ConfirmationNeeded when the person last proved who they are more than `fresh_s` before `now` (Unix seconds)."""
        if now - self.auth_time > fresh_s:
            raise ConfirmationNeeded(fresh_s=fresh_s)


@dataclass(frozen=True)
class Tool:
    """A tool on its own behalf (client credentials). sector: where it knows people by a `sub` of their own; None: by their account's id."""

    client_id: str
    tool_id: str
    scopes: frozenset[str]
    sector: str | None = None


@dataclass(frozen=True)
class Peer:
    """Another service, or "operator"."""

    service: str


class TokenMissing(Unauthenticated):
    code = "token-missing"


class TokenInvalid(Unauthenticated):
    code = "token-invalid"
    message = N_("You are no longer signed in. Sign in again.")


class AcrTooWeak(Forbidden):
    code = "acr-too-weak"
    message = N_("This needs a stronger way of signing in.")


class ConfirmationNeeded(Forbidden):
    """params: fresh_s, how many seconds ago the person may have proved who they are at most."""

    code = "confirmation-needed"
    message = N_("Confirm that it is you before you do this.")


class ScopeMissing(Forbidden):
    code = "scope-missing"
    message = N_("This program was not given the right to do this.")


class WrongCaller(Forbidden):
    code = "wrong-caller"
    message = N_("This is not open to this kind of caller.")


def person(*, acr: Acr = "pwd", scope: str = PLATFORM_SCOPE, fresh_s: int | None = None, staff: str = "") -> Any:
    """Lets in a person who signed in at least by `acr`, through a client that was given `scope`.

    fresh_s: what cannot be undone asks for proof that is at most so many seconds old; None for any age.
    staff: the role that the person must have among those who work here; empty for everyone.
    """

    async def dependency(request: Request) -> Person:
        caller = await request.app.state.tokens.verify_access(bearer_of(request))
        if not isinstance(caller, Person):
            raise WrongCaller()
        _require_scope(caller.scopes, scope)
        if staff and caller.staff != staff:
            raise WrongCaller()
        caller.require(acr=acr)
        if fresh_s is not None:
            caller.require_fresh(fresh_s=fresh_s, now=time.time())
        return caller

    more = ("" if fresh_s is None else f" fresh={fresh_s}s") + (f" staff={staff}" if staff else "")
    return _marked(dependency, f"person acr={acr} scope={scope}{more}")


def tool(scope: str) -> Any:
    """Lets in a tool that was given `scope`."""

    async def dependency(request: Request) -> Tool:
        caller = await request.app.state.tokens.verify_access(bearer_of(request))
        if not isinstance(caller, Tool):
            raise WrongCaller()
        _require_scope(caller.scopes, scope)
        return caller

    return _marked(dependency, f"tool scope={scope}")


def peer(*services: str) -> Any:
    """Lets in these services (none named: any service), on paths below /internal only."""

    async def dependency(request: Request) -> Peer:
        caller = request.app.state.tokens.verify_service(bearer_of(request))
        if not request.scope["path"].startswith("/internal/") or (services and caller.service not in services):
            raise WrongCaller()
        return caller

    return _marked(dependency, _PEER + (" ".join(services) or "any"))


def public(reason: str) -> Any:
    """Lets in everyone. reason: why that is right."""

    async def dependency() -> None:
        return None

    return _marked(dependency, f"{_PUBLIC}{reason}")


def is_public(dependency: object) -> bool:
    """Whether a dependency is the marker `public`, which does nothing."""
    return str(getattr(dependency, "access", "")).startswith(_PUBLIC)


def is_peer(dependency: object) -> bool:
    """Whether a dependency is the marker `peer`, which wants nothing but the request."""
    return str(getattr(dependency, "access", "")).startswith(_PEER)


def access_of(route: Any) -> str | None:
    """What the one marker of a route (an APIRoute, or a RouteContext of FastAPI) says, or None when it has none.

    Raises ValueError for more than one.
    """
    dependant = getattr(route, "dependant", None)
    calls = [dependency.call for dependency in dependant.dependencies] if dependant else []
    marks = [mark for call in calls if (mark := getattr(call, "access", None)) is not None]
    if len(marks) > 1:
        raise ValueError(f"{route.path} has several markers: {marks}")
    return marks[0] if marks else None


def bearer_of(request: Request) -> str:
    """The token of the Authorization header. Raises TokenMissing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing()
    return token.strip()


def _marked(dependency: Callable[..., Awaitable[Any]], access: str) -> Any:
    setattr(dependency, "access", access)  # noqa: B010 - read again by access_of
    return Depends(dependency)


def _require_scope(scopes: frozenset[str], scope: str) -> None:
    if scope not in scopes:
        raise ScopeMissing(needed=scope)
