"""Ends of tool sessions: signed out by the person, the tool or the organisation service; and that the tool is told in time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.oidc import consumers
from services.identity.oidc.claims import LOGOUT_EVENT
from shared import outbox
from shared.events.base import Event
from shared.events.organisation import (
    AccessSuspended,
    AccessWithdrawn,
    EmployeeBlocked,
    EmployeeRemoved,
    OrganisationClosed,
    RegistrationEnded,
    RegistrationSuspended,
)
from shared.ids import new_id
from shared.kafka import Kafka
from shared.sealed import Keyring
from tests.conftest import DatabaseOf
from tests.identity import oidc_steps as steps
from tests.identity.conftest import WorldOf
from tests.identity.world import Someone, Tool, World

ORGANISATION = UUID("018f0000-0000-7000-8000-000000000001")
OTHER = UUID("018f0000-0000-7000-8000-000000000002")


class Listener:
    """A tool's server: keeps the logout tokens that it gets."""

    def __init__(self) -> None:
        self.tokens: asyncio.Queue[str] = asyncio.Queue()
        self.answers = [200]
        self.uri = ""

    async def receive(self, request: Request) -> Response:
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if status == 200:
            self.tokens.put_nowait(str((await request.form())["logout_token"]))
        return Response(status_code=status, headers={"location": self.uri})


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    heard = Listener()
    app = Starlette(routes=[Route("/logout", heard.receive, methods=["POST"])])
    async with serving(app) as port:
        heard.uri = f"http://127.0.0.1:{port}/logout"
        yield heard


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[int]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


def blocked(person: Someone, **changes: Any) -> EmployeeBlocked:
    return EmployeeBlocked(organisation_id=ORGANISATION, account_id=person.account_id, blocked_by=new_id(), **changes)


def registration(**more: Any) -> dict[str, Any]:
    common = {"organisation_id": ORGANISATION, "registration_id": new_id(), "tool_id": "finder", "usage_mode": "agent"}
    return {**common, **more}


def access(person: Someone, **changes: Any) -> dict[str, Any]:
    return registration(account_id=person.account_id, role="user", reason="role-withdrawn", **changes)


async def handle(world: World, event: Event) -> None:
    """As the consumer does, in a transaction."""
    handler: Any = consumers.CONSUMER.handlers[type(event)]
    keyring: Keyring = world.app.at.keyring
    async with world.app.at.database.transaction() as db:
        await handler(db, event, keyring)


@pytest.mark.parametrize(
    "kind",
    [
        EmployeeBlocked,
        EmployeeRemoved,
        AccessWithdrawn,
        AccessSuspended,
        RegistrationSuspended,
        RegistrationEnded,
        OrganisationClosed,
    ],
)
async def test_what_an_organisation_takes_away_ends_exactly_those_grants(world: World, kind: type[Event]) -> None:
    tool, person, colleague = await world.register(), await world.someone(), await world.someone()
    mine = await steps.start(person, tool, organisation_id=str(ORGANISATION))
    elsewhere = await steps.start(person, tool, organisation_id=str(OTHER))
    theirs = await steps.start(colleague, tool, organisation_id=str(ORGANISATION))
    other_mode = await steps.start(person, tool, organisation_id=str(ORGANISATION), usage_mode="contractor")
    events: dict[type[Event], Event] = {
        EmployeeBlocked: blocked(person),
        EmployeeRemoved: EmployeeRemoved(organisation_id=ORGANISATION, account_id=person.account_id),
        AccessWithdrawn: AccessWithdrawn(**access(person)),
        AccessSuspended: AccessSuspended(**access(person)),
        RegistrationSuspended: RegistrationSuspended(**registration(reason="mandate-lapsed")),
        RegistrationEnded: RegistrationEnded(**registration()),
        OrganisationClosed: OrganisationClosed(organisation_id=ORGANISATION, closed_at=datetime.now(UTC)),
    }
    await handle(world, events[kind])
    all_of_person = kind in (EmployeeBlocked, EmployeeRemoved, OrganisationClosed)
    all_of_registration = kind in (RegistrationSuspended, RegistrationEnded, OrganisationClosed)
    assert not await steps.is_alive(world, tool, mine)
    assert await steps.is_alive(world, tool, elsewhere)
    assert await steps.is_alive(world, tool, theirs) is not all_of_registration
    assert await steps.is_alive(world, tool, other_mode) is not all_of_person
    assert await steps.jobs_of(world) == 1 + all_of_person + all_of_registration


async def test_ending_one_organisation_leaves_the_other_tab_signed_in(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    lost = await steps.start(person, tool, organisation_id=str(ORGANISATION))
    kept = await steps.start(person, tool, organisation_id=str(OTHER))
    await handle(world, blocked(person))
    assert (await steps.refresh(world, tool, lost)).json()["error"] == "invalid_grant"
    assert (await steps.refresh(world, tool, kept)).status_code == 200
    assert (await person.refresh()).status_code == 200


async def test_a_code_that_was_not_exchanged_yet_is_lost_too(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    code = await steps.code_for(person, tool, organisation_id=str(ORGANISATION))
    await handle(world, blocked(person))
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_grant"


async def test_an_event_that_comes_twice_tells_a_tool_once(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    await steps.start(person, tool, organisation_id=str(ORGANISATION))
    await handle(world, blocked(person))
    await handle(world, blocked(person))
    assert await steps.jobs_of(world) == 1


async def test_a_tool_without_an_address_for_it_is_not_told(world: World) -> None:
    tool, person = await world.register(backchannel_logout_uri=None), await world.someone()
    await steps.start(person, tool)
    await person.sign_out()
    assert await steps.jobs_of(world) == 0


async def test_the_tool_is_told_within_two_seconds_of_the_event(
    world_of: WorldOf, database_of: DatabaseOf, kafka: Kafka, listener: Listener
) -> None:
    """The whole way: the organisation service's event on Kafka, our consumer, our job, the tool's server."""
    from shared.relay import Relay

    world = await world_of(role="all")
    tool: Tool = await world.register(backchannel_logout_uri=listener.uri)
    person = await world.someone()
    tokens = await steps.start(person, tool, organisation_id=str(ORGANISATION))
    organisation = await database_of("organisation")
    relay, stop = Relay("organisation", organisation, kafka), asyncio.Event()
    publishing = asyncio.create_task(relay.run(stop))
    await _until_consuming(world)
    started = time.monotonic()
    async with organisation.transaction() as db:
        await outbox.append(db, blocked(person, version=1))
    token = await asyncio.wait_for(listener.tokens.get(), 10)
    took_s = time.monotonic() - started
    stop.set()
    await publishing
    claims = await steps.claims_of(world, token)
    sid = (await steps.claims_of(world, tokens["id_token"]))["sid"]
    assert (claims["sid"], claims["sub"], claims["aud"]) == (sid, str(person.account_id), "finder")
    assert claims["events"] == {LOGOUT_EVENT: {}}
    assert claims["iss"] == world.mint.origin
    assert "nonce" not in claims
    assert took_s < 2


async def _until_consuming(world: World) -> None:
    for _ in range(300):
        report = await world.app.fastapi.state.health.report()
        if report["ready"]:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(report)


async def test_a_tool_that_does_not_answer_is_told_again(world_of: WorldOf, kafka: Kafka, listener: Listener) -> None:
    listener.answers = [503, 302, 200]
    world = await world_of(role="all")
    tool, person = await world.register(backchannel_logout_uri=listener.uri), await world.someone()
    await steps.start(person, tool)
    await person.sign_out()
    assert await asyncio.wait_for(listener.tokens.get(), 15)


async def test_sessions_that_have_expired_are_ended_and_their_tools_told(
    world_of: WorldOf, kafka: Kafka, listener: Listener
) -> None:
    world = await world_of()
    tool, person = await world.register(backchannel_logout_uri=listener.uri), await world.someone()
    tokens = await steps.start(person, tool)
    await world.run("UPDATE session SET last_seen_at = now() - interval '13 hours'")
    settings = world.app.at.settings
    worker = await world_of(role="worker", postgres=settings.postgres, master_key=settings.master_key)
    assert await asyncio.wait_for(listener.tokens.get(), 15)
    assert not await steps.is_alive(world, tool, tokens)
    assert worker.app.service.name == "identity"
