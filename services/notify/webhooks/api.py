"""What a tool does with its events: reads them, streams them, and has them sent to it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from services.notify.at import At
from services.notify.webhooks import looking, views
from services.notify.webhooks.feed import Reader
from services.notify.webhooks.handlers import By, check_types, get
from services.notify.webhooks.looking import Before, EnableBody, Limit, MaybeState, ReplayBody
from services.notify.webhooks.metrics import STREAMS
from services.notify.webhooks.views import WebhookBody, WebhookView
from shared.errors import TooMany
from shared.http import Language
from shared.tokens import Tool, tool

SCOPE = "events"
BEAT_S = 10.0
STREAM_S = 240.0
"""Shorter than an access token lives: whoever comes back brings a fresh one."""
STREAM_BATCH = 200
MAX_STREAMS = 5
"""Of one tool, in one process."""
MAX_WAIT_S = 25

router = APIRouter(prefix="/api/events", tags=["events"])
Caller = Annotated[Tool, tool(SCOPE)]
After = Annotated[str | None, Query(max_length=30)]
Types = Annotated[str, Query(max_length=4000, description="Types of events, with commas between them; empty for all")]


class EventsView(BaseModel):
    """events: CloudEvents. next: pass it as `after` next time. has_more: there is more at once."""

    events: list[dict[str, Any]]
    next: str
    has_more: bool


@router.get("")
async def read_events(
    caller: Caller,
    at: At,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    types: Types = "",
    wait: Annotated[int, Query(ge=0, le=MAX_WAIT_S)] = 0,
) -> EventsView:
    """What follows a cursor, in order. wait: seconds to wait where nothing does yet.

    Raises TooMany, TypeUnknown, CursorInvalid, CursorGone.
    """
    at.own.calls.take(caller.client_id)
    reader = Reader(at.database, at.own, caller, _types(types))
    deadline = asyncio.get_running_loop().time() + wait
    cursor = await reader.begin(after)
    page = await reader.read(cursor, limit=limit)
    left_s = deadline - asyncio.get_running_loop().time()
    while not page.documents and left_s > 0 and not at.own.tail.is_over:
        if await reader.wait(page.next, within_s=left_s):
            page = await reader.read(page.next, limit=limit)
        left_s = deadline - asyncio.get_running_loop().time()
    return EventsView(events=[told for _, told in page.documents], next=str(page.next), has_more=page.has_more)


@router.get("/stream")
async def stream_events(
    caller: Caller,
    at: At,
    after: After = None,
    types: Types = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """The same as server-sent events. It ends after minutes; `Last-Event-ID` says where to go on.

    Raises TooMany, TypeUnknown, CursorInvalid, CursorGone.
    """
    at.own.calls.take(caller.client_id)
    reader = Reader(at.database, at.own, caller, _types(types))
    cursor = await reader.begin(last_event_id or after)
    streams, tool_id = at.own.streams, caller.tool_id
    if streams.get(tool_id, 0) >= MAX_STREAMS:
        raise TooMany(retry_after_s=60)

    async def sent() -> AsyncIterator[bytes]:
        streams[tool_id] = streams.get(tool_id, 0) + 1
        STREAMS.inc()
        try:
            clock = asyncio.get_running_loop().time
            async for piece in reader.follow(
                cursor, limit=STREAM_BATCH, beat_s=BEAT_S, until=clock() + STREAM_S, now=clock
            ):
                yield piece
        finally:
            STREAMS.dec()
            streams[tool_id] -= 1

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(sent(), media_type="text/event-stream", headers=headers)


@router.get("/webhooks")
async def list_webhooks(caller: Caller, at: At) -> list[WebhookView]:
    async with at.database.acquire() as db:
        return await views.all_of(db, caller.tool_id)


@router.post("/webhooks", status_code=201)
async def register(body: WebhookBody, caller: Caller, at: At, language: Language) -> views.NewWebhookView:
    """Raises AddressRefused, TypeUnknown, TooManyWebhooks, WebhookExists."""
    at.own.trials.take(caller.client_id)
    endpoint, secret = await at.own.webhooks.register(
        caller.tool_id, caller.client_id, body.wish, _by(caller), language=language
    )
    async with at.database.acquire() as db:
        return views.NewWebhookView(webhook=await WebhookView.one(db, endpoint), secret=secret)


@router.get("/webhooks/{webhook_id}")
async def show(webhook_id: UUID, caller: Caller, at: At) -> WebhookView:
    async with at.database.acquire() as db:
        return await WebhookView.one(db, await get(db, webhook_id, _by(caller)))


@router.put("/webhooks/{webhook_id}")
async def change(webhook_id: UUID, body: WebhookBody, caller: Caller, at: At) -> WebhookView:
    await at.own.webhooks.change(webhook_id, body.wish, _by(caller))
    return await show(webhook_id, caller, at)


@router.delete("/webhooks/{webhook_id}", status_code=204)
async def delete(webhook_id: UUID, caller: Caller, at: At) -> None:
    await at.own.webhooks.delete(webhook_id, _by(caller))


@router.post("/webhooks/{webhook_id}/secret")
async def rotate(webhook_id: UUID, caller: Caller, at: At) -> views.SecretView:
    """For a day both secrets sign."""
    secret, until = await at.own.webhooks.rotate(webhook_id, _by(caller))
    return views.SecretView(secret=secret, old_secret_until=until)


@router.post("/webhooks/{webhook_id}/test")
async def try_out(webhook_id: UUID, caller: Caller, at: At) -> views.DeliveryView:
    """Send a test at once; the answer says what came of it."""
    at.own.trials.take(caller.client_id)
    logged = await at.own.webhooks.try_out(webhook_id, _by(caller))
    return views.DeliveryView.of(logged, subject=None, source=at.own.webhooks.outside.source)


@router.post("/webhooks/{webhook_id}/disable")
async def disable(webhook_id: UUID, caller: Caller, at: At) -> WebhookView:
    await at.own.webhooks.switch_off(webhook_id, _by(caller))
    return await show(webhook_id, caller, at)


@router.post("/webhooks/{webhook_id}/enable")
async def enable(webhook_id: UUID, body: EnableBody, caller: Caller, at: At) -> views.CountView:
    return views.CountView(count=await at.own.webhooks.switch_on(webhook_id, _by(caller), replays=body.replay))


@router.post("/webhooks/{webhook_id}/replay")
async def replay(webhook_id: UUID, body: ReplayBody, caller: Caller, at: At) -> views.CountView:
    """Everything since then once more, each under the id that it had. Raises WebhookOff, ReplayTooOld."""
    at.own.trials.take(caller.client_id)
    return views.CountView(count=await at.own.webhooks.replay(webhook_id, body.since, _by(caller)))


@router.get("/webhooks/{webhook_id}/deliveries")
async def list_deliveries(
    webhook_id: UUID, caller: Caller, at: At, state: MaybeState = None, before: Before = None, limit: Limit = 50
) -> views.DeliveriesView:
    return await looking.deliveries(at, webhook_id, _by(caller), state=state, before=before, limit=limit)


@router.get("/webhooks/{webhook_id}/deliveries/{delivery_id}")
async def show_delivery(webhook_id: UUID, delivery_id: int, caller: Caller, at: At) -> views.DeliveryView:
    return await looking.delivery(at, webhook_id, delivery_id, _by(caller))


def _by(caller: Tool) -> By:
    return By(caller.client_id, caller.tool_id)


def _types(text: str) -> tuple[str, ...]:
    types = tuple(one.strip() for one in text.split(",") if one.strip())
    check_types(types)
    return types
