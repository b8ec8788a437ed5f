"""Who may ask what a token is worth, and what it is worth (RFC 7662)."""

from typing import Any

import httpx
import pytest

from tests.identity import oidc_steps as steps
from tests.identity.world import Someone, Tool, World

WORTHLESS = {"active": False}


async def ask(world: World, tool: Tool, token: str) -> dict[str, Any]:
    auth = httpx.BasicAuth(tool.client_id, tool.secret or "")
    answer = await world.http.post("/oauth2/introspect", data={"token": token}, auth=auth)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def tool(world: World) -> Tool:
    return await world.register()


@pytest.fixture
async def person(world: World) -> Someone:
    return await world.someone()


async def test_a_client_learns_what_its_own_tokens_are_worth(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool, organisation_name="Mine")
    claims = await steps.claims_of(world, tokens["id_token"])
    access = await ask(world, tool, tokens["access_token"])
    assert (access["active"], access["client_id"], access["sid"]) == (True, "finder", claims["sid"])
    assert (access["org"]["name"], access["scope"], access["token_type"]) == ("Mine", "openid profile", "Bearer")
    refresh = await ask(world, tool, tokens["refresh_token"])
    assert (refresh["active"], refresh["sub"]) == (True, claims["sub"])
    own = (await steps.token_request(world, tool, grant_type="client_credentials")).json()["access_token"]
    assert (await ask(world, tool, own))["sub"] == "finder"


async def test_a_stranger_learns_nothing_about_a_token(world: World, tool: Tool, person: Someone) -> None:
    stranger = await world.register("stranger")
    tokens = await steps.start(person, tool)
    for token in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"], "nonsense", person.token):
        assert await ask(world, stranger, token) == WORTHLESS
    for token in (tokens["id_token"], person.session["access_token"]):
        assert await ask(world, tool, token) == WORTHLESS


async def test_a_resource_server_learns_about_every_access_token(world: World, tool: Tool, person: Someone) -> None:
    server = await world.register("server", scopes=["introspection"], redirect_uris=[])
    tokens = await steps.start(person, tool)
    assert (await ask(world, server, tokens["access_token"]))["client_id"] == "finder"
    assert await ask(world, server, tokens["refresh_token"]) == WORTHLESS
    assert await ask(world, server, person.session["access_token"]) == WORTHLESS, "not one of a tool"


async def test_what_has_ended_is_worth_nothing_whatever_its_token_says(
    world: World, tool: Tool, person: Someone
) -> None:
    tokens = await steps.start(person, tool)
    await person.sign_out()
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert await ask(world, tool, token) == WORTHLESS


async def test_nobody_asks_without_saying_who_they_are(world: World, tool: Tool) -> None:
    public = await world.register("app", secret=None)
    answer = await world.http.post("/oauth2/introspect", data={"token": "x"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    answer = await world.http.post("/oauth2/introspect", data={"token": "x", "client_id": public.client_id})
    assert answer.json()["error"] == "unauthorized_client"
