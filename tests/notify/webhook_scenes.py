"""A receiver of webhooks that can be told how to behave, and what happens elsewhere that tools hear of."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from pydantic_core import from_json

from services.notify.webhooks import log_store
from services.notify.webhooks.consumers import WEBHOOKS
from services.notify.webhooks.sender import WebhookSender
from shared.consume_batch import BatchHandler
from shared.consume_decode import Received
from shared.events import organisation
from shared.events.base import Event
from shared.events.catalogue import RoleEntry, ToolPublished, UsageModeEntry
from shared.ids import new_id
from tests.support.apps import App
from tests.support.events import running
from tests.support.mint import Mint

TOOL = "cadastrefinder"
Headers = dict[str, str]


@dataclass(frozen=True)
class Call:
    headers: Headers
    body: bytes
    connection: int

    @property
    def event(self) -> dict[str, Any]:
        return from_json(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def organisation(self) -> str:
        return self.event["subject"]


class Receiver:
    """An HTTP server on a port of its own. answer: the bytes that it sends for a call, or a function that says so.

    holds: while set, calls are taken and not answered.
    """

    OK = b"HTTP/1.1 204 No Content\r\n\r\n"

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: bytes | Callable[[Call], bytes] = self.OK
        self.holds = asyncio.Event()
        self.holds.set()
        self.port = 0
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    async def start(self, **options: Any) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, **options)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.holds.set()
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self._writers.add(writer)
        try:
            while call := await _call(reader, number):
                self.calls.append(call)
                answer = self.answer(call) if callable(self.answer) else self.answer
                await self.holds.wait()
                if not answer:
                    return
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._writers.discard(writer)
            writer.close()


def status(code: int, body: bytes = b"", more: str = "") -> bytes:
    return f"HTTP/1.1 {code} Said\r\n{more}content-length: {len(body)}\r\n\r\n".encode() + body


async def _call(reader: asyncio.StreamReader, number: int) -> Call | None:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")[1:-2]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Call(headers, body, number)


class Identity(httpx.AsyncBaseTransport):
    """As far as notify asks it about webhooks. pairwise: by client, its subjects by account."""

    def __init__(self) -> None:
        self.clients: dict[str, str] = {"finder": TOOL, "other": "romi"}
        self.pairwise: dict[str, dict[str, str]] = {}
        self.is_away = False
        self.forgotten: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("away", request=request)
        if request.url.path.startswith("/internal/data-keys/"):
            if request.method == "DELETE":
                self.forgotten.append(request.url.path.rpartition("/")[2])
            return httpx.Response(204)
        asked = from_json(await request.aread())
        tool_id = self.clients.get(asked["client_id"])
        if tool_id is None:
            return httpx.Response(404, json={"code": "client-unknown"})
        known = self.pairwise.get(asked["client_id"])
        if known is None:
            return httpx.Response(200, json={"tool_id": tool_id, "is_pairwise": False, "subjects": {}})
        subjects = {one: known.setdefault(one, str(new_id())) for one in asked["accounts"]}
        return httpx.Response(200, json={"tool_id": tool_id, "is_pairwise": True, "subjects": subjects})


@dataclass
class Happening:
    """What other services announce, through the consumer of webhooks."""

    app: App
    mint: Mint
    versions: dict[str, int] = field(default_factory=dict[str, int])

    async def happens(self, *events: Event, numbered: bool = True) -> list[str]:
        """The ids of the events. numbered: they have their places in the logs."""
        received = [self._received(event) for event in events]
        handler = BatchHandler("notify", WEBHOOKS, self.app.at.database, self.app.at.keyring)
        await handler.handle(received, [], {})
        if numbered:
            await self.number()
        return [one.headers["ce_id"] for one in received]

    async def number(self) -> None:
        async with self.app.at.database.transaction() as db:
            await log_store.number(db, limit=10_000)
            db.mark("job")

    async def tool(self, tool_id: str = TOOL, rule: str = "ipi or fs323") -> None:
        texts = {language: tool_id.title() for language in ("fr", "nl", "en", "de")}
        mode = UsageModeEntry(
            id="agent",
            names=texts,
            descriptions=texts,
            register_rule="ipi",
            use_rule=rule,
            roles=(RoleEntry(id="user", names=texts),),
        )
        await self.happens(
            ToolPublished(
                tool_id=tool_id,
                names=texts,
                descriptions=texts,
                sign_in_acr="pwd",
                start_url="https://tool.example/",
                support_email=f"support@{tool_id}.example",
                colours={"primary": "#123456"},
                terms_version="1",
                usage_modes=(mode,),
                recognition_names={"ipi": texts, "fs323": texts},
            )
        )

    async def registered(self, tool_id: str = TOOL, organisation_id: UUID | None = None) -> organisation.ToolRegistered:
        event = organisation.ToolRegistered(
            organisation_id=organisation_id or new_id(),
            registration_id=new_id(),
            tool_id=tool_id,
            usage_mode="agent",
            registered_by=new_id(),
            terms_version="1",
        )
        await self.happens(event)
        return event

    async def log_of(self, tool_id: str = TOOL) -> list[log_store.ToolEvent]:
        async with self.app.at.database.acquire() as db:
            return await log_store.read(db, tool_id, after=0, through=2**62, types=(), limit=10_000)

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        async with self.app.at.database.acquire() as db:
            return await db.fetch(query, *arguments)

    async def execute(self, query: str, *arguments: Any) -> None:
        async with self.app.at.database.transaction() as db:
            await db.execute(query, *arguments)
            db.mark("job")

    def as_tool(self, client_id: str = "finder", tool_id: str = TOOL, *, sector: str | None = None) -> Headers:
        return self.mint.tool(client_id, tool_id=tool_id, scope="events", sector=sector)

    async def webhook(self, url: str, **more: Any) -> dict[str, Any]:
        """Registered by the tool; `id` and `secret` among what it is told."""
        answer = await self.app.http.post("/api/events/webhooks", json={"url": url, **more}, headers=self.as_tool())
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return {**made["webhook"], "secret": made["secret"]}

    async def shown(self, webhook: dict[str, Any]) -> dict[str, Any]:
        return (await self.app.http.get(f"/api/events/webhooks/{webhook['id']}", headers=self.as_tool())).json()

    async def deliveries(self, webhook: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        path = f"/api/events/webhooks/{webhook['id']}/deliveries"
        return (await self.app.http.get(path, params=query, headers=self.as_tool())).json()["deliveries"]

    async def due_now(self) -> None:
        """What waits for another try need not wait longer."""
        await self.execute("UPDATE webhook_delivery SET run_at = now() WHERE state = 'waiting'")
        await self.execute("UPDATE webhook_endpoint SET next_at = now(), paused_until = NULL")

    def _received(self, event: Event) -> Received:
        self.versions[event.key] = self.versions.get(event.key, 0) + 1
        told = event.model_copy(update={"version": self.versions[event.key]})
        headers = {
            "ce_id": str(new_id()),
            "ce_type": event.type,
            "ce_time": (datetime.now(UTC) - timedelta(seconds=1)).isoformat(),
        }
        lane = f"{event.topic}/{event.key}"
        return Received(event.topic, 0, 0, event.key.encode(), headers, b"", headers["ce_id"], lane, told, None)


def granted(
    registration: organisation.ToolRegistered, account_id: UUID, *, usable: bool = True
) -> organisation.AccessGranted:
    return organisation.AccessGranted(
        organisation_id=registration.organisation_id,
        registration_id=registration.registration_id,
        tool_id=registration.tool_id,
        usage_mode=registration.usage_mode,
        account_id=account_id,
        role="user",
        granted_by=new_id(),
        usable=usable,
    )


def renamed(organisation_id: UUID, name: str) -> organisation.OrganisationChanged:
    return organisation.OrganisationChanged(organisation_id=organisation_id, name=name, changed_by=new_id())


def sending(happening: Happening) -> Any:
    return running(WebhookSender(happening.app.at.database, happening.app.at.own.webhooks.outside).run)


async def names(happening: Happening, organisation_id: Any, *new: str) -> None:
    for name in new:
        await happening.happens(renamed(organisation_id, name))


async def none_waits(happening: Happening) -> bool:
    return not await happening.fetch("SELECT FROM webhook_delivery WHERE state = 'waiting'")


def told(receiver: Receiver) -> list[str]:
    return [call.event["data"].get("name", "") for call in receiver.calls]
