"""Refresh tokens: each good once, a lost answer forgiven, a theft not; and nothing refreshed of what has ended."""

import asyncio

import pytest

from services.identity.oidc.token_handlers import REPEATABLE_S
from tests.identity import oidc_steps as steps
from tests.identity.world import Someone, Tool, World


@pytest.fixture
async def tool(world: World) -> Tool:
    return await world.register()


@pytest.fixture
async def person(world: World) -> Someone:
    return await world.someone()


async def later(world: World) -> None:
    """The time in which an answer may have been lost is over."""
    await world.run(f"UPDATE oidc_refresh_token SET used_at = used_at - interval '{REPEATABLE_S} seconds'")


async def test_a_lost_answer_is_given_again_while_its_token_is_unused(
    world: World, tool: Tool, person: Someone
) -> None:
    first = await steps.start(person, tool)
    lost, again = [(await steps.refresh(world, tool, first)).json() for _ in range(2)]
    assert again["refresh_token"] == lost["refresh_token"], "not a second line of tokens"
    third = (await steps.refresh(world, tool, again)).json()
    assert await steps.is_alive(world, tool, third)


async def test_two_requests_at_once_get_the_same_token(world: World, tool: Tool, person: Someone) -> None:
    first = await steps.start(person, tool)
    answers = await asyncio.gather(*(steps.refresh(world, tool, first) for _ in range(4)))
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_a_token_whose_successor_was_used_ends_the_whole_family(
    world: World, tool: Tool, person: Someone
) -> None:
    first = await steps.start(person, tool)
    second = (await steps.refresh(world, tool, first)).json()
    third = (await steps.refresh(world, tool, second)).json()
    assert (await steps.refresh(world, tool, first)).json()["error"] == "invalid_grant"
    assert not await steps.is_alive(world, tool, third)
    assert (await steps.refresh(world, tool, third)).json()["error"] == "invalid_grant"


async def test_a_late_repeat_ends_the_whole_family(world: World, tool: Tool, person: Someone) -> None:
    first = await steps.start(person, tool)
    second = (await steps.refresh(world, tool, first)).json()
    await later(world)
    assert (await steps.refresh(world, tool, first)).json()["error"] == "invalid_grant"
    assert not await steps.is_alive(world, tool, second)
    assert await world.run("SELECT count(*) FROM audit_log WHERE action = 'refresh-token-reused'") == 1


async def test_a_thief_who_repeats_in_time_and_the_owner_cannot_both_go_on(
    world: World, tool: Tool, person: Someone
) -> None:
    first = await steps.start(person, tool)
    owners = (await steps.refresh(world, tool, first)).json()
    stolen = (await steps.refresh(world, tool, first)).json()
    assert (await steps.refresh(world, tool, stolen)).status_code == 200
    await later(world)
    assert (await steps.refresh(world, tool, owners)).json()["error"] == "invalid_grant"
    assert not await steps.is_alive(world, tool, owners)


async def test_a_repeat_by_another_client_is_a_theft_at_any_time(world: World, tool: Tool, person: Someone) -> None:
    thief = await world.register("thief")
    first = await steps.start(person, tool)
    second = (await steps.refresh(world, tool, first)).json()
    assert (await steps.refresh(world, thief, first)).json()["error"] == "invalid_grant"
    assert not await steps.is_alive(world, tool, second)


async def test_asking_for_too_much_costs_nothing(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool)
    assert (await steps.refresh(world, tool, tokens, scope="openid charges")).json()["error"] == "invalid_scope"
    less = await steps.refresh(world, tool, tokens, scope="openid")
    assert less.json()["scope"] == "openid"
    whole = await steps.refresh(world, tool, less.json())
    assert whole.json()["scope"] == "openid profile", "narrowing is of one token, not of the grant"


async def test_a_refresh_keeps_the_session_alive_but_not_beyond_its_end(
    world: World, tool: Tool, person: Someone
) -> None:
    tokens = await steps.start(person, tool)
    await world.run("UPDATE session SET last_seen_at = now() - interval '11 hours'")
    tokens = (await steps.refresh(world, tool, tokens)).json()
    assert await world.run("SELECT now() - last_seen_at < interval '1 minute' FROM session ORDER BY created_at DESC")
    assert await world.run("SELECT bool_and(t.expires_at = s.expires_at) FROM oidc_refresh_token t, oidc_grant g, session s "
                           "WHERE g.id = t.grant_id AND s.id = g.session_id")  # fmt: skip
    await world.run("UPDATE session SET expires_at = now()")
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"


async def test_an_idle_session_is_over_before_anybody_says_so(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool)
    code = await steps.code_for(person, tool)
    await world.run("UPDATE session SET last_seen_at = now() - interval '13 hours'")
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_grant"


async def test_a_deactivated_account_gets_nothing_any_more(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool)
    code = await steps.code_for(person, tool)
    await world.run("UPDATE account SET state = 'pending', activated_at = NULL")
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_grant"
    assert not await steps.is_alive(world, tool, tokens)


async def test_a_client_that_did_not_register_for_it_gets_no_refresh_token(world: World, person: Someone) -> None:
    tool = await world.register(grant_types=["authorization_code"])
    tokens = await steps.start(person, tool)
    assert "refresh_token" not in tokens
    answer = await steps.token_request(world, tool, grant_type="refresh_token", refresh_token="x" * 43)
    assert answer.json()["error"] == "unauthorized_client"
    assert (await steps.token_request(world, tool, grant_type="client_credentials")).json()[
        "error"
    ] == "unauthorized_client"


async def test_offline_access_is_asked_for_and_not_granted(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool, asked={"scope": "openid offline_access"})
    assert tokens["scope"] == "openid"
    await person.sign_out()
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"
