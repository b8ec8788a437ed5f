"""Someone who is to be erased, and the other services as far as identity needs them for it."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from services.identity.erasure import process
from shared.events.identity import (
    AccountPurged,
)
from shared.ids import new_id
from shared.jobs import Job
from tests.identity.world import Someone, World

PATH = "/api/account/erasure"


@dataclass
class Organisations(httpx.AsyncBaseTransport):
    """The organisation service, as far as identity asks it. only_manager_of: names of organisations with others in them."""

    only_manager_of: list[str] = field(default_factory=list[str])
    released: list[str] = field(default_factory=list[str])
    is_away: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("nobody listens", request=request)
        account_id = request.url.path.split("/")[3]
        if request.method == "GET":
            blocked = [{"id": str(new_id()), "name": name} for name in self.only_manager_of]
            return httpx.Response(200, json={"blocked_by": blocked, "closing": []}, request=request)
        if self.only_manager_of:
            return httpx.Response(409, json={"code": "last-manager-somewhere"}, request=request)
        self.released.append(account_id)
        return httpx.Response(204, request=request)


@dataclass
class Scene:
    world: World
    organisations: Organisations

    async def look(self) -> None:
        """The timer's turn; then the jobs that it wants done."""
        at = self.world.app.at
        await process.look_after(at).work()
        async with at.database.acquire() as db:
            rows = await db.fetch("DELETE FROM job WHERE kind = 'erasure-release' RETURNING payload")
        for row in rows:
            job = Job(new_id(), "erasure-release", None, row["payload"], {}, 1, 0, new_id())
            await process.release_job(at)(job)

    async def report(self, person: Someone, *services: str, step: str = "purged", keeps: bool = False) -> None:
        at = self.world.app.at
        handler = process.reports(at).handlers[AccountPurged]
        for service in services:
            values = {"account_id": person.account_id, "service": service, "step": step, "keeps": keeps}
            async with at.database.transaction() as db:
                await handler(db, AccountPurged.model_validate(values), at.keyring)

    async def confirmed(self, **changes: Any) -> Someone:
        person = await self.world.someone(**changes)
        assert (await self.ask(person)).status_code == 202
        answer = await self.confirm(person, await person.code())
        assert answer.status_code == 200, answer.text
        return person

    async def begun(self, **changes: Any) -> Someone:
        person = await self.confirmed(**changes)
        await self.look()
        assert await self.state(person) == "purging"
        return person

    async def ask(self, person: Someone) -> httpx.Response:
        return await self.world.http.post(PATH, headers=person.bearer)

    async def confirm(self, person: Someone, code: str) -> httpx.Response:
        return await self.world.http.post(f"{PATH}/confirm", json={"code": code}, headers=person.bearer)

    async def cancel(self, person: Someone) -> httpx.Response:
        return await self.world.http.delete(PATH, headers=person.bearer)

    async def state(self, person: Someone) -> str | None:
        """Of someone who may be gone, and whose tokens open nothing then."""
        return await self.world.run("SELECT state FROM erasure WHERE account_id = $1", person.account_id)
