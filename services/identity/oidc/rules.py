"""What a tool may ask for, and what must be true before a person is sent back to it. Pure: time is an argument."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from authlib.oauth2.rfc7636 import challenge as pkce

from services.identity.oidc.clients import Client
from services.identity.oidc.errors import AuthorizeRefused, PageRefused, TokenRefused
from services.identity.sessions.rules import is_at_least
from shared.errors import Forbidden, NotFound
from shared.markers import N_
from shared.tokens import ACR_LEVELS, AcrTooWeak, Quality

MAX_STATE_CHARS, MAX_NONCE_CHARS, MAX_HINT_CHARS = 2_000, 500, 200
MAX_AGE_LIMIT_S = 10 * 365 * 24 * 3600
_KNOWN = (
    "response_type", "response_mode", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "acr_values", "prompt",
    "max_age", "login_hint", "ui_locales", "request", "request_uri",
)  # fmt: skip
PROMPTS = frozenset({"none", "login", "consent", "select_account"})

Parameters = Sequence[tuple[str, str]]
"""As they came, repeated ones too."""


class AuthorizationExpired(NotFound):
    code = "authorization-expired"
    message = N_("This sign-in took too long, or was finished already. Start again from the tool.")


class SignInAgain(Forbidden):
    """The tool wants proof from now, not from earlier."""

    code = "sign-in-again"
    message = N_("The tool asks you to confirm who you are. Sign in again.")


@dataclass(frozen=True)
class Asked:
    """What a tool asked for, in order. acr: the weakest that will do. max_age_s: how old the proof may be; None: any age."""

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


@dataclass(frozen=True)
class AuthorizationRequest:
    id: UUID
    asked: Asked
    created_at: datetime
    expires_at: datetime


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


def single(parameters: Parameters, name: str) -> str | None:
    """The value, None when it is missing or empty. Raises ValueError when it is repeated."""
    values = [value for key, value in parameters if key == name]
    if len(values) > 1:
        raise ValueError(name)
    return values[0] if values and values[0] else None


def client_id_of(parameters: Parameters) -> str:
    """Raises PageRefused."""
    try:
        client_id = single(parameters, "client_id")
    except ValueError as error:
        raise PageRefused("invalid-client") from error
    if client_id is None:
        raise PageRefused("invalid-client")
    return client_id


def redirect_uri_of(parameters: Parameters, client: Client) -> str:
    """The address to send the person back to: one that is registered, character by character. Raises PageRefused."""
    try:
        redirect_uri = single(parameters, "redirect_uri")
    except ValueError as error:
        raise PageRefused("invalid-redirect") from error
    if redirect_uri is None or redirect_uri not in client.redirect_uris:
        raise PageRefused("invalid-redirect")
    return redirect_uri


def state_of(parameters: Parameters) -> str | None:
    """What may be sent back with an error, whatever else is wrong with the request."""
    try:
        return _plain({"state": single(parameters, "state")}, "state", MAX_STATE_CHARS)
    except (ValueError, AuthorizeRefused):
        return None


def read_request(parameters: Parameters, client: Client, redirect_uri: str) -> Asked:
    """Raises AuthorizeRefused. Parameters that are not known are ignored."""
    try:
        values = {name: single(parameters, name) for name in _KNOWN}
    except ValueError as error:
        raise AuthorizeRefused("invalid_request", f"parameter {error} is repeated") from error
    _check_kind(values)
    return Asked(
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        scopes=_scopes(values.get("scope"), client),
        state=_plain(values, "state", MAX_STATE_CHARS),
        nonce=_plain(values, "nonce", MAX_NONCE_CHARS),
        code_challenge=_challenge(values, client),
        acr=_needed_acr(values.get("acr_values"), client),
        prompt=_prompt(values.get("prompt")),
        max_age_s=_max_age(values.get("max_age")),
        login_hint=_hint(values.get("login_hint")),
        ui_locales=_hint(values.get("ui_locales")),
    )


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


def _check_kind(values: dict[str, str | None]) -> None:
    if values.get("request") is not None:
        raise AuthorizeRefused("request_not_supported", "request objects are not supported")
    if values.get("request_uri") is not None:
        raise AuthorizeRefused("request_uri_not_supported", "request_uri is not supported")
    if values.get("response_type") is None:
        raise AuthorizeRefused("invalid_request", "response_type is missing")
    if values["response_type"] != "code":
        raise AuthorizeRefused("unsupported_response_type", "only response_type=code is supported")
    if values.get("response_mode") not in (None, "query"):
        raise AuthorizeRefused("invalid_request", "only response_mode=query is supported")


def _scopes(text: str | None, client: Client) -> tuple[str, ...]:
    """Scopes that the client may not have are left out, as OpenID Connect asks; without `openid` it is no sign-in."""
    wanted = tuple(dict.fromkeys((text or "").split()))
    if "openid" not in wanted or "openid" not in client.scopes:
        raise AuthorizeRefused("invalid_scope", "scope openid is required")
    return tuple(scope for scope in wanted if scope in client.scopes)


def _challenge(values: dict[str, str | None], client: Client) -> str | None:
    challenge, method = values.get("code_challenge"), values.get("code_challenge_method")
    if challenge is None:
        if client.is_public or method is not None:
            raise AuthorizeRefused("invalid_request", "code_challenge is missing")
        return None
    # Without a method "plain" would be meant, which protects nothing.
    if method != "S256":
        raise AuthorizeRefused("invalid_request", "code_challenge_method must be S256")
    if pkce.CODE_CHALLENGE_PATTERN.fullmatch(challenge) is None:
        raise AuthorizeRefused("invalid_request", "code_challenge is malformed")
    return challenge


def _needed_acr(acr_values: str | None, client: Client) -> str:
    """Any of the values that the tool lists will do, but never less than it is registered with."""
    known = [value for value in (acr_values or "").split() if value in ACR_LEVELS[1:]]
    weakest = min(known, key=ACR_LEVELS.index, default=client.acr)
    return max(weakest, client.acr, key=ACR_LEVELS.index)


def _prompt(text: str | None) -> tuple[str, ...]:
    prompts = tuple(dict.fromkeys((text or "").split()))
    if not set(prompts) <= PROMPTS:
        raise AuthorizeRefused("invalid_request", "prompt has an unknown value")
    if "none" in prompts and len(prompts) > 1:
        raise AuthorizeRefused("invalid_request", "prompt none stands alone")
    return prompts


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise AuthorizeRefused("invalid_request", "max_age is not a number of seconds")
    return min(int(text), MAX_AGE_LIMIT_S)


def _plain(values: dict[str, str | None], name: str, max_chars: int) -> str | None:
    """Sent back as it came, so it must be something that can be sent."""
    value = values.get(name)
    if value is not None and (len(value) > max_chars or not value.isprintable()):
        raise AuthorizeRefused("invalid_request", f"{name} is too long or holds control characters")
    return value


def _hint(text: str | None) -> str | None:
    """Only a hint: an odd one is left aside."""
    return text if text is not None and len(text) <= MAX_HINT_CHARS and text.isprintable() else None
