"""The answer to a tool's request: in the address that the browser is sent to, or in a form that it posts (OAuth 2.0 Form Post 1.0).

A form is kept for a moment, since a redirect cannot carry it: sealed under a token that stands in the browser's address only.
"""

import base64
import hashlib
import html
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import urlencode, urlsplit

from authlib.common.urls import add_params_to_uri
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json

from services.identity.keys.rules import hash_token
from services.identity.oidc import request_store
from services.identity.oidc.rules import ResponseMode
from services.identity.sessions.rules import new_token
from shared.db import Connection

ANSWER_PATH = "/oauth2/answer"
FORM_TTL_S = 60
_NONCE_BYTES = 12
_SCRIPT = "document.forms[0].submit()"
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()


@dataclass(frozen=True)
class Answer:
    """Always with `iss` (RFC 9207), so that a client of several providers is not sent a code of another."""

    redirect_uri: str
    mode: ResponseMode
    fields: tuple[tuple[str, str], ...]


def answer(redirect_uri: str, mode: ResponseMode, issuer: str, state: str | None, **fields: str) -> Answer:
    with_state = {**fields, **({"state": state} if state is not None else {}), "iss": issuer}
    return Answer(redirect_uri, mode, tuple(with_state.items()))


async def address_of(db: Connection, given: Answer, *, origin: str, now: datetime) -> str:
    """Where the browser goes with it."""
    if given.mode == "query":
        return add_params_to_uri(given.redirect_uri, list(given.fields))
    token = new_token()
    content = to_json({"redirect_uri": given.redirect_uri, "fields": given.fields})
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + _cipher(token).encrypt(nonce, content, None)
    expires_at = now + timedelta(seconds=FORM_TTL_S)
    await request_store.insert_answer(db, hash_token(token), sealed, expires_at=expires_at)
    return f"{origin}{ANSWER_PATH}?{urlencode({'id': token})}"


async def take_form(db: Connection, token: str, *, now: datetime) -> Answer | None:
    """Once."""
    sealed = await request_store.take_answer(db, hash_token(token), now=now)
    if sealed is None:
        return None
    try:
        content = from_json(_cipher(token).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None))
    except InvalidTag:
        return None
    fields = cast(list[tuple[str, str]], content["fields"])
    return Answer(content["redirect_uri"], "form_post", tuple((name, value) for name, value in fields))


def form_page(given: Answer, *, language: str, go_on: str) -> tuple[str, str]:
    """The page and its Content-Security-Policy, which lets the form go to that one origin. go_on: on the button without script."""
    inputs = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">' for name, value in given.fields
    )
    page = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{html.escape(go_on)}</title>'
        f'<form method="post" action="{html.escape(given.redirect_uri)}">{inputs}'
        f"<noscript><button>{html.escape(go_on)}</button></noscript></form><script>{_SCRIPT}</script></html>"
    )
    target = urlsplit(given.redirect_uri)
    policy = (
        f"default-src 'none'; script-src 'sha256-{_SCRIPT_HASH}'; form-action {target.scheme}://{target.netloc}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return page, policy


def _cipher(token: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"form-post:" + token.encode()).digest())
