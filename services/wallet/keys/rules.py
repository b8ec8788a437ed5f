"""When two requests of a tool are the same."""

import hashlib
from typing import Literal

from pydantic_core import to_json

from shared.errors import Conflict
from shared.markers import N_

Operation = Literal["charge", "reserve", "capture", "release", "refund"]

_NOT_THE_REQUEST = {"tool_id", "idempotency_key"}


class IdempotencyMismatch(Conflict):
    code = "idempotency-mismatch"
    message = N_("This key was used before for a different request.")


def fingerprint(operation: Operation, request: object) -> bytes:
    """SHA-256 of what is asked, without the tool and its key: two requests with one key are the same if this is."""
    said = {name: value for name, value in vars(request).items() if name not in _NOT_THE_REQUEST}
    return hashlib.sha256(to_json([operation, said])).digest()
