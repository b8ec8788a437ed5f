"""People, sessions and tools of the tests: what the gateway, a tool or an operator would do, through HTTP."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from shared.events.base import Event
from shared.events.registry import EVENTS
from shared.ids import new_id
from shared.sealed import Sealed
from tests.support.apps import App
from tests.support.mint import Headers, Mint

PASSWORD = "correct horse battery staple"
GATEWAY = ("gateway", "identity")


@dataclass
class World:
    """One identity service, and whoever calls it."""

    app: App
    mint: Mint
    counter: int = field(default=0)

    @property
    def http(self) -> httpx.AsyncClient:
        return self.app.http

    @property
    def gateway(self) -> Headers:
        return self.mint.peer("gateway", "identity")

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """As the gateway, with its service token."""
        return await self.http.request(method, path, headers=self.gateway | options.pop("headers", {}), **options)

    def form(self, **changes: Any) -> dict[str, Any]:
        self.counter += 1
        return {
            "first_name": "Jan",
            "last_name": "Van den Bossche",
            "username": f"jan.person{self.counter}",
            "email": f"jan{self.counter}@example.com",
            "password": PASSWORD,
            "language": "nl",
            "terms_version": "2026-01",
            **changes,
        }

    async def sign_up(self, **changes: Any) -> "Someone":
        form = self.form(**changes)
        answer = await self.call("POST", "/internal/accounts", json=form)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        return Someone(self, UUID(body["account_id"]), form, body["session"]["session_token"], body["session"])

    async def someone(self, **changes: Any) -> "Someone":
        """With an active account and a session."""
        person = await self.sign_up(**changes)
        answer = await person.activate(await person.code())
        assert answer.status_code == 200, answer.text
        return person

    async def events(self, kind: type[Event] | None = None, *, topic: str = "identity.events") -> list[Any]:
        """What waits in the outbox, oldest first."""
        async with self.app.at.database.acquire() as db:
            rows = await db.fetch("SELECT headers, payload FROM outbox WHERE topic = $1 ORDER BY id", topic)
        found = [EVENTS[row["headers"]["ce_type"]].model_validate_json(row["payload"]) for row in rows]
        return [event for event in found if kind is None or isinstance(event, kind)]

    async def unseal(self, sealed: Sealed, purpose: str) -> str | None:
        await self.app.at.keyring.fetch([sealed.subject])
        return self.app.at.keyring.open(sealed, purpose)

    async def run(self, query: str, *arguments: object) -> Any:
        async with self.app.at.database.acquire() as db:
            return await db.fetchval(query, *arguments)

    async def register(self, client_id: str = "finder", **changes: Any) -> "Tool":
        """A tool, as an operator registers it."""
        body = {
            "name": "Finder",
            "tool_id": "finder",
            "secret": "s" * 40,
            "redirect_uris": [f"https://{client_id}.example/callback"],
            "post_logout_redirect_uris": [f"https://{client_id}.example/bye"],
            "backchannel_logout_uri": f"https://{client_id}.example/logout",
            "acr": "pwd",
            "scopes": ["openid", "profile", "email", "charges"],
            **changes,
        }
        answer = await self.http.put(
            f"/internal/clients/{client_id}", json=body, headers=self.mint.peer("operator", "identity")
        )
        assert answer.status_code == 204, answer.text
        return Tool(client_id, body["secret"], body["redirect_uris"][0] if body["redirect_uris"] else "")


@dataclass(frozen=True)
class Tool:
    client_id: str
    secret: str | None
    redirect_uri: str


@dataclass
class Someone:
    """A person with an account. token: of their browser's session, as the gateway keeps it."""

    world: World
    account_id: UUID
    form: dict[str, Any]
    token: str
    session: dict[str, Any]

    @property
    def bearer(self) -> Headers:
        return {"authorization": f"Bearer {self.session['access_token']}"}

    async def code(self) -> str:
        """From the last mail that the notify service was told to send."""
        commands = await self.world.events(topic="notify.commands")
        mine = [command for command in commands if command.account_id == self.account_id]
        code = await self.world.unseal(mine[-1].code, "code")
        assert code is not None
        return code

    async def activate(self, code: str) -> httpx.Response:
        body = {"session_token": self.token, "code": code}
        answer = await self.world.call("POST", "/internal/accounts/activate", json=body)
        if answer.is_success:
            self.session = answer.json()["session"]
            self.token = self.session["session_token"]
        return answer

    async def sign_in(self, **changes: Any) -> httpx.Response:
        body = {"identifier": self.form["username"], "password": self.form["password"], **changes}
        answer = await self.world.call("POST", "/internal/sessions", json=body)
        if answer.is_success:
            self.session = answer.json()
            self.token = self.session["session_token"]
        return answer

    async def refresh(self) -> httpx.Response:
        answer = await self.world.call("POST", "/internal/sessions/refresh", json={"session_token": self.token})
        if answer.is_success:
            self.session = answer.json()
        return answer

    async def sign_out(self) -> httpx.Response:
        return await self.world.call("POST", "/internal/sessions/end", json={"session_token": self.token})

    async def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        """As the person's own page, with their access token."""
        return await self.world.http.request(method, path, headers=self.bearer, **options)


def quality(**changes: Any) -> dict[str, Any]:
    """As the organisation service would decide it."""
    return {
        "organisation_id": str(new_id()),
        "enterprise_number": "0123456749",
        "organisation_name": "Agence Dupont",
        "usage_mode": "agent",
        "role": "user",
        "recognitions": ["ipi"],
        **changes,
    }
