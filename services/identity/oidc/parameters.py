"""A request as it came, and what it asks for: the parameters of OpenID Connect, read strictly where it matters. Pure."""

import re
from collections.abc import Sequence
from uuid import UUID

from authlib.oauth2.rfc7636 import challenge as pkce

from services.identity.oidc import acr
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import AuthorizeRefused, PageRefused
from services.identity.oidc.requested_claims import RequestedClaims, read_claims
from services.identity.oidc.rules import Asked, ResponseMode

MAX_STATE_CHARS, MAX_NONCE_CHARS, MAX_HINT_CHARS = 2_000, 500, 200
MAX_AGE_LIMIT_S = 10 * 365 * 24 * 3600
_KNOWN = (
    "response_type", "response_mode", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "acr_values", "prompt",
    "max_age", "login_hint", "ui_locales", "claims", "organisation", "id_token_hint", "request", "request_uri",
)  # fmt: skip
PROMPTS = ("none", "login", "consent", "select_account")
REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"

Parameters = Sequence[tuple[str, str]]
"""As they came, repeated ones too."""


def single(parameters: Parameters, name: str) -> str | None:
    """The value, None when it is missing or empty. Raises ValueError when it is repeated."""
    values = [value for key, value in parameters if key == name]
    if len(values) > 1:
        raise ValueError(name)
    return values[0] if values and values[0] else None


def value_of(parameters: Parameters, name: str) -> str | None:
    """Like `single`, but a repeated one is as good as none."""
    try:
        return single(parameters, name)
    except ValueError:
        return None


def hint_of(parameters: Parameters, name: str) -> str | None:
    return _hint(value_of(parameters, name))


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


def pushed_reference_of(parameters: Parameters) -> str | None:
    """What names a request that was pushed before; None where the request stands in the address. Raises PageRefused."""
    try:
        uri = single(parameters, "request_uri")
    except ValueError as error:
        raise PageRefused("invalid-request-uri") from error
    if uri is None or not uri.startswith(REQUEST_URI_PREFIX):
        return None  # request objects by reference are refused as any other mistake is
    return uri.removeprefix(REQUEST_URI_PREFIX)


def state_of(parameters: Parameters) -> str | None:
    """What may be sent back with an error, whatever else is wrong with the request."""
    try:
        return _plain({"state": single(parameters, "state")}, "state", MAX_STATE_CHARS)
    except (ValueError, AuthorizeRefused):
        return None


def response_mode_of(parameters: Parameters) -> ResponseMode:
    """How to answer, whatever else is wrong with the request."""
    try:
        return "form_post" if single(parameters, "response_mode") == "form_post" else "query"
    except ValueError:
        return "query"


def read_request(parameters: Parameters, client: Client, redirect_uri: str, *, hinted: str | None = None) -> Asked:
    """Raises AuthorizeRefused. Parameters that are not known are ignored. hinted: the `sub` of the id_token_hint."""
    try:
        values = {name: single(parameters, name) for name in _KNOWN}
    except ValueError as error:
        raise AuthorizeRefused("invalid_request", f"parameter {error} is repeated") from error
    _check_kind(values)
    if "authorization_code" not in client.grant_types:
        raise AuthorizeRefused("unauthorized_client", "this client signs nobody in")
    claims = read_claims(values.get("claims"), client.scopes)
    acr_values = _acr_values(values.get("acr_values"), claims)
    return Asked(
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        scopes=_scopes(values.get("scope"), client),
        state=_plain(values, "state", MAX_STATE_CHARS),
        nonce=_plain(values, "nonce", MAX_NONCE_CHARS),
        code_challenge=_challenge(values, client),
        acr=acr.needed(acr_values, client.acr),
        prompt=_prompt(values.get("prompt")),
        max_age_s=_max_age(values.get("max_age")),
        login_hint=_hint(values.get("login_hint")),
        ui_locales=_hint(values.get("ui_locales")),
        response_mode=response_mode_of(parameters),
        acr_values=acr_values,
        is_acr_essential=claims.is_acr_essential,
        organisation=_organisation(values.get("organisation")),
        id_token_claims=claims.id_token,
        userinfo_claims=claims.userinfo,
        subject=_subject(claims.subject, hinted),
    )


def _check_kind(values: dict[str, str | None]) -> None:
    if values.get("request") is not None:
        raise AuthorizeRefused("request_not_supported", "request objects are not supported")
    if values.get("request_uri") is not None:
        raise AuthorizeRefused("request_uri_not_supported", "request_uri is not supported")
    if values.get("response_type") is None:
        raise AuthorizeRefused("invalid_request", "response_type is missing")
    if values["response_type"] != "code":
        raise AuthorizeRefused("unsupported_response_type", "only response_type=code is supported")
    if values.get("response_mode") not in (None, "query", "form_post"):
        raise AuthorizeRefused("invalid_request", "only the response modes query and form_post are supported")


def _scopes(text: str | None, client: Client) -> tuple[str, ...]:
    """Scopes that the client may not have are left out, as OpenID Connect asks; without `openid` it is no sign-in."""
    wanted = tuple(dict.fromkeys((text or "").split()))
    if "openid" not in wanted or "openid" not in client.scopes:
        raise AuthorizeRefused("invalid_scope", "scope openid is required")
    return tuple(scope for scope in wanted if scope in client.scopes)


def _challenge(values: dict[str, str | None], client: Client) -> str | None:
    challenge, method = values.get("code_challenge"), values.get("code_challenge_method")
    if challenge is None:
        if client.is_public or client.require_pkce or method is not None:
            raise AuthorizeRefused("invalid_request", "code_challenge is missing")
        return None
    # Without a method "plain" would be meant, which protects nothing.
    if method != "S256":
        raise AuthorizeRefused("invalid_request", "code_challenge_method must be S256")
    if pkce.CODE_CHALLENGE_PATTERN.fullmatch(challenge) is None:
        raise AuthorizeRefused("invalid_request", "code_challenge is malformed")
    return challenge


def _acr_values(text: str | None, claims: RequestedClaims) -> tuple[str, ...]:
    """An essential acr claim goes before acr_values, which are a wish."""
    values = acr.known(claims.acr_values) or acr.known((text or "").split())
    if claims.is_acr_essential and not acr.known(claims.acr_values):
        raise AuthorizeRefused("unmet_authentication_requirements", "no way of signing in here is called so")
    return values


def _prompt(text: str | None) -> tuple[str, ...]:
    prompts = tuple(dict.fromkeys((text or "").split()))
    if not set(prompts) <= set(PROMPTS):
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


def _organisation(text: str | None) -> str | None:
    """An id, or an enterprise number however it is written. It is enforced, so one that cannot be read is a mistake."""
    if text is None:
        return None
    digits = re.sub(r"^BE|[ .]", "", text.strip().upper())
    if re.fullmatch(r"[01][0-9]{9}", digits):
        return digits
    try:
        return str(UUID(text))
    except ValueError as error:
        raise AuthorizeRefused(
            "invalid_request", "organisation is neither an id nor an enterprise number of ten digits"
        ) from error


def _subject(claimed: str | None, hinted: str | None) -> str | None:
    if claimed is not None and hinted is not None and claimed != hinted:
        raise AuthorizeRefused("invalid_request", "id_token_hint and the claim sub name two people")
    return claimed or hinted
