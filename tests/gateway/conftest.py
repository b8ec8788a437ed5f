"""The gateway in the test's process, with stand-ins for the services behind it, and people whose cookies are in order."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from shared.ids import new_id
from tests.support.apps import App
from tests.support.mint import Mint
from tests.tools.conftest import CHROMIUM_ARGS

SERVICES = ("identity", "organisation", "recognition", "wallet", "notify")
HOST = "127.0.0.1"
REQUEST_ID = "0195a7c0-0000-7000-8000-000000000001"


@dataclass
class Standin(httpx.AsyncBaseTransport):
    """A service that answers what the test told it to: `answers["GET /api/x"] = (200, {...})`; `is_away`: nobody listens.

    headers: of an answer, besides the usual ones.
    """

    name: str
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict[str, tuple[int, Any]])
    asked: list[httpx.Request] = field(default_factory=list[httpx.Request])
    is_away: bool = False
    headers: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        if self.is_away:
            raise httpx.ConnectError("nobody listens", request=request)
        key = f"{request.method} {request.url.path}"
        status, body = self.answers.get(key, (404, {"code": "not-found", "detail": f"no answer for {key}"}))
        content = b"" if body is None else json.dumps(body, default=str).encode()
        headers = {"content-type": "application/json", "content-length": str(len(content))} | self.headers.get(key, {})
        return httpx.Response(status, stream=httpx.ByteStream(content), headers=headers, request=request)

    def body_of_last(self) -> Any:
        return json.loads(self.asked[-1].content)


@dataclass
class Gateway:
    app: App
    mint: Mint
    peers: dict[str, Standin]

    @property
    def http(self) -> httpx.AsyncClient:
        return self.app.http

    @property
    def signer(self) -> Any:
        return self.app.at.own.signer

    def sign_in(
        self,
        account_id: UUID | None = None,
        *,
        acr: str = "pwd",
        eid_linked: bool = False,
        has_second_factor: bool = False,
        **token: Any,
    ) -> UUID:
        """Give the client the cookies of somebody who signed in."""
        account_id = account_id or new_id()
        access = self.mint.person(account_id, acr=acr, **token)["authorization"].removeprefix("Bearer ")
        facts = {"id": str(account_id), "first_name": "Nora", "last_name": "Peeters", "username": "nora.peeters",
                 "language": "en", "is_pending": acr == "pending", "eid_linked": eid_linked, "acr": acr,
                 "has_second_factor": has_second_factor}  # fmt: skip
        self.http.cookies.set("immo_session", f"session-{account_id}", domain=HOST)
        self.http.cookies.set("immo_access", access, domain=HOST)
        self.http.cookies.set("immo_account", self.signer.pack("account", facts), domain=HOST)
        return account_id

    def csrf(self) -> str:
        session = self.http.cookies.get("immo_session") or self.http.cookies.get("immo_visitor") or ""
        return self.signer.tag("csrf", session)

    async def post(self, path: str, data: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """As a form of ours would be sent."""
        if not self.http.cookies.get("immo_session") and not self.http.cookies.get("immo_visitor"):
            await self.http.get("/sign-in")
        return await self.http.post(path, data={**(data or {}), "csrf": self.csrf()}, **more)

    def comes_from_tool(self, *, acr: str = "pwd", tool_id: str = "cadastrefinder", **more: Any) -> None:
        self.peers["identity"].answers[f"GET /internal/authorizations/{REQUEST_ID}"] = (200, {
            "id": REQUEST_ID, "client_id": tool_id, "client_name": "CadastreFinder", "tool_id": tool_id, "tool_acr": acr,
            "prompt": [], "max_age_s": None, "login_hint": None, "ui_locales": None, "created_at": "2025-01-01T10:00:00+00:00",
            "expires_at": "2099-01-01T10:00:00+00:00", **more})  # fmt: skip


def session_view(account_id: UUID, access_token: str, *, state: str = "active", **account: Any) -> dict[str, Any]:
    facts = {"id": str(account_id), "username": "nora.peeters", "first_name": "Nora", "last_name": "Peeters", "language": "en",
             "state": state, "eid_linked": False, "acr": "pending" if state == "pending" else "pwd"}  # fmt: skip
    return {
        "session_token": "fresh",
        "access_token": access_token,
        "expires_in_s": 300,
        "account": {**facts, **account},
    }


def text_of(response: httpx.Response) -> str:
    """What a reader sees, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


GatewayOf = Callable[..., Awaitable[Gateway]]


@pytest_asyncio.fixture
async def gateway_of(client_of: Any, mint: Mint) -> AsyncIterator[GatewayOf]:
    async def start(**settings: Any) -> Gateway:
        peers = {name: Standin(name) for name in SERVICES}
        app = await client_of("gateway", peers=peers, **settings)
        for name, peer in peers.items():
            app.at.own.upstreams[name] = httpx.AsyncClient(transport=peer, base_url=f"http://{name}.internal")
        app.http.headers["accept"] = "text/html"
        app.http.headers["accept-language"] = "en"
        return Gateway(app, mint, peers)

    yield start


@pytest_asyncio.fixture
async def gateway(gateway_of: GatewayOf) -> Gateway:
    return await gateway_of()


@pytest.fixture
def account_id() -> UUID:
    return new_id()


@pytest_asyncio.fixture(scope="session")
async def page() -> AsyncIterator[Page]:
    """In which `show` of tests/gateway/shown.py shows screens; a desktop at first."""
    from tests.gateway.shown import shown_in  # all screens are made for it

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        async with shown_in(browser) as page:
            yield page
        await browser.close()
