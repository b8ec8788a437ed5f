"""People, organisations and tools for the tests of this service, through its own HTTP interface."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic_core import from_json, to_jsonable_python

from services.organisation.organisations.rules import check_digits
from shared import authzen
from shared.events.identity import AccountCreated
from shared.events.recognition import HeldRecognition, RecognitionsFetched
from shared.formats import BRUSSELS
from shared.ids import new_id
from tests.support.apps import App
from tests.support.mint import Headers, Mint

CONTACT = {"type": "employee", "email": "someone@agence.example", "phone": "+32 470 12 34 56"}
ADDRESS = {
    "street": "Rue Haute",
    "number": "12",
    "box": "",
    "postal_code": "1000",
    "city": "Bruxelles",
    "country": "BE",
}
LANGUAGES = ("fr", "nl", "en", "de")


def enterprise_number(serial: int) -> str:
    first = f"{serial:08}"
    return first + check_digits(first)


def texts(text: str) -> dict[str, str]:
    return {language: f"{text} ({language})" for language in LANGUAGES}


def usage_mode(mode_id: str, register_rule: str, use_rule: str, *roles: str) -> dict[str, Any]:
    return {
        "id": mode_id,
        "names": texts(mode_id),
        "descriptions": texts(f"About {mode_id}"),
        "register_rule": register_rule,
        "use_rule": use_rule,
        "roles": [{"id": role, "names": texts(role)} for role in roles or ("user", "admin")],
    }


def tool_entry(*modes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "names": texts("CadastreFinder"),
        "descriptions": texts("Finds parcels"),
        "sign_in_acr": "eid",
        "start_url": "http://127.0.0.1:8090/sign-in",
        "support_email": "help@cadastrefinder.example",
        "colours": {"main": "#0a7", "ink": "#102030"},
        "logo": None,
        "banner": None,
        "terms": {"version": "2026-1", "texts": texts("Be kind.")},
        "usage_modes": list(modes) or [usage_mode("agent", "ipi", "ipi or fs323")],
        "recognition_names": {"ipi": {"fr": "numéro IPI", "nl": "BIV-nummer", "en": "IPI number", "de": "IPI-Nummer"}},
        **changes,
    }


@dataclass(frozen=True)
class Someone:
    """A person's view of the service."""

    id: UUID
    headers: Headers
    http: httpx.AsyncClient

    async def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        return _checked(await self.http.get(path, params=query, headers=self.headers), expect)

    async def post(self, path: str, body: Any = None, *, expect: int = 201) -> Any:
        return _checked(await self.http.post(path, json=body, headers=self.headers), expect)

    async def put(self, path: str, body: Any = None, *, expect: int = 200) -> Any:
        return _checked(await self.http.put(path, json=body, headers=self.headers), expect)


@dataclass
class Scene:
    app: App
    mint: Mint
    serial: int = 10_000_000

    def someone(self, account_id: UUID | None = None, language: str = "en") -> Someone:
        account_id = account_id or new_id()
        headers = {**self.mint.person(account_id, language=language), "accept-language": language}
        return Someone(account_id, headers, self.app.http)

    def peer(self, caller: str) -> Someone:
        return Someone(new_id(), self.mint.peer(caller, "organisation"), self.app.http)

    def tool_client(self, tool_id: str, *scopes: str) -> Someone:
        """A tool's own server."""
        headers = {**self.mint.tool(tool_id, tool_id=tool_id, scope=" ".join(scopes)), "accept-language": "en"}
        return Someone(new_id(), headers, self.app.http)

    async def organisation(self, founder: Someone, name: str = "Agence du Parc") -> str:
        """The id of a new organisation that the founder manages."""
        self.serial += 1
        body = {
            "enterprise_number": enterprise_number(self.serial),
            "name": name,
            "address": ADDRESS,
            "email": "info@agence.example",
            "phone": "02 212 34 56",
            "employee": {**CONTACT, "type": "head"},
        }
        return (await founder.post("/api/organisations", body))["organisation_id"]

    async def employee(
        self, organisation_id: str, confirmed_by: Someone, *, manager: bool = False, person: Someone | None = None
    ) -> Someone:
        """Someone who asked to join and was confirmed."""
        person = person or self.someone()
        await person.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
        path = f"/api/organisations/{organisation_id}/employees/{person.id}/confirm"
        await confirmed_by.post(path, {**CONTACT, "manager": manager, "access": []}, expect=204)
        return person

    async def tool(self, *modes: dict[str, Any], tool_id: str = "cadastrefinder", **changes: Any) -> str:
        await self.peer("operator").put(f"/internal/tools/{tool_id}", tool_entry(*modes, **changes))
        return tool_id

    async def register(
        self, organisation_id: str, manager: Someone, tool_id: str = "cadastrefinder", usage_mode: str = "agent"
    ) -> str:
        body = {"tool_id": tool_id, "usage_mode": usage_mode, "terms_version": "2026-1"}
        answer = await manager.post(f"/api/organisations/{organisation_id}/registrations", body)
        return answer["registration_id"]

    async def give(
        self, organisation_id: str, manager: Someone, registration_id: str, *people: Someone, role: str | None = "user"
    ) -> Any:
        changes = [{"account_id": str(person.id), "role": role} for person in people]
        path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/access"
        return await manager.put(path, {"changes": changes})

    async def holds(self, person: Someone, *kinds: str, version: int | None = None) -> None:
        """Recognition says that the person holds exactly these."""
        event = RecognitionsFetched(
            account_id=person.id,
            version=version or new_id().int >> 80,  # grows with time, as an aggregate's version does
            registry="demo",
            recognitions=tuple(HeldRecognition(kind=kind, source="demo") for kind in kinds),
            fetched_at=datetime.now(BRUSSELS),
        )
        await self.hear(event)

    async def is_called(self, person: Someone, first_name: str, last_name: str) -> None:
        """Identity says how someone is called."""
        await self.hear(await self.signed_up(person, first_name, last_name))

    async def signed_up(self, person: Someone, first_name: str, last_name: str) -> AccountCreated:
        keyring = self.app.at.keyring
        await keyring.fetch([person.id])
        return AccountCreated(
            account_id=person.id,
            version=1,
            username=keyring.seal(person.id, "username", "someone"),
            first_name=keyring.seal(person.id, "first_name", first_name),
            last_name=keyring.seal(person.id, "last_name", last_name),
            email=keyring.seal(person.id, "email", "someone@mail.example"),
            language="en",
            created_at=datetime.now(BRUSSELS),
        )

    async def hear(self, event: Any) -> None:
        """The event arrives, as the consumer would hand it over."""
        handlers = {
            kind: handler
            for consumer in self.app.service.consumers(self.app.at)
            for kind, handler in consumer.handlers.items()
        }
        await self.app.at.keyring.fetch(event.sealed_subjects())
        async with self.app.at.database.transaction() as db:
            await handlers[type(event)](db, event, self.app.at.keyring)

    async def may_start(
        self,
        person: Someone,
        organisation_id: str,
        *,
        role: str = "user",
        tool_id: str = "cadastrefinder",
        usage_mode: str = "agent",
    ) -> Any:
        """The answer's context, and whether it is allowed."""
        question = authzen.may_start(person.id, tool_id, UUID(organisation_id), usage_mode, role)
        answer = await self.peer("gateway").post(authzen.EVALUATION, to_jsonable_python(question), expect=200)
        return {"allowed": answer["decision"], **answer["context"]}

    async def published(self, *names: str) -> list[dict[str, Any]]:
        """What waits in the outbox, in order: the payloads with `type`; of these types only, when some are named."""
        async with self.app.at.database.acquire() as db:
            rows = await db.fetch("SELECT headers, payload, convert_from(key, 'UTF8') AS key FROM outbox ORDER BY id")
        found = [
            {"type": row["headers"]["ce_type"].split(".")[-2], "key": row["key"], **from_json(row["payload"])}
            for row in rows
        ]
        return [event for event in found if not names or event["type"] in names]

    async def types(self, *, after: int = 0) -> list[str]:
        return [event["type"] for event in await self.published()][after:]


def _checked(response: httpx.Response, expect: int) -> Any:
    assert response.status_code == expect, (
        f"{response.request.method} {response.request.url}: {response.status_code} {response.text}"
    )
    return response.json() if response.content else None
