"""How a client proves who it is: one way each, renewed without a pause, and over when it is switched off."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.identity.oidc.assertions import ASSERTION_TYPE
from tests.identity import oidc_steps as steps
from tests.identity.test_oidc_logout import serving
from tests.identity.world import Tool, World

KEY = ECKey.generate_key("P-256", {"kid": "one"})
CREDENTIALS = {"grant_type": "client_credentials"}


async def ask(world: World, **form: Any) -> httpx.Response:
    return await world.http.post("/oauth2/token", data={**CREDENTIALS, **form})


def assertion(world: World, key: ECKey = KEY, **changes: Any) -> dict[str, str]:
    claims = {
        "iss": "finder",
        "sub": "finder",
        "aud": world.mint.origin,
        "exp": int(time.time()) + 60,
        "jti": str(uuid4()),
        **changes,
    }
    text = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)
    return {"client_assertion": text, "client_assertion_type": ASSERTION_TYPE}


async def with_keys(world: World, **changes: Any) -> None:
    jwks = {"keys": [KEY.as_dict(private=False)]}
    await world.register(**{"secret": None, "jwks": jwks, **changes})


async def operator(world: World, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = world.mint.peer("operator", "identity")
    return await world.http.request(method, f"/internal/{path}", json=body, headers=headers)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_client_uses_the_way_that_it_registered_and_no_other(world: World, method: str) -> None:
    tool = await world.register(token_endpoint_auth_method=method)
    by_header = await steps.token_request(world, tool, **CREDENTIALS)
    by_body = await ask(world, client_id=tool.client_id, client_secret=str(tool.secret))
    by_name = await ask(world, client_id=tool.client_id)
    expected = [200, 401] if method == "client_secret_basic" else [401, 200]
    assert [by_header.status_code, by_body.status_code, by_name.status_code] == [*expected, 401]


async def test_a_client_signs_who_it_is_and_each_assertion_counts_once(world: World) -> None:
    await with_keys(world)
    said = assertion(world)
    assert (await ask(world, **said)).status_code == 200
    again = await ask(world, **said)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert (await ask(world, **assertion(world), client_id="finder")).status_code == 200
    assert (await ask(world, **assertion(world), client_id="other")).status_code == 401
    assert (await ask(world, **assertion(world), client_secret="s" * 40)).json()["error"] == "invalid_request"


async def test_an_assertion_for_another_provider_or_by_another_key_opens_nothing(world: World) -> None:
    await with_keys(world)
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    for said in (assertion(world, stranger), assertion(world, aud="https://other.example"), assertion(world, sub="x")):
        answer = await ask(world, **said)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_client_with_keys_cannot_come_with_a_secret_or_with_nothing(world: World) -> None:
    await with_keys(world)
    assert (await ask(world, client_id="finder")).status_code == 401
    assert (await ask(world, client_id="finder", client_secret="")).status_code == 401
    await world.register("plain")
    assert (await ask(world, **assertion(world, iss="plain", sub="plain"))).status_code == 401


async def test_keys_at_an_address_are_fetched_and_fetched_again_for_a_new_one(world: World) -> None:
    keys, fetched = [KEY], 0

    async def show(request: Request) -> Response:
        nonlocal fetched
        fetched += 1
        return JSONResponse({"keys": [key.as_dict(private=False) for key in keys]})

    async with serving(Starlette(routes=[Route("/keys", show)])) as port:
        await with_keys(world, jwks=None, jwks_uri=f"http://127.0.0.1:{port}/keys")
        assert (await ask(world, **assertion(world))).status_code == 200
        new = ECKey.generate_key("P-256", {"kid": "two"})
        keys.append(new)
        assert (await ask(world, **assertion(world, new))).status_code == 401, "fetched a moment ago: not again so soon"
        known = world.app.at.own.client_keys
        known._clock = lambda: time.monotonic() + 31
        assert (await ask(world, **assertion(world, new))).status_code == 200
        assert (await ask(world, **assertion(world))).status_code == 200
    assert fetched == 2


async def test_keys_on_an_inside_address_are_not_fetched(world: World) -> None:
    await with_keys(world, jwks=None, jwks_uri="http://127.0.0.1:1/keys")
    assert (await ask(world, **assertion(world))).status_code == 401
    refused = await operator(
        world,
        "PUT",
        "clients/x",
        {"name": "X", "tool_id": "x", "redirect_uris": ["https://x.example/"], "jwks_uri": "https://10.0.0.1/keys"},
    )
    assert [error["field"] for error in refused.json()["errors"]] == ["jwks_uri"]


async def test_a_secret_is_renewed_while_the_old_one_still_works(world: World) -> None:
    tool = await world.register()
    answer = await operator(world, "POST", "clients/finder/secret", {"keep_old_s": 3600})
    new = Tool(tool.client_id, answer.json()["client_secret"], tool.redirect_uri)
    assert [(await steps.token_request(world, it, **CREDENTIALS)).status_code for it in (tool, new)] == [200, 200]
    await world.run("UPDATE client SET old_secret_until = now()")
    world.app.at.own.clients.forget("finder")
    assert [(await steps.token_request(world, it, **CREDENTIALS)).status_code for it in (tool, new)] == [401, 200]
    newest = (await operator(world, "POST", "clients/finder/secret", {"keep_old_s": 0})).json()["client_secret"]
    last = Tool(tool.client_id, newest, tool.redirect_uri)
    assert [(await steps.token_request(world, it, **CREDENTIALS)).status_code for it in (new, last)] == [401, 200]


async def test_a_client_that_is_switched_off_can_do_nothing_from_that_moment(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    tokens, code = await steps.start(person, tool), await steps.code_for(person, tool)
    request = await steps.request_id(world, tool)
    assert (await operator(world, "POST", "clients/finder/disable")).status_code == 204
    assert not await steps.is_alive(world, tool, tokens)
    for answer in (
        await steps.refresh(world, tool, tokens),
        await steps.exchange(world, tool, code),
        await steps.token_request(world, tool, **CREDENTIALS),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "/oauth2-error?" in (await steps.authorize(world, tool)).headers["location"]
    assert (await steps.complete(person, request)).json()["code"] == "authorization-expired"
    assert await steps.jobs_of(world) == 2, "both grants' sessions at the tool are ended too"
    shown = (await operator(world, "GET", "clients/finder")).json()
    assert shown["disabled_at"] is not None
    assert (await operator(world, "POST", "clients/finder/enable")).status_code == 204
    assert (await steps.token_request(world, tool, **CREDENTIALS)).status_code == 200
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant", "what ended stays ended"


async def test_another_process_that_knew_the_client_a_moment_ago_gives_nothing_for_a_person(world: World) -> None:
    """The cache of clients may be a second old; the statement that uses a code or token is not."""
    tool, person = await world.register(), await world.someone()
    tokens, code = await steps.start(person, tool), await steps.code_for(person, tool)
    await world.run("UPDATE client SET disabled_at = now()")
    world.app.at.own.clients._ttl_s = 60
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_grant"
