"""What a tool asked for, and what must be true before a person is sent back to it. Pure: time is an argument."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast
from uuid import UUID

from authlib.oauth2.rfc7636 import challenge as pkce

from services.identity.oidc.errors import TokenRefused
from services.identity.sessions.rules import is_at_least
from shared.errors import Forbidden, NotFound
from shared.markers import N_
from shared.tokens import AcrTooWeak, Quality

ResponseMode = Literal["query", "form_post"]


class AuthorizationExpired(NotFound):
    code = "authorization-expired"
    message = N_("This sign-in took too long, or was finished already. Start again from the tool.")


class SignInAgain(Forbidden):
    """The tool wants proof from now, not from earlier."""

    code = "sign-in-again"
    message = N_("The tool asks you to confirm who you are. Sign in again.")


class OtherOrganisation(Forbidden):
    """The tool named an organisation, and a person comes for that one or not at all."""

    code = "other-organisation"
    message = N_("The tool asked for another organisation than the one that was chosen.")


class OtherPerson(Forbidden):
    """The tool said who it must be."""

    code = "other-person"
    message = N_("The tool expects another account than the one that you are signed in with.")


class NoLongerAllowed(Forbidden):
    """Between the choice and the answer the right was withdrawn."""

    code = "no-longer-allowed"
    message = N_("You can no longer start the tool in this way.")


@dataclass(frozen=True)
class Asked:
    """What a tool asked for, in order. acr: the weakest that will do. max_age_s: how old the proof may be; None: any age.

    acr_values: the words in which it asked; is_acr_essential: one of them must come back. organisation: an id, or an enterprise
    number of ten digits. id_token_claims, userinfo_claims: by name. subject: who it must be, as the tool knows them.
    """

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    acr: str
    prompt: tuple[str, ...]
    max_age_s: int | None
    login_hint: str | None
    ui_locales: str | None
    response_mode: ResponseMode = "query"
    acr_values: tuple[str, ...] = ()
    is_acr_essential: bool = False
    organisation: str | None = None
    id_token_claims: tuple[str, ...] = ()
    userinfo_claims: tuple[str, ...] = ()
    subject: str | None = None


@dataclass(frozen=True)
class AuthorizationRequest:
    id: UUID
    asked: Asked
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class LogoutRequest:
    """A tool sent its person here to sign out. post_logout_redirect_uri: a registered one; None: our own page."""

    id: UUID
    client_id: str
    post_logout_redirect_uri: str | None
    state: str | None
    logout_hint: str | None
    ui_locales: str | None


@dataclass(frozen=True)
class Grant:
    """What a person granted a tool. id: the `sid` that the tool sees; subject: the `sub`. acr_claim: `acr` in the tool's own word.

    id_token_claims, userinfo_claims: asked for by name, besides those of the scopes.
    """

    id: UUID
    account_id: UUID
    subject: str
    session_id: UUID
    client_id: str
    tool_id: str
    scopes: tuple[str, ...]
    quality: Quality
    acr: str
    acr_claim: str
    amr: tuple[str, ...]
    auth_time: datetime
    nonce: str | None
    id_token_claims: tuple[str, ...] = ()
    userinfo_claims: tuple[str, ...] = ()


def check_completion(request: AuthorizationRequest, *, acr: str, auth_time: datetime, now: datetime) -> None:
    """Raises AcrTooWeak, SignInAgain. acr, auth_time: of the session that would be granted."""
    asked = request.asked
    if not is_at_least(acr, asked.acr):
        raise AcrTooWeak(needed=asked.acr)
    if auth_time >= request.created_at:
        return  # signed in for this very request, however long the way to here was
    is_too_old = asked.max_age_s is not None and now - auth_time > timedelta(seconds=asked.max_age_s)
    if "login" in asked.prompt or asked.max_age_s == 0 or is_too_old:
        raise SignInAgain()


def check_choice(asked: Asked, quality: Quality, subject: str) -> None:
    """subject: the `sub` that the tool would get. Raises OtherOrganisation, OtherPerson."""
    if asked.organisation not in (None, str(quality.organisation_id), quality.enterprise_number):
        raise OtherOrganisation()
    if asked.subject not in (None, subject):
        raise OtherPerson()


def check_verifier(challenge: str | None, verifier: str | None) -> None:
    """PKCE (RFC 7636), S256 only. Raises TokenRefused; also for a verifier that no challenge asked for (RFC 9700, 4.8.2)."""
    if challenge is None and not verifier:
        return
    if challenge is None or not verifier or pkce.CODE_VERIFIER_PATTERN.fullmatch(verifier) is None:
        raise TokenRefused("invalid_grant", "code_verifier does not fit")
    made = cast(str, pkce.create_s256_code_challenge(verifier))  # pyright: ignore[reportUnknownMemberType] - Authlib has no types
    if not hmac.compare_digest(made, challenge):
        raise TokenRefused("invalid_grant", "code_verifier does not fit")


def narrowed(granted: Sequence[str], asked: str | None) -> tuple[str, ...]:
    """The scopes of a refreshed token: those that were granted, or fewer. Raises TokenRefused."""
    if not asked:
        return tuple(granted)
    wanted = asked.split()
    if not set(wanted) <= set(granted):
        raise TokenRefused("invalid_scope", "more than was granted")
    return tuple(scope for scope in granted if scope in wanted)
