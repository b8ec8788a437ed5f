"""How a client's server proves who it is (RFC 6749, 2.3; RFC 7523). Pure: time is an argument."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote_plus

from services.identity.keys.rules import hash_token
from services.identity.oidc.assertions import ASSERTION_TYPE, claimed_subject
from services.identity.oidc.clients import AuthMethod, Client
from services.identity.oidc.errors import TokenRefused


@dataclass(frozen=True)
class Credentials:
    """How a client presented itself. secrets: the readings of what it sent; programs differ in how they encode it."""

    client_id: str
    method: AuthMethod
    secrets: tuple[str, ...] = field(default=(), repr=False)
    assertion: str = field(default="", repr=False)


def credentials_of(authorization: str | None, form: Mapping[str, str]) -> Credentials:
    """In one way, never in two (RFC 6749, 2.3). Raises TokenRefused."""
    by_assertion = "client_assertion" in form or "client_assertion_type" in form
    if (authorization is not None) + ("client_secret" in form) + by_assertion > 1:
        raise TokenRefused("invalid_request", "client authenticated in two ways")
    if authorization is not None:
        return _by_header(authorization, form)
    if by_assertion:
        return _by_assertion(form)
    if not form.get("client_id"):
        raise TokenRefused("invalid_client", "client authentication is missing")
    if "client_secret" in form:
        return Credentials(form["client_id"], "client_secret_post", (form["client_secret"],))
    return Credentials(form["client_id"], "none")


def check_method(client: Client | None, credentials: Credentials, *, now: datetime) -> Client:
    """Raises TokenRefused; the answer is one, so that nothing is told of clients. An assertion is still to be read."""
    if client is None or credentials.method != client.auth_method:
        raise authentication_failed()
    if client.secret_hash is not None and not any(_fits(client, secret, now=now) for secret in credentials.secrets):
        raise authentication_failed()
    return client


def authentication_failed() -> TokenRefused:
    return TokenRefused("invalid_client", "client authentication failed")


def _fits(client: Client, secret: str, *, now: datetime) -> bool:
    """The secret, or for a while the one before."""
    given = hash_token(secret)
    if client.secret_hash is not None and hmac.compare_digest(given, client.secret_hash):
        return True
    is_old_good = client.old_secret_until is not None and now < client.old_secret_until
    return is_old_good and client.old_secret_hash is not None and hmac.compare_digest(given, client.old_secret_hash)


def _by_header(authorization: str, form: Mapping[str, str]) -> Credentials:
    client_id, secret = _basic(authorization)
    if form.get("client_id", unquote_plus(client_id)) not in (client_id, unquote_plus(client_id)):
        raise TokenRefused("invalid_request", "client_id differs from the authenticated client")
    return Credentials(unquote_plus(client_id), "client_secret_basic", (secret, unquote_plus(secret)))


def _by_assertion(form: Mapping[str, str]) -> Credentials:
    assertion = form.get("client_assertion", "")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefused("invalid_request", "client_assertion_type is not known")
    subject = claimed_subject(assertion)
    if subject is None or form.get("client_id", subject) != subject:
        raise authentication_failed()
    return Credentials(subject, "private_key_jwt", assertion=assertion)


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
