"""A right that is withdrawn at the very moment at which somebody starts a tool: no grant survives it."""

from typing import Any
from uuid import UUID

import pytest
from pydantic_core import to_jsonable_python

from services.identity.oidc import consumers
from services.identity.oidc.decisions import confirm_grant
from shared import authzen
from shared.errors import Unavailable
from shared.events.organisation import EmployeeBlocked
from shared.ids import new_id
from shared.job_store import Job
from tests.identity import oidc_steps as steps
from tests.identity.conftest import WorldOf
from tests.identity.oidc_changes import Organisation
from tests.identity.world import Someone, World

ORGANISATION = UUID("018f0000-0000-7000-8000-000000000001")


async def begun(world_of: WorldOf, organisation: Organisation) -> tuple[World, Someone, str, Any]:
    world = await world_of(peers={"organisation": organisation})
    tool, person = await world.register(), await world.someone()
    return world, person, await steps.request_id(world, tool), tool


async def grants(world: World) -> int:
    return await world.run("SELECT count(*) FROM oidc_grant WHERE ended_at IS NULL")


async def test_the_organisation_service_is_asked_once_more(world_of: WorldOf) -> None:
    organisation = Organisation()
    world, person, request, _ = await begun(world_of, organisation)
    assert (await steps.complete(person, request, organisation_id=str(ORGANISATION))).status_code == 200
    assert organisation.asked == [
        to_jsonable_python(authzen.may_start(person.account_id, "finder", ORGANISATION, "agent", "user"))
    ]
    assert await world.run("SELECT count(*) FROM job WHERE kind = 'confirm-grant'") == 0


@pytest.mark.parametrize("answer", [False, 422])
async def test_what_it_no_longer_allows_is_not_granted_and_the_request_goes_on_waiting(
    world_of: WorldOf, answer: bool | int
) -> None:
    world, person, request, _ = await begun(world_of, Organisation([answer, True]))
    refused = await steps.complete(person, request)
    assert (refused.status_code, refused.json()["code"]) == (403, "no-longer-allowed")
    assert await world.run("SELECT count(*) FROM oidc_grant") == 0
    assert (await steps.complete(person, request)).status_code == 200


async def test_an_event_between_its_answer_and_the_code_ends_the_grant(world_of: WorldOf) -> None:
    """The grant stands before the question, so there is no moment at which the event could miss it."""
    organisation = Organisation()
    world, person, request, _ = await begun(world_of, organisation)

    async def block() -> None:
        event = EmployeeBlocked(organisation_id=ORGANISATION, account_id=person.account_id, blocked_by=new_id())
        async with world.app.at.database.transaction() as db:
            await consumers.on_employee_blocked(db, event, world.app.at.keyring)

    organisation.meanwhile = block
    refused = await steps.complete(person, request, organisation_id=str(ORGANISATION))
    assert refused.json()["code"] == "no-longer-allowed"
    assert await grants(world) == 0
    assert await world.run("SELECT count(*) FROM oidc_code") == 0


async def test_a_session_that_ends_meanwhile_gets_no_code(world_of: WorldOf) -> None:
    organisation = Organisation()
    world, person, request, _ = await begun(world_of, organisation)

    async def sign_out() -> None:
        await person.sign_out()

    organisation.meanwhile = sign_out
    assert (await steps.complete(person, request)).json()["code"] == "session-ended"
    assert await grants(world) == 0


@pytest.mark.parametrize("silence", [0, 503])
async def test_while_it_is_silent_the_gateway_is_believed_and_it_is_asked_later(
    world_of: WorldOf, silence: int
) -> None:
    world, person, request, tool = await begun(world_of, Organisation([silence, silence, True]))
    code = steps.parameters_of((await steps.complete(person, request)).json()["redirect_to"])["code"]
    tokens = (await steps.exchange(world, tool, code)).json()
    with pytest.raises(Unavailable):
        await confirm(world)
    await confirm(world)
    assert await steps.is_alive(world, tool, tokens)


async def test_what_it_refuses_once_it_is_back_ends(world_of: WorldOf) -> None:
    world, person, request, tool = await begun(world_of, Organisation([0, False]))
    code = steps.parameters_of((await steps.complete(person, request)).json()["redirect_to"])["code"]
    tokens = (await steps.exchange(world, tool, code)).json()
    await confirm(world)
    assert not await steps.is_alive(world, tool, tokens)
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"
    assert await world.run("SELECT count(*) FROM job WHERE kind = 'backchannel-logout'") == 1
    await confirm(world)


async def confirm(world: World) -> None:
    """As the worker does with the one job that waits."""
    payload = await world.run("SELECT payload FROM job WHERE kind = 'confirm-grant'")
    await confirm_grant(world.app.at)(Job(new_id(), "confirm-grant", None, payload, {}, 1, 0, new_id()))
