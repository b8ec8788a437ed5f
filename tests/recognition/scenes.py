"""A person with a card, a registry that says what a test wants, and the service between them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr
from pydantic_core import from_json

from services.recognition.connectors.access import BearerAccess, http_auth
from services.recognition.connectors.http import HttpRegistry
from services.recognition.jobs import Desk
from shared import job_store
from shared.events.identity import EidLinked
from shared.formats import BRUSSELS
from shared.ids import new_id
from shared.jobs import Job, Retry
from tests.support.apps import App
from tests.support.mint import Mint

NUMBER = "85073003328"


def held(kind: str, *, ends: int = 300, number: str = "501234") -> dict[str, Any]:
    """ends: in days from today."""
    today = datetime.now(BRUSSELS).date()
    return {
        "kind": kind,
        "number": number,
        "valid_from": str(today - timedelta(days=500)),
        "valid_until": str(today + timedelta(days=ends)),
    }


@dataclass
class Registry:
    """What the outside world answers; `down` for nothing at all."""

    people: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    changed: list[str] = field(default_factory=list[str])
    down: bool = False
    asked: list[str] = field(default_factory=list[str])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            return httpx.Response(200, text="<h1>Maintenance</h1>")
        if request.url.path.endswith("/changes"):
            after = int(request.url.params.get("after", 0))
            return httpx.Response(200, json={"cursor": len(self.changed), "national_numbers": self.changed[after:]})
        number = from_json(request.content)["national_number"]
        self.asked.append(number)
        answer = {"person": {"national_number": number}, "recognitions": self.people.get(number, [])}
        return httpx.Response(200, json=answer)

    def says(self, number: str, *recognitions: dict[str, Any]) -> None:
        self.people[number] = list(recognitions)
        self.changed.append(number)


@dataclass
class Scene:
    app: App
    mint: Mint
    registry: Registry

    @property
    def desk(self) -> Desk:
        return self.app.at.own

    async def link(self, account_id: UUID | None = None, number: str = NUMBER, *, version: int = 3) -> UUID:
        """Someone links a card with this number."""
        account_id = account_id or new_id()
        keyring = self.app.at.keyring
        await keyring.fetch([account_id])
        event = EidLinked(
            account_id=account_id,
            version=version,
            first_name=keyring.seal(account_id, "first_name", "Nora"),
            last_name=keyring.seal(account_id, "last_name", "Peeters"),
            national_number=keyring.seal(account_id, "national_number", number),
            linked_at=datetime.now(UTC),
        )
        await self.hear(event)
        return account_id

    async def hear(self, event: Any) -> None:
        """The event arrives, as the consumer would hand it over."""
        (consumer,) = self.app.service.consumers(self.app.at)
        await self.app.at.keyring.fetch(event.sealed_subjects())
        async with self.app.at.database.transaction() as db:
            await consumer.handlers[type(event)](db, event, self.app.at.keyring)

    async def work(self) -> list[float]:
        """Do the jobs that wait, as the worker would; return the pauses of those that want to be run again."""
        handlers = self.app.service.jobs(self.app.at)
        async with self.app.at.database.transaction() as db:
            await db.execute("UPDATE job SET run_at = now()")
        async with self.app.at.database.transaction() as db:
            jobs = await job_store.claim(db, list(handlers), limit=100, lease=timedelta(seconds=30))
        pauses: list[float] = []
        for job in jobs:
            try:
                await handlers[job.kind](job)
            except Retry as again:
                pauses.append(again.after_s)
                await self._put_back(job)
            else:
                async with self.app.at.database.transaction() as db:
                    await job_store.finish(db, job)
        return pauses

    async def _put_back(self, job: Job) -> None:
        async with self.app.at.database.transaction() as db:
            await job_store.put_back(db, job, after_s=1, counts=False, error="")

    async def linked(self, *recognitions: dict[str, Any]) -> UUID:
        """Someone of whom the registry has already said this."""
        self.registry.says(NUMBER, *recognitions)
        account_id = await self.link()
        await self.work()
        return account_id

    async def get(self, account_id: UUID, path: str = "/api/recognitions", language: str = "en") -> Any:
        headers = {**self.mint.person(account_id), "accept-language": language}
        answer = await self.app.http.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refresh(self, account_id: UUID, *, expect: int = 202) -> Any:
        answer = await self.app.http.post("/api/recognitions/refresh", headers=self.mint.person(account_id))
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def published(self) -> list[dict[str, Any]]:
        """What waits in the outbox, in order: the payloads with `type`."""
        async with self.app.at.database.acquire() as db:
            rows = await db.fetch("SELECT headers, payload FROM outbox ORDER BY id")
        return [{"type": row["headers"]["ce_type"].split(".")[2], **from_json(row["payload"])} for row in rows]

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        async with self.app.at.database.acquire() as db:
            return await db.fetch(query, *arguments)

    async def pass_days(self, days: int) -> None:
        """As if so many days had gone by: everything known was fetched, and ends, that much earlier."""
        await self.fetch("UPDATE recognition SET valid_until = valid_until - $1::integer", days)
        await self.fetch("UPDATE inquiry SET refresh_at = refresh_at - make_interval(days => $1)", days)


def with_registry(app: App, mint: Mint) -> Scene:
    """Registries over HTTP are this one; those that deliver files stay what they are."""
    registry = Registry()
    desk: Desk = app.at.own
    answering = {
        name: http_registry(registry, desk.hash_of) if isinstance(connector, HttpRegistry) else connector
        for name, connector in desk.connectors.items()
    }
    app.at.own = replace(desk, connectors=answering)
    return Scene(app, mint, registry)


def http_registry(
    answer: Callable[[httpx.Request], httpx.Response], hash_of: Callable[[str], bytes] = str.encode, **options: Any
) -> HttpRegistry:
    auth = http_auth(BearerAccess(type="bearer", token=SecretStr("secret")))
    return HttpRegistry("http://registry", auth, hash_of, transport=httpx.MockTransport(answer), **options)


def today() -> date:
    return datetime.now(BRUSSELS).date()
