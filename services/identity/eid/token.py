"""The Web eID authentication token: its shape and its limits (step 1)."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.identity.eid.algorithms import Algorithm, algorithm_named
from services.identity.eid.refusals import TokenMalformed

MIN_CHARS, MAX_CHARS = 100, 10_000
_FORMAT = re.compile(r"web-eid:1(\.[0-9]+)?")


@dataclass(frozen=True)
class AuthToken:
    """certificate: DER of the leaf, nobody has vouched for it yet. signature: as the card made it, raw R||S for ECDSA."""

    certificate: bytes
    algorithm: Algorithm
    signature: bytes


def parse_token(token: Mapping[str, object] | str) -> AuthToken:
    """Raises TokenMalformed or AlgorithmUnsupported. Unknown fields are ignored, as the format promises."""
    fields = _fields_of(token)
    if _FORMAT.fullmatch(_text(fields, "format")) is None:
        raise TokenMalformed()
    certificate = _decode(_text(fields, "unverifiedCertificate"))
    signature = _decode(_text(fields, "signature"))
    return AuthToken(certificate, algorithm_named(_text(fields, "algorithm")), signature)


def _fields_of(token: Mapping[str, object] | str) -> Mapping[str, object]:
    if isinstance(token, str):
        if not MIN_CHARS <= len(token) <= MAX_CHARS:
            raise TokenMalformed()
        try:
            token = json.loads(token)
        except (ValueError, RecursionError) as error:
            raise TokenMalformed() from error
    if not isinstance(token, Mapping):
        raise TokenMalformed()
    length = sum(len(value) for value in token.values() if isinstance(value, str))
    if not MIN_CHARS <= length <= MAX_CHARS:
        raise TokenMalformed()
    return token


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise TokenMalformed()
    return value


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenMalformed() from error
