"""Server-sent events: a page that is open hears of what is new, and needs not ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.responses import Response, StreamingResponse

from services.gateway.notifications.hub import Stream
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.refusals import REFUSALS
from services.gateway.web.visit import Visit
from shared.markers import N_
from shared.stopping import wait_any

HEARTBEAT_S = 20.0
"""Proxies cut off who is silent for half a minute or longer."""
LASTS_S = 240.0
"""Shorter than an access token lasts: the browser then comes again, and is asked again who it is."""
RETRY_MS = 3000
NOTHING_YET = str(UUID(int=0))
"""The latest of who was never told anything: whatever comes is later."""
_ONE, _SEVERAL = N_("New: {title}"), N_("New notifications: {count}")

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/notifications/live")
async def live(visit: Member, after: str = "") -> Response:
    """after: the latest that the page shows; a browser that comes again says it by itself. 204 tells it not to come again."""
    hub = visit.own.hub
    stream = hub.open(visit.account_id, visit.session_token)
    if stream is None:
        return visit.jar.send(Response(status_code=204))
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    latest = visit.request.headers.get("last-event-id") or after
    events = _events(visit, stream, latest if _is_id(latest) else "")
    return visit.jar.send(StreamingResponse(events, media_type="text/event-stream", headers=headers))


async def _events(visit: Visit, stream: Stream, latest: str) -> AsyncIterator[bytes]:
    stopping = visit.at.stopping
    loop = asyncio.get_running_loop()
    until = loop.time() + LASTS_S
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        stream.changed.set()
        while not stopping.is_set() and not stream.is_over and loop.time() < until:
            if not stream.changed.is_set():
                yield b":\n\n"
            else:
                stream.changed.clear()
                with suppress(*REFUSALS):
                    news = await _news(visit, stream, latest)
                    latest = news["latest"] or latest or NOTHING_YET
                    yield _event(visit, news)
            await wait_any(stream.changed.wait(), stopping.wait(), timeout_s=HEARTBEAT_S)
    finally:
        visit.own.hub.close(stream)


async def _news(visit: Visit, stream: Stream, latest: str) -> dict[str, Any]:
    query = {"language": visit.language, **({"after": latest} if latest else {})}
    news = await visit.client("notify").get(f"/internal/notifications/{stream.account_id}", query=query)
    visit.own.hub.shows(stream, unread=news["unread"], latest=news["latest"])
    return news


def _event(visit: Visit, news: dict[str, Any]) -> bytes:
    """said: to who cannot see it. entries: of the list, in HTML."""
    new = [note for note in news["notifications"] if not note["is_read"]]
    said = ""
    if new:
        sentence = _ONE if len(new) == 1 else _SEVERAL
        said = visit.words.sentence(sentence, {"title": new[0]["title"], "count": len(new)})
    entries = visit.own.templates.render(
        "notifications/entries.html", visit.language, notifications=news["notifications"]
    )
    data = to_json({"unread": news["unread"], "said": said, "entries": entries}).decode()
    name = f"id: {news['latest']}\n" if news["latest"] else ""
    return f"{name}event: news\ndata: {data}\n\n".encode()


def _is_id(given: str) -> bool:
    try:
        UUID(given)
    except ValueError:
        return False
    return True
