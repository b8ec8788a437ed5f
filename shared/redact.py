"""Keeps personal data and secrets out of what is written about the work: logs, dead letters, traces."""

import re
from collections.abc import Mapping
from typing import Any, cast

import asyncpg
from pydantic import ValidationError

from shared.errors import Problem

MAX_ERROR_CHARS = 500
_HIDDEN = "[hidden]"

# A key is hidden when one of its words is here: `email`, `new_email`, `user_name`, `access_token`; or when it ends in `_key`.
# fmt: off
_SENSITIVE_WORDS = frozenset([
    "address", "authorization", "birth", "birthdate", "body", "certificate", "code", "codes", "cookie", "cookies", "email", "emails",
    "iban", "identifier", "mail", "name", "names", "national", "nationalnumber", "passwd", "password", "passwords", "pem", "phone", "pin",
    "secret", "secrets", "seed", "sex", "street", "subject", "telephone", "text", "token", "tokens", "user", "username", "vat",
])
# fmt: on
_WORD = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_SENSITIVE_TEXT = re.compile(
    r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"  # mail addresses
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JWTs
    r"|(?<![\w-])\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}(?![\w-])"  # national numbers
    r"|(?i:bearer\s+\S+)"
)


def redacted(values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which nothing is left that names a person or opens a door."""
    return {key: _HIDDEN if is_sensitive(key) and value is not None else _clean(value) for key, value in values.items()}


def is_sensitive(key: str) -> bool:
    words = _WORD.findall(_CAMEL.sub("_", key).lower())
    return not _SENSITIVE_WORDS.isdisjoint(words) or (len(words) > 1 and words[-1] == "key")


def clean_text(text: str) -> str:
    """Hide mail addresses, tokens and national numbers wherever they stand in a text."""
    return _SENSITIVE_TEXT.sub(_HIDDEN, text)


def describe(error: BaseException) -> str:
    """What an operator may read about an error: never the values that it complains about."""
    if isinstance(error, ValidationError):
        found = error.errors(include_input=False, include_url=False, include_context=False)
        text = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in found)
    elif isinstance(error, asyncpg.PostgresError):
        text = f"{type(error).__name__}: {error.args[0] if error.args else ''}"
    elif isinstance(error, Problem):
        text = f"{type(error).__name__}: {error.code}"
    else:
        text = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return clean_text(text)[:MAX_ERROR_CHARS]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return redacted(cast(Mapping[str, Any], value))
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in cast(list[Any], value)]
    return value
