"""Signing in to a tool, from its request to its tokens: with Authlib's own client, and step by step."""

from typing import Any

import httpx
import pytest
from authlib.integrations.starlette_client import OAuth
from authlib.oidc.discovery import OpenIDProviderMetadata
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.events.identity import SignedIn
from tests.identity import oidc_steps as steps
from tests.identity.world import Someone, Tool, World

NUMBER = "0123456749"


def tool_program(world: World, tool: Tool, **client_kwargs: Any) -> Starlette:
    """A tool as docs and tutorials have it: Authlib finds everything by discovery."""
    oauth = OAuth()
    oauth.register(
        "immo",
        client_id=tool.client_id,
        client_secret=tool.secret,
        server_metadata_url=f"{world.mint.origin}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "transport": world.app.transport,
            **client_kwargs,
        },
    )

    async def login(request: Request) -> Response:
        return await oauth.immo.authorize_redirect(request, tool.redirect_uri)

    async def callback(request: Request) -> Response:
        token = await oauth.immo.authorize_access_token(request)
        info = await oauth.immo.userinfo(token=token)
        return JSONResponse({"token": token, "userinfo": dict(info)})

    routes = [Route("/login", login), Route("/callback", callback)]
    return Starlette(routes=routes, middleware=[Middleware(SessionMiddleware, secret_key="x" * 32)])


@pytest.mark.parametrize("secret", ["s" * 40, "odd+%/:secret&=" * 3, None])
async def test_authlib_signs_a_person_in_unchanged(world: World, secret: str | None) -> None:
    tool = await world.register(secret=secret)
    person = await world.someone(first_name="Zoë", last_name="Maes")
    method = {} if secret else {"token_endpoint_auth_method": "none"}
    program = httpx.ASGITransport(tool_program(world, tool, **method))
    async with httpx.AsyncClient(transport=program, base_url="https://finder.example") as browser:
        to_provider = (await browser.get("/login")).headers["location"]
        waiting = await world.http.get(to_provider)
        request = steps.parameters_of(waiting.headers["location"])["request"]
        completed = await steps.complete(person, request, enterprise_number=NUMBER)
        answer = await browser.get(completed.json()["redirect_to"])
    body = answer.json()
    claims = body["token"]["userinfo"]
    assert claims["sub"] == str(person.account_id)
    assert claims["org"]["enterprise_number"] == NUMBER
    assert (claims["usage_mode"], claims["role"], claims["recognitions"]) == ("agent", "user", ["ipi"])
    assert (claims["name"], claims["locale"]) == ("Zoë Maes", "nl")
    assert body["userinfo"]["email"] == person.form["email"]
    assert body["userinfo"]["org"] == claims["org"]


async def test_the_discovery_document_is_in_order(world: World) -> None:
    document = (await world.http.get("/.well-known/openid-configuration")).json()
    assert document["issuer"] == world.mint.origin
    # Authlib asks for https everywhere; the tests' origin is this machine's own address.
    secure = {
        name: value.replace("http://127.0.0.1:8080", "https://immo.example") if isinstance(value, str) else value
        for name, value in document.items()
    }
    OpenIDProviderMetadata(secure).validate()


async def test_the_id_token_says_all_that_a_tool_needs(world: World) -> None:
    tool = await world.register()
    person = await world.someone(username="zoe.maes")
    tokens = await steps.start(person, tool)
    claims = await steps.claims_of(world, tokens["id_token"])
    assert claims["iss"] == world.mint.origin
    assert claims["aud"] == tool.client_id
    assert (claims["acr"], claims["amr"], claims["nonce"]) == ("pwd", ["pwd"], "the nonce")
    assert claims["preferred_username"] == "zoe.maes"
    assert claims["exp"] - claims["iat"] == 300
    assert claims["auth_time"] <= claims["iat"]
    access = await steps.claims_of(world, tokens["access_token"])
    assert access["sid"] == claims["sid"]
    assert access["client_id"] == tool.client_id
    assert tokens["token_type"] == "Bearer"


async def test_without_the_scope_profile_the_token_has_no_name(world: World) -> None:
    tokens = await steps.start(await world.someone(), await world.register(), asked={"scope": "openid"})
    claims = await steps.claims_of(world, tokens["id_token"])
    assert "name" not in claims
    assert "email" not in claims
    assert claims["org"]["name"] == "Agence Dupont"


async def test_the_answer_names_its_issuer_and_keeps_the_state(world: World) -> None:
    tool = await world.register(redirect_uris=["https://finder.example/cb?tenant=a%20b"])
    person = await world.someone()
    answer = await steps.complete(person, await steps.request_id(world, tool, state="a&b=ü"))
    uri = answer.json()["redirect_to"]
    found = steps.parameters_of(uri)
    assert uri.startswith("https://finder.example/cb?")
    assert (found["tenant"], found["state"], found["iss"]) == ("a b", "a&b=ü", world.mint.origin)


async def test_a_request_is_completed_once(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    request = await steps.request_id(world, tool)
    assert (await steps.complete(person, request)).status_code == 200
    again = await steps.complete(person, request)
    assert (again.status_code, again.json()["code"]) == (404, "authorization-expired")


async def test_the_gateway_reads_what_a_tool_asks_for(world: World) -> None:
    tool = await world.register(acr="eid")
    request = await steps.request_id(world, tool, prompt="login", ui_locales="nl fr", max_age="60", login_hint="jan")
    found = (await world.call("GET", f"/internal/authorizations/{request}")).json()
    assert (found["client_id"], found["tool_id"], found["tool_acr"]) == ("finder", "finder", "eid")
    assert (found["prompt"], found["max_age_s"], found["login_hint"]) == (["login"], 60, "jan")
    assert found["ui_locales"] == "nl fr"


async def test_a_request_waits_two_hours(world: World) -> None:
    request = await steps.request_id(world, await world.register())
    await world.run("UPDATE authorization_request SET expires_at = now()")
    answer = await world.call("GET", f"/internal/authorizations/{request}")
    assert (answer.status_code, answer.json()["code"]) == (404, "authorization-expired")


@pytest.mark.parametrize(
    ("body", "error"),
    [(None, "access_denied"), ({"error": "login_required"}, "login_required")],
)
async def test_a_cancelled_request_goes_back_to_the_tool(world: World, body: Any, error: str) -> None:
    request = await steps.request_id(world, await world.register())
    answer = await world.call("POST", f"/internal/authorizations/{request}/cancel", json=body)
    found = steps.parameters_of(answer.json()["redirect_to"])
    assert (found["error"], found["state"], found["iss"]) == (error, "the state", world.mint.origin)
    assert (await world.call("GET", f"/internal/authorizations/{request}")).status_code == 404


async def test_a_session_too_weak_for_the_tool_is_told_what_is_needed(world: World) -> None:
    tool, person = await world.register(acr="eid"), await world.someone()
    request = await steps.request_id(world, tool)
    answer = await steps.complete(person, request)
    assert (answer.status_code, answer.json()["code"]) == (403, "acr-too-weak")
    assert answer.json()["params"] == {"needed": "eid"}
    await world.run("UPDATE session SET acr = 'eid', amr = '{pwd,eid}'")
    stepped_up = await steps.complete(person, request)
    tokens = await steps.exchange(world, tool, steps.parameters_of(stepped_up.json()["redirect_to"])["code"])
    claims = await steps.claims_of(world, tokens.json()["id_token"])
    assert (claims["acr"], claims["amr"]) == ("eid", ["pwd", "eid"])


async def test_a_tool_may_ask_for_more_than_it_is_registered_with(world: World) -> None:
    tool, person = await world.register(acr="pwd"), await world.someone()
    answer = await steps.complete(person, await steps.request_id(world, tool, acr_values="urn:odd eid"))
    assert answer.json()["params"] == {"needed": "eid"}


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}])
async def test_a_tool_may_ask_for_a_fresh_sign_in(world: World, asked: dict[str, str]) -> None:
    tool, person = await world.register(), await world.someone()
    request = await steps.request_id(world, tool, **asked)
    assert (await steps.complete(person, request)).json()["code"] == "sign-in-again"
    await person.sign_in()
    assert (await steps.complete(person, request)).status_code == 200


async def test_max_age_counts_from_the_sign_in(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    request = await steps.request_id(world, tool, max_age="600")
    await world.run("UPDATE session SET auth_time = now() - interval '601 seconds'")
    assert (await steps.complete(person, request)).json()["code"] == "sign-in-again"
    await world.run("UPDATE session SET auth_time = now() - interval '500 seconds'")
    assert (await steps.complete(person, request)).status_code == 200


async def test_each_start_is_published_and_audited(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    await steps.start(person, tool)
    events = await world.events(SignedIn)
    assert [(event.client_id, event.version) for event in events] == [("finder", 3)]
    assert await world.run("SELECT details ->> 'usage_mode' FROM audit_log WHERE action = 'tool-started'") == "agent"


async def test_a_refresh_gives_new_tokens_for_the_same_quality(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    first = await steps.start(person, tool, role="admin")
    second = (await steps.refresh(world, tool, first)).json()
    assert second["refresh_token"] != first["refresh_token"]
    before, after = [await steps.claims_of(world, tokens["id_token"]) for tokens in (first, second)]
    assert (before["org"], before["role"], before["sid"]) == (after["org"], after["role"], after["sid"])
    assert "nonce" not in after
    narrower = (await steps.refresh(world, tool, second, scope="openid")).json()
    assert narrower["scope"] == "openid"


async def test_a_tool_gets_tokens_of_its_own(world: World) -> None:
    tool = await world.register(scopes=["openid", "charges", "receipts"])
    answer = await steps.token_request(world, tool, grant_type="client_credentials", scope="charges")
    body = answer.json()
    assert (body["scope"], body["expires_in"]) == ("charges", 300)
    assert "refresh_token" not in body
    claims = await steps.claims_of(world, body["access_token"])
    assert (claims["sub"], claims["tool_id"], claims["aud"]) == ("finder", "finder", "immo")
    assert "sid" not in claims
    everything = await steps.token_request(world, tool, grant_type="client_credentials")
    assert everything.json()["scope"] == "charges receipts"


async def test_two_tabs_hold_two_organisations_apart(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    first, second = [await steps.start(person, tool, organisation_name=name) for name in ("Agence A", "Agence B")]
    claims = [await steps.claims_of(world, tokens["id_token"]) for tokens in (first, second)]
    assert claims[0]["sid"] != claims[1]["sid"]
    assert [(await steps.refresh(world, tool, tokens)).status_code for tokens in (first, second)] == [200, 200]


async def test_signing_out_ends_all_tools_of_the_session_and_no_other(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    first = await steps.start(person, tool)
    elsewhere = Someone(world, person.account_id, person.form, "", {})
    await elsewhere.sign_in()
    second = await steps.start(elsewhere, tool)
    await person.sign_out()
    assert not await steps.is_alive(world, tool, first)
    assert (await steps.refresh(world, tool, first)).json()["error"] == "invalid_grant"
    assert await steps.is_alive(world, tool, second)
