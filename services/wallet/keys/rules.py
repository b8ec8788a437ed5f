"""When two requests of a tool are the same."""

import hashlib
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any, Literal

from pydantic_core import to_json

from shared.errors import Conflict
from shared.markers import N_

Operation = Literal["charge", "reserve", "capture", "release", "refund"]

_NOT_THE_REQUEST = {"tool_id", "idempotency_key"}


class IdempotencyMismatch(Conflict):
    code = "idempotency-mismatch"
    message = N_("This key was used before for a different request.")


def fingerprint(operation: Operation, request: object) -> bytes:
    """SHA-256 of what is asked, without the tool and its key: two requests with one key are the same if this is.

    request: a dataclass. What is as usual is left out, so that a field which a later version adds leaves the keys of before their answer.
    """
    needed, optional = _parts(type(request))
    values = vars(request)
    said = {name: values[name] for name in needed}
    for name, usual in optional:
        if values[name] != usual:
            said[name] = values[name]
    return hashlib.sha256(to_json([operation, said])).digest()


@lru_cache
def _parts(kind: Any) -> tuple[tuple[str, ...], tuple[tuple[str, object], ...]]:
    """Names of fields: those that are always given, and those that have a usual value, with it."""
    own = [field for field in fields(kind) if field.name not in _NOT_THE_REQUEST]
    return (
        tuple(field.name for field in own if field.default is MISSING),
        tuple((field.name, field.default) for field in own if field.default is not MISSING),
    )
