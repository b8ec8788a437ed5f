"""How a tool's server proves who it is, and what it gets on its own behalf."""

import httpx
import pytest

from tests.identity import oidc_steps as steps
from tests.identity.world import Tool, World


@pytest.fixture
async def tool(world: World) -> Tool:
    return await world.register()


@pytest.mark.parametrize("secret", ["wrong" * 10, "", None])
async def test_a_wrong_secret_opens_nothing(world: World, tool: Tool, secret: str | None) -> None:
    impostor = Tool(tool.client_id, secret, tool.redirect_uri)
    answer = await steps.token_request(world, impostor, grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_unknown_client_and_a_wrong_secret_get_the_same_answer(world: World, tool: Tool) -> None:
    answers = [
        await steps.token_request(world, Tool(client_id, "w" * 40, ""), grant_type="client_credentials")
        for client_id in (tool.client_id, "nobody")
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["www-authenticate"] == answers[1].headers["www-authenticate"]


async def test_a_client_that_authenticates_twice_is_refused(world: World, tool: Tool) -> None:
    answer = await steps.token_request(world, tool, grant_type="client_credentials", client_secret=tool.secret)
    assert answer.json()["error"] == "invalid_request"


async def test_a_public_client_gets_no_tokens_on_its_own_behalf(world: World) -> None:
    public = await world.register("app", secret=None)
    answer = await steps.token_request(world, public, grant_type="client_credentials")
    assert answer.json()["error"] == "unauthorized_client"


@pytest.mark.parametrize("scope", ["platform", "openid", "charges platform", "invented"])
async def test_a_tool_cannot_give_itself_a_scope(world: World, tool: Tool, scope: str) -> None:
    answer = await steps.token_request(world, tool, grant_type="client_credentials", scope=scope)
    assert answer.json()["error"] == "invalid_scope"


@pytest.mark.parametrize("grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", None])
async def test_other_grants_do_not_exist(world: World, tool: Tool, grant_type: str | None) -> None:
    answer = await steps.token_request(world, tool, grant_type=grant_type)
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_request")


async def test_a_repeated_parameter_at_the_token_endpoint_is_refused(world: World, tool: Tool) -> None:
    body = "grant_type=client_credentials&scope=charges&scope=openid"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    auth = httpx.BasicAuth(tool.client_id, tool.secret or "")
    answer = await world.http.post("/oauth2/token", content=body, headers=headers, auth=auth)
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize("authorization", ["Basic", "Basic !!!", "Basic " + "é" * 4, "Bearer x", "Basic bm9jb2xvbg=="])
async def test_odd_client_credentials_are_refused(world: World, authorization: str) -> None:
    headers = {"authorization": authorization.encode()}
    form = {"grant_type": "client_credentials"}
    answer = await world.http.post("/oauth2/token", data=form, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
