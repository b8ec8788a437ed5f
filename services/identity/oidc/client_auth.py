"""Which client calls: for every endpoint that a tool's server comes to."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import structlog
from fastapi import Request

from services.identity.context import At, own_of, utc_now
from services.identity.keys.rules import hash_token
from services.identity.oidc import authentication, client_store
from services.identity.oidc.assertions import Assertion, AssertionRefused, KeyUnknown, read_assertion
from services.identity.oidc.authentication import authentication_failed, credentials_of
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import TokenRefused

FORM_TYPE = "application/x-www-form-urlencoded"
_MAX_FIELDS = 50
_LOG = structlog.get_logger(__name__)


async def posted_form(request: Request) -> dict[str, str]:
    """Raises TokenRefused for another kind of body, and for a parameter that is repeated."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise TokenRefused("invalid_request", "the body cannot be read") from error
    values = dict(pairs)
    if len(values) < len(pairs):
        raise TokenRefused("invalid_request", "a parameter is repeated")
    if kind != FORM_TYPE:
        raise TokenRefused("invalid_request", f"the body must be {FORM_TYPE}")
    return values


async def authenticated(request: Request, at: At, form: Mapping[str, str]) -> Client:
    """Raises TokenRefused."""
    own, now = own_of(at), utc_now()
    credentials = credentials_of(request.headers.get("authorization"), form)
    client = authentication.check_method(await own.clients.find(credentials.client_id), credentials, now=now)
    if credentials.method == "private_key_jwt":
        await _check_assertion(at, client, credentials.assertion)
    return client


async def _check_assertion(at: At, client: Client, text: str) -> None:
    try:
        assertion = await _read(at, client, text)
    except AssertionRefused as refused:
        _LOG.info("client assertion refused", client_id=client.client_id, reason=str(refused))
        raise authentication_failed() from refused
    async with at.database.acquire() as db:
        is_new = await client_store.use_assertion(
            db, client.client_id, hash_token(assertion.jti), expires_at=assertion.expires_at
        )
    if not is_new:
        _LOG.warning("client assertion used twice", client_id=client.client_id)
        raise authentication_failed()


async def _read(at: At, client: Client, text: str) -> Assertion:
    issuer, keys = at.settings.public_origin, own_of(at).client_keys
    audiences = (issuer, f"{issuer}/oauth2/token", f"{issuer}/oauth2/par")
    try:
        return read_assertion(
            text, await keys.of(client), client_id=client.client_id, audiences=audiences, now=utc_now()
        )
    except KeyUnknown:
        return read_assertion(
            text, await keys.of(client, fresh=True), client_id=client.client_id, audiences=audiences, now=utc_now()
        )
