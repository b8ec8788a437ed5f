"""Webhooks as they are shown, and what one says about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.notify.webhooks import delivery_store, endpoint_store
from services.notify.webhooks.attempt_store import MAX_KEPT, Attempt
from services.notify.webhooks.delivery_store import Logged
from services.notify.webhooks.endpoint_store import Endpoint
from services.notify.webhooks.handlers import Wish
from services.notify.webhooks.log_store import ToolEvent
from services.notify.webhooks.outlet import MAX_URL_CHARS
from services.notify.webhooks.rules import document
from shared.db import Connection

State = Literal["waiting", "delivered", "failed"]
ToolId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
_LINE = r"^[^\x00-\x1f\x7f]*$"


class WebhookBody(BaseModel):
    """types: of events; none for all."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARS)]
    description: Annotated[str, Field(max_length=200, pattern=_LINE)] = ""
    types: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=100)] = []

    @property
    def wish(self) -> Wish:
        return Wish(self.url, self.description, tuple(sorted(set(self.types))))


class WebhookView(BaseModel):
    """state: `failing` while the last calls were not answered with 2xx. waiting: events on their way, since when the first of them.

    off_reason: `asked`, `failing` (for days) or `gone` (it answered 410). old_secret_until: until then two secrets sign.
    """

    id: UUID
    tool_id: str
    client_id: str
    url: str
    description: str
    types: list[str]
    state: Literal["on", "failing", "off"]
    off_reason: str | None
    off_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None
    failures: int
    paused_until: datetime | None
    waiting: int
    waiting_since: datetime | None
    old_secret_until: datetime | None

    @classmethod
    async def listed(cls, db: Connection, endpoints: Sequence[Endpoint]) -> list[Self]:
        counts = await delivery_store.counts(db, [one.endpoint_id for one in endpoints])
        return [cls._of(one, *counts.get(one.endpoint_id, (0, None))) for one in endpoints]

    @classmethod
    async def one(cls, db: Connection, endpoint: Endpoint) -> Self:
        return (await cls.listed(db, [endpoint]))[0]

    @classmethod
    def _of(cls, one: Endpoint, waiting: int, since: datetime | None) -> Self:
        state = "off" if not one.is_on else "failing" if one.health.failures else "on"
        return cls(
            id=one.endpoint_id,
            tool_id=one.tool_id,
            client_id=one.client_id,
            url=one.url,
            description=one.description,
            types=list(one.types),
            state=state,
            off_reason=one.off_reason,
            off_at=one.off_at,
            created_at=one.created_at,
            delivered_at=one.delivered_at,
            failures=one.health.failures,
            paused_until=one.health.paused_until,
            waiting=waiting,
            waiting_since=since,
            old_secret_until=one.old_secret_until,
        )


class NewWebhookView(BaseModel):
    """secret: shown this once."""

    webhook: WebhookView
    secret: str


class SecretView(BaseModel):
    """secret: shown this once. old_secret_until: until then the one before signs too."""

    secret: str
    old_secret_until: datetime


class CallView(BaseModel):
    """at: when it began; of the one that was taken, when it was done. status: None without an answer, and then `error` says why."""

    at: datetime
    status: int | None
    duration_ms: int
    error: str


class DeliveryView(BaseModel):
    """run_at: of the next try. status, duration_ms, error, answer (its first bytes): of the last. event: None once it is forgotten.

    calls: the last twenty of them, the first of these first; more than `attempts` where it was switched off in between.
    """

    id: int
    state: State
    is_replay: bool
    is_test: bool
    attempts: int
    created_at: datetime
    run_at: datetime | None
    ended_at: datetime | None
    status: int | None
    duration_ms: int | None
    error: str
    answer: str
    event: dict[str, Any] | None
    calls: list[CallView]

    @classmethod
    def of(cls, one: Logged, missed: Sequence[Attempt] = (), *, subject: str | None, source: str) -> Self:
        """missed: calls that were not taken."""
        return cls(
            id=one.delivery_id,
            state=one.state,  # pyright: ignore[reportArgumentType] - a CHECK of the table says so
            is_replay=one.is_replay,
            is_test=one.cursor is None,
            attempts=one.attempts,
            created_at=one.created_at,
            run_at=one.run_at if one.ended_at is None else None,
            ended_at=one.ended_at,
            status=one.status,
            duration_ms=one.duration_ms,
            error=one.error,
            answer=one.answer,
            event=_event(one, subject, source),
            calls=_calls(one, missed),
        )


def _calls(one: Logged, missed: Sequence[Attempt]) -> list[CallView]:
    """The call that was taken, and that of a test, is the delivery itself."""
    calls = [CallView(**vars(attempt)) for attempt in missed]
    is_own = one.state == "delivered" or not missed
    if is_own and one.ended_at is not None and one.duration_ms is not None:
        calls.append(CallView(at=one.ended_at, status=one.status, duration_ms=one.duration_ms, error=one.error))
    return calls[-MAX_KEPT:]


def _event(one: Logged, subject: str | None, source: str) -> dict[str, Any] | None:
    if one.cursor is None:
        return dict(one.data or {})
    if one.type is None or one.event_id is None or one.occurred_at is None:
        return None
    event = ToolEvent(
        one.cursor, one.organisation_id, one.type, one.event_id, one.occurred_at, one.account_id, dict(one.data or {})
    )
    return document(event, subject, source=source)


class DeliveriesView(BaseModel):
    """The latest first. next: pass it as `before` for the earlier ones, None when there are none."""

    deliveries: list[DeliveryView]
    next: int | None


class CountView(BaseModel):
    """count: how many events are sent again."""

    count: int


async def all_of(db: Connection, tool_id: str | None) -> list[WebhookView]:
    return await WebhookView.listed(db, await endpoint_store.listed(db, tool_id))
