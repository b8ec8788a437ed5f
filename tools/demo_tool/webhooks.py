"""The platform's events as it sends them: verified with the library that any tool would use, noted once, and acted upon.

Whoever is no longer welcome is signed out here, as on Kafka (`events.py`): a tool needs one of the two ways only.
"""

import logging
from collections.abc import Mapping
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from standardwebhooks import Webhook, WebhookVerificationError

from tools.demo_tool.events import sessions_lost
from tools.demo_tool.visitor import Tool, ToolOf, VisitorOf

PATH = "/webhooks/immo-connect"
MAX_BODY_BYTES = 256 * 1024
log = logging.getLogger("demo_tool.webhooks")
router = APIRouter()


class NotFromThePlatform(Exception):
    """The message says why; whoever runs the tool reads it."""


@router.post(PATH)
async def hear(request: Request, tool: ToolOf) -> Response:
    """One event. Anything but 2xx has it sent again, later, for days; so what comes twice is answered like what comes first."""
    secret = tool.settings.webhook_secret_now()
    if not secret:
        return JSONResponse({"error": "no secret yet"}, 503, {"Retry-After": "5"})
    try:
        event = await _verified(request, secret)
    except NotFromThePlatform as error:
        log.warning("webhook refused: %s", error)
        return JSONResponse({"error": "not verified"}, 400)
    take(tool, event)
    return Response(status_code=204)


@router.get("/heard", include_in_schema=False)
async def show(visitor: VisitorOf) -> Response:
    """What was sent about the visitor's organisation, newest first."""
    if visitor.session is None:
        return RedirectResponse("/", status_code=303)
    return visitor.page("heard.html", heard=visitor.tool.heard.of(visitor.session.organisation_id or ""))


@router.get("/api/heard")
async def show_json(visitor: VisitorOf) -> list[dict[str, Any]]:
    return visitor.tool.heard.of((visitor.session and visitor.session.organisation_id) or "")


def take(tool: Tool, event: Mapping[str, Any]) -> None:
    """Note a CloudEvent and end the sessions that it ends. What was taken before, here or on Kafka, changes nothing."""
    name, data = str(event["type"]).split(".")[2], dict(event["data"])
    organisation_id = str(data["organisation_id"])
    if not tool.heard.add(organisation_id, str(event["id"]), name, str(event["time"])):
        return
    tool.events.add(organisation_id, str(event["id"]), name, str(event["time"]))
    # A person is told by the `sub` that this client knows; only events of this tool are sent to it.
    lost = sessions_lost(
        name, {**data, "account_id": data.get("sub"), "tool_id": tool.settings.tool_id}, tool.settings.tool_id
    )
    if lost:
        log.info("%s ended %d sessions", name, tool.sessions.end_those(**lost))


async def _verified(request: Request, secret: str) -> dict[str, Any]:
    """The bytes as they came. Raises NotFromThePlatform."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise NotFromThePlatform("too long")
    try:
        event: Any = Webhook(secret).verify(bytes(body), dict(request.headers))
    except (WebhookVerificationError, ValueError) as error:
        raise NotFromThePlatform(str(error)) from error
    if not isinstance(event, dict):
        raise NotFromThePlatform("no event")
    return cast("dict[str, Any]", event)
