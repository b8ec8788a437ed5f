"""How a request comes and how the answer goes: by address, by form, pushed beforehand."""

import html
import re
from typing import Any

import httpx
import pytest

from tests.identity import oidc_steps as steps
from tests.identity.oidc_changes import by_reference, change, push
from tests.identity.world import Someone, Tool, World


@pytest.fixture
async def tool(world: World) -> Tool:
    return await world.register()


@pytest.fixture
async def person(world: World) -> Someone:
    return await world.someone()


async def form_at(world: World, location: str) -> tuple[httpx.Response, str, dict[str, str]]:
    """The page, where its form goes, and what it says."""
    assert location.startswith(f"{world.mint.origin}/oauth2/answer?id="), location
    page = await world.http.get(location)
    action = re.search(r'<form method="post" action="([^"]*)"', page.text)
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    target = html.unescape(action.group(1)) if action else ""
    return page, target, {name: html.unescape(value) for name, value in fields}


async def test_an_answer_by_form_holds_what_an_address_would(world: World, tool: Tool, person: Someone) -> None:
    state = '"><script>alert(1)</script>'
    request = await steps.request_id(world, tool, response_mode="form_post", state=state)
    location = (await steps.complete(person, request)).json()["redirect_to"]
    page, target, fields = await form_at(world, location)
    assert target == tool.redirect_uri
    assert (fields["state"], fields["iss"]) == (state, world.mint.origin)
    assert state not in page.text
    policy = page.headers["content-security-policy"]
    assert "form-action https://finder.example;" in policy
    assert "'unsafe-inline'" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert (await steps.exchange(world, tool, fields["code"])).status_code == 200


async def test_an_answer_by_form_is_shown_once_and_kept_sealed(world: World, tool: Tool, person: Someone) -> None:
    request = await steps.request_id(world, tool, response_mode="form_post")
    location = (await steps.complete(person, request)).json()["redirect_to"]
    kept = bytes(await world.run("SELECT sealed FROM form_post_answer"))
    _, _, fields = await form_at(world, location)
    assert fields["code"].encode() not in kept
    for uri in (location, f"{world.mint.origin}/oauth2/answer", f"{world.mint.origin}/oauth2/answer?id=x"):
        again = await world.http.get(uri)
        assert again.headers["location"] == f"{world.mint.origin}/oauth2-error?code=answer-expired"


@pytest.mark.parametrize("changes", [{"response_type": "token"}, {"scope": "profile"}, {"claims": "["}])
async def test_a_refusal_goes_by_form_too(world: World, tool: Tool, changes: dict[str, str]) -> None:
    answer = await steps.authorize(world, tool, response_mode="form_post", **changes)
    _, target, fields = await form_at(world, answer.headers["location"])
    assert target == tool.redirect_uri
    assert set(fields) == {"error", "error_description", "state", "iss"}


async def test_somebody_who_turns_back_is_told_by_form(world: World, tool: Tool) -> None:
    request = await steps.request_id(world, tool, response_mode="form_post")
    answer = await world.call("POST", f"/internal/authorizations/{request}/cancel")
    assert (await form_at(world, answer.json()["redirect_to"]))[2]["error"] == "access_denied"


async def test_a_request_is_pushed_and_taken_up_by_the_browser_once(world: World, tool: Tool, person: Someone) -> None:
    pushed = await push(world, tool, organisation="0123456749", prompt="login")
    assert (pushed.status_code, pushed.headers["cache-control"]) == (201, "no-store")
    uri = pushed.json()["request_uri"]
    assert uri.startswith("urn:ietf:params:oauth:request_uri:")
    answer = await by_reference(world, tool, uri, organisation="0999999922", prompt="none")
    request = steps.parameters_of(answer.headers["location"])["request"]
    view = (await world.call("GET", f"/internal/authorizations/{request}")).json()
    assert (view["organisation"], view["prompt"]) == ("0123456749", ["login"])
    again = await by_reference(world, tool, uri)
    assert again.headers["location"].endswith("/oauth2-error?code=invalid-request-uri")
    await person.sign_in()
    completed = await steps.complete(person, request)
    code = steps.parameters_of(completed.json()["redirect_to"])["code"]
    assert (await steps.exchange(world, tool, code)).status_code == 200


async def test_a_pushed_request_is_the_clients_own(world: World, tool: Tool) -> None:
    thief = await world.register("thief")
    uri = (await push(world, tool)).json()["request_uri"]
    stolen = await by_reference(world, thief, uri)
    assert stolen.headers["location"].endswith("invalid-request-uri")
    assert "/sign-in?request=" in (await by_reference(world, tool, uri)).headers["location"]


async def test_a_pushed_request_lives_a_minute_and_a_half(world: World, tool: Tool) -> None:
    pushed = (await push(world, tool)).json()
    assert pushed["expires_in"] == 90
    await world.run("UPDATE pushed_request SET expires_at = now()")
    assert "invalid-request-uri" in (await by_reference(world, tool, pushed["request_uri"])).headers["location"]


async def test_a_client_that_must_push_cannot_ask_in_the_address(world: World, tool: Tool) -> None:
    await change(world, tool, require_par=True)
    answer = await steps.authorize(world, tool)
    assert steps.parameters_of(answer.headers["location"])["error"] == "invalid_request"
    uri = (await push(world, tool)).json()["request_uri"]
    assert "/sign-in?request=" in (await by_reference(world, tool, uri)).headers["location"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"ui_locales": "a\0b"}, "invalid_request"),
    ],
)
async def test_a_push_is_judged_as_the_request_would_be(
    world: World, tool: Tool, changes: dict[str, Any], error: str
) -> None:
    answer = await push(world, tool, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert await world.run("SELECT count(*) FROM pushed_request") == 0


async def test_who_pushes_proves_who_it_is(world: World, tool: Tool) -> None:
    answer = await push(world, Tool(tool.client_id, "wrong" * 10, tool.redirect_uri))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    nobody = await world.http.post("/oauth2/par", data=steps.usual(tool))
    assert nobody.json()["error"] == "invalid_client"


async def test_a_public_client_may_push_too(world: World) -> None:
    app = await world.register("app", secret=None)
    uri = (await push(world, app)).json()["request_uri"]
    assert "/sign-in?request=" in (await by_reference(world, app, uri)).headers["location"]


async def test_a_request_object_by_reference_is_refused(world: World, tool: Tool) -> None:
    answer = await steps.authorize(world, tool, request_uri="https://finder.example/request.jwt")
    assert steps.parameters_of(answer.headers["location"])["error"] == "request_uri_not_supported"
