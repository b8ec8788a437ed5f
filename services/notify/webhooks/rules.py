"""What a delivery is, when it is tried again, and when one stops. Time is an argument."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic_core import to_json

from services.notify.webhooks.log_store import ToolEvent
from shared.consume_errors import pause_s

GIVEN_UP_AFTER = timedelta(days=5)
"""An event that could not be delivered for so long is left out, and an address that took none for so long is switched off."""
OLD_SECRET_KEPT = timedelta(days=1)
LOG_KEPT = timedelta(days=30)
MAX_ENDPOINTS = 10
"""Of one tool."""
TEST_TYPE = "immoconnect.notify.WebhookTest.v1"
SIGNS_OF_DEATH = 5
"""Failures in a row after which the address is called once in a while only, until it answers."""
GONE = 410
_PREFIX, _SECRET_BYTES = "whsec_", 32
_MOST_RETRY_AFTER_S = 3600.0

OffReason = Literal["asked", "failing", "gone"]


@dataclass(frozen=True)
class Answer:
    """What came of one call. status: None without an answer, and then `error` says why. text: the first bytes of its body."""

    status: int | None
    duration_ms: int
    error: str = ""
    text: str = ""
    retry_after_s: float | None = None

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Health:
    """Of an address. failures: since the last success. failing_since: the first of them."""

    failures: int = 0
    failing_since: datetime | None = None
    paused_until: datetime | None = None

    @property
    def seems_dead(self) -> bool:
        return self.failures >= SIGNS_OF_DEATH

    def after(self, answer: Answer, *, now: datetime) -> "Health":
        if answer.is_taken:
            return Health()
        failures, since = self.failures + 1, self.failing_since or now
        if answer.retry_after_s is not None:
            pause = min(answer.retry_after_s, _MOST_RETRY_AFTER_S)
        elif failures >= SIGNS_OF_DEATH:
            pause = pause_s(failures - SIGNS_OF_DEATH + 1, first_s=10.0, most_s=1800.0)
        else:
            return Health(failures, since, self.paused_until)
        return Health(failures, since, now + timedelta(seconds=pause))

    def off_reason(self, answer: Answer, *, now: datetime) -> OffReason | None:
        """Why it is switched off by this answer; None where it is not."""
        if answer.status == GONE:
            return "gone"
        is_long = self.failing_since is not None and now - self.failing_since >= GIVEN_UP_AFTER
        return "failing" if is_long and not answer.is_taken else None


def again_at(attempt: int, *, now: datetime) -> datetime:
    """attempt: from 1. After seconds at first, later after hours: twenty attempts in five days."""
    return now + timedelta(seconds=pause_s(attempt, first_s=5.0, most_s=6 * 3600.0))


def is_given_up(first_due_at: datetime, *, now: datetime) -> bool:
    return now - first_due_at >= GIVEN_UP_AFTER


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature(secret_keys: Sequence[str], message_id: str, at: datetime, body: bytes) -> str:
    """The value of `webhook-signature`, one for each secret (Standard Webhooks 1.0). Raises ValueError for what is no secret."""
    signed = b"%b.%d.%b" % (message_id.encode(), int(at.timestamp()), body)
    return " ".join(f"v1,{_signed(secret, signed)}" for secret in secret_keys)


def _signed(secret: str, content: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("not a secret of a webhook") from error
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def document(event: ToolEvent, subject: str | None, *, source: str) -> dict[str, Any]:
    """A CloudEvent as JSON. subject: the `sub` under which the tool knows the person whom it is about."""
    about = {} if event.account_id is None else {"sub": subject}
    return {
        "specversion": "1.0",
        "id": str(event.event_id),
        "source": source,
        "type": event.type,
        "subject": str(event.organisation_id),
        "time": event.occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "cursor": str(event.cursor),
        "data": {"organisation_id": str(event.organisation_id), **about, **event.data},
    }


def body_of(event: ToolEvent, subject: str | None, *, source: str) -> bytes:
    return to_json(document(event, subject, source=source))


def trial(event_id: UUID, *, now: datetime) -> ToolEvent:
    """About an organisation that there is not."""
    return ToolEvent(0, UUID(int=0), TEST_TYPE, event_id, now, None, {"text": "This is a test."})
