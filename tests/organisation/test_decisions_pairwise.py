"""A tool with pairwise subjects asks about people by the `sub` that it knows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

from services.organisation.decisions import subjects
from services.organisation.decisions.subjects import NOBODY, Subjects
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.organisation.scenes import Scene, Someone
from tests.organisation.test_decisions import EVALUATION, EVALUATIONS, question, registered
from tests.support.mint import Mint

SECTOR = "finder.example"


@dataclass
class Identity(httpx.AsyncBaseTransport):
    """Knows whose a `sub` is. asked: how many at each call."""

    accounts: dict[tuple[str, str], UUID] = field(default_factory=dict[tuple[str, str], UUID])
    asked: list[int] = field(default_factory=list[int])
    is_away: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("nobody listens", request=request)
        body = json.loads(await request.aread())
        self.asked.append(len(body["subjects"]))
        found = {one: self.accounts.get((body["sector"], one)) for one in body["subjects"]}
        known = {one: str(account_id) for one, account_id in found.items() if account_id}
        return httpx.Response(200, json={"accounts": known}, request=request)

    def knows(self, person: Someone) -> str:
        subject = str(new_id())
        self.accounts[SECTOR, subject] = person.id
        return subject


@pytest_asyncio.fixture
async def identity() -> Identity:
    return Identity()


@pytest_asyncio.fixture
async def scene(client_of: ClientOf, mint: Mint, identity: Identity) -> Scene:
    return Scene(await client_of("organisation", peers={"identity": identity}), mint)


def tool(scene: Scene) -> Someone:
    headers = scene.mint.tool("cadastrefinder", scope="decisions", sector=SECTOR)
    return Someone(new_id(), {**headers, "accept-language": "en"}, scene.app.http)


def about(subject: str, organisation_id: str) -> dict[str, Any]:
    return question(Someone(UUID(subject), {}, None), organisation_id)  # pyright: ignore[reportArgumentType]


async def test_a_tool_asks_by_the_sub_that_it_knows_and_identity_is_asked_once(
    scene: Scene, identity: Identity
) -> None:
    founder, organisation_id = await registered(scene)
    body = about(identity.knows(founder), organisation_id)
    for _ in range(3):
        assert (await tool(scene).post(EVALUATION, body, expect=200))["decision"]
    assert identity.asked == [1]


async def test_many_are_resolved_at_once_and_in_their_order(scene: Scene, identity: Identity) -> None:
    founder, organisation_id = await registered(scene)
    stranger = scene.someone()
    asked = [
        about(subject, organisation_id)
        for subject in (identity.knows(stranger), identity.knows(founder), str(new_id()))
    ]
    answer = await tool(scene).post(EVALUATIONS, {"evaluations": asked}, expect=200)
    assert [one["decision"] for one in answer["evaluations"]] == [False, True, False]
    assert identity.asked == [3]


async def test_the_id_of_an_account_says_nothing_to_such_a_tool(scene: Scene) -> None:
    founder, organisation_id = await registered(scene)
    answer = await tool(scene).post(EVALUATION, question(founder, organisation_id), expect=200)
    assert (answer["decision"], answer["context"]["reasons"]) == (False, ["not-an-employee"])


async def test_without_identity_there_is_no_answer_unless_it_gave_one_before(scene: Scene, identity: Identity) -> None:
    founder, organisation_id = await registered(scene)
    known, unknown = (about(identity.knows(founder), organisation_id) for _ in range(2))
    await tool(scene).post(EVALUATION, known, expect=200)
    identity.is_away = True
    assert (await tool(scene).post(EVALUATION, known, expect=200))["decision"]
    await tool(scene).post(EVALUATION, unknown, expect=503)
    public = scene.tool_client("cadastrefinder", "decisions")
    assert (await public.post(EVALUATION, question(founder, organisation_id), expect=200))["decision"]


class _Everybody:
    """An identity to whom every `sub` is its own account."""

    async def post(self, path: str, body: dict[str, Sequence[str]]) -> dict[str, dict[str, str]]:
        return {"accounts": {one: one for one in body["subjects"]}}


async def test_no_more_is_kept_than_there_is_room_for(monkeypatch: Any) -> None:
    monkeypatch.setattr(subjects, "MAX_KEPT", 3)
    kept, asked = Subjects(), [new_id() for _ in range(5)]
    found = await kept.accounts(_Everybody(), SECTOR, asked)  # pyright: ignore[reportArgumentType]
    assert found == asked
    assert NOBODY not in found
    assert len(kept._kept) == 3  # pyright: ignore[reportPrivateUsage]
