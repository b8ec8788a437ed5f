"""An organisation service whose identity is a stand-in, and whose jobs run when a test says so."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from services.organisation.invitations.ending import FORGET_KEY
from services.organisation.invitations.handlers import SEND
from shared import job_store
from shared.sealed import Sealed
from tests.organisation.scenes import Scene, Someone
from tests.support.mint import DataKeys


@dataclass
class Identity(httpx.AsyncBaseTransport):
    """Knows whose address is whose. `is_away`: nobody listens."""

    data_keys: DataKeys
    addresses: dict[str, UUID] = field(default_factory=dict[str, UUID])
    asked: list[str] = field(default_factory=list[str])
    is_away: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("nobody listens", request=request)
        await request.aread()
        path = request.url.path
        self.asked.append(f"{request.method} {path.rsplit('/', 1)[0] if 'data-keys' in path else path}")
        if "holds-address" in path:
            owner = self.addresses.get(json.loads(request.content)["email"].casefold())
            return httpx.Response(200, json={"holds": str(owner) == path.split("/")[3]}, request=request)
        if request.method == "DELETE":
            self.data_keys.erase(UUID(path.rsplit("/", 1)[1]))
        return httpx.Response(204, request=request)


@dataclass
class Inviting:
    scene: Scene
    identity: Identity

    def someone(self, *addresses: str) -> Someone:
        """With an account, whose address is one of these at most."""
        person = self.scene.someone()
        self.identity.addresses.update(dict.fromkeys(addresses, person.id))
        return person

    async def invite(self, organisation_id: str, by: Someone, email: str = "bram@new.example", **more: Any) -> str:
        body = {"email": email, "type": "employee", "language": "nl", **more}
        path = f"/api/organisations/{organisation_id}/invitations"
        return (await by.post(path, body))["invitation_id"]

    async def mailed(self, organisation_id: str, by: Someone, email: str = "bram@new.example", **more: Any) -> str:
        """The token in the link."""
        await self.invite(organisation_id, by, email, **more)
        return await self.token()

    async def token(self) -> str:
        """Of the last mail, once the jobs are done."""
        await self.work()
        command = (await self.scene.published("SendInvitation"))[-1]
        return str(await self.opened(command, "token"))

    async def opened(self, command: dict[str, Any], name: str) -> str | None:
        sealed = Sealed(command[name])
        await self.scene.app.at.keyring.fetch([sealed.subject])
        return self.scene.app.at.keyring.open(sealed, name)

    async def accept(self, person: Someone, token: str, *, expect: int = 200) -> Any:
        return await person.post("/api/invitations/accept", {"token": token}, expect=expect)

    async def look_up(self, token: str, *, expect: int = 200) -> Any:
        return await self.scene.peer("gateway").post("/internal/invitations/look-up", {"token": token}, expect=expect)

    async def work(self, kinds: Sequence[str] = (SEND, FORGET_KEY)) -> None:
        """What waits is done, once."""
        at = self.scene.app.at
        handlers = self.scene.app.service.jobs(at)
        async with at.database.transaction() as db:
            jobs = await job_store.claim(db, kinds, limit=50, lease=timedelta(minutes=1))
        for job in jobs:
            await handlers[job.kind](job)
            async with at.database.transaction() as db:
                await job_store.finish(db, job)

    async def look_after(self) -> None:
        """As the timer does."""
        (timer,) = [one for one in self.scene.app.service.timers(self.scene.app.at) if one.name == "invitations"]
        await timer.work()

    async def run(self, query: str, *arguments: object) -> Any:
        async with self.scene.app.at.database.acquire() as db:
            return await db.fetchval(query, *arguments)

    async def states(self) -> list[str]:
        async with self.scene.app.at.database.acquire() as db:
            return [row["state"] for row in await db.fetch("SELECT state FROM invitation ORDER BY id")]
