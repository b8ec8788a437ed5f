"""Tools with wishes of their own, and an organisation service that says what the test wants."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.identity import oidc_steps as steps
from tests.identity.world import Tool, World


async def change(world: World, tool: Tool, **columns: Any) -> None:
    """Other columns of the client, at once."""
    for name, value in columns.items():
        await world.run(f"UPDATE client SET {name} = $1 WHERE client_id = $2", value, tool.client_id)
    world.app.at.own.clients.forget(tool.client_id)


async def push(world: World, tool: Tool, **changes: Any) -> httpx.Response:
    """By the tool's server, as `steps.authorize` would have the browser say it."""
    given = {name: value for name, value in {**steps.usual(tool), **changes}.items() if value is not None}
    if tool.secret is None:
        return await world.http.post("/oauth2/par", data=given)
    return await world.http.post("/oauth2/par", data=given, auth=httpx.BasicAuth(tool.client_id, tool.secret))


async def by_reference(world: World, tool: Tool, request_uri: str, **more: Any) -> httpx.Response:
    return await world.http.get(
        "/oauth2/authorize", params={"client_id": tool.client_id, "request_uri": request_uri, **more}
    )


@dataclass
class Organisation(httpx.AsyncBaseTransport):
    """answers: to the question whether somebody may start, in turn; the last goes on. meanwhile: what happens before it answers."""

    answers: list[bool | int] = field(default_factory=lambda: [True])
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(await request.aread()))
        if self.meanwhile is not None:
            await self.meanwhile()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, bool):
            return httpx.Response(200, json={"decision": answer, "context": {}}, request=request)
        if answer == 0:
            raise httpx.ConnectError("nobody listens", request=request)
        return httpx.Response(answer, json={"code": "x"}, request=request)
