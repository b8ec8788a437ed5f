"""A tool asks to sign its person out: whom it is about, who is asked, and where one is led back to."""

from typing import Any

import httpx
import pytest
from joserfc import jws

from tests.identity import oidc_steps as steps
from tests.identity.world import World


async def logout(world: World, **parameters: str) -> httpx.Response:
    return await world.http.get("/oauth2/logout", params=parameters)


async def asked_of(world: World, answer: httpx.Response) -> dict[str, Any]:
    """What the gateway is told of the request to sign out that a browser brings it."""
    location = answer.headers["location"]
    assert location.startswith(f"{world.mint.origin}/sign-out?logout="), location
    found = await world.call("GET", f"/internal/logouts/{steps.parameters_of(location)['logout']}")
    assert found.status_code == 200, found.text
    return found.json()


async def leads_to(world: World, answer: httpx.Response) -> str | None:
    return (await asked_of(world, answer))["redirect_to"]


async def test_a_tool_may_sign_its_person_out_everywhere(world: World) -> None:
    tool, other, person = await world.register(), await world.register("other"), await world.someone()
    tokens, others = await steps.start(person, tool), await steps.start(person, other)
    answer = await logout(
        world, id_token_hint=tokens["id_token"], post_logout_redirect_uri="https://finder.example/bye", state="a b"
    )
    assert await leads_to(world, answer) == "https://finder.example/bye?state=a+b"
    assert not await steps.is_alive(world, tool, tokens)
    assert not await steps.is_alive(world, other, others)
    assert (await person.refresh()).json()["code"] == "session-ended"
    assert await steps.jobs_of(world) == 2


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "https://finder.example/bye/", "https://other.example/bye"]
)
async def test_after_signing_out_nobody_is_sent_to_an_unregistered_address(world: World, target: str) -> None:
    await world.register("other")
    tokens = await steps.start(await world.someone(), await world.register())
    answer = await logout(world, id_token_hint=tokens["id_token"], post_logout_redirect_uri=target)
    assert await leads_to(world, answer) is None


@pytest.mark.parametrize("hint", ["", "nonsense", "eyJhbGciOiJub25lIn0.e30."])
async def test_without_a_proof_of_whom_it_is_about_the_person_is_asked_and_then_led_back(
    world: World, hint: str
) -> None:
    tool, person = await world.register(), await world.someone()
    tokens = await steps.start(person, tool)
    bye = "https://finder.example/bye"
    answer = await logout(
        world, id_token_hint=hint, client_id="finder", post_logout_redirect_uri=bye, logout_hint="jan", ui_locales="nl"
    )
    assert await asked_of(world, answer) == {
        "tool_id": "finder",
        "client_name": "Finder",
        "redirect_to": bye,
        "logout_hint": "jan",
        "ui_locales": "nl",
    }
    assert await steps.is_alive(world, tool, tokens)


@pytest.mark.parametrize(
    "parameters", [{}, {"client_id": "nobody"}, {"post_logout_redirect_uri": "https://finder.example/bye"}]
)
async def test_where_nobody_knows_which_tool_asks_our_own_page_is_the_end(
    world: World, parameters: dict[str, str]
) -> None:
    await world.register()
    answer = await logout(world, **parameters)
    assert answer.headers["location"] == f"{world.mint.origin}/sign-out"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_an_id_token_that_has_expired_still_says_whom_to_sign_out(world: World, algorithm: str) -> None:
    tool, person = await world.register(), await world.someone()
    await world.run("UPDATE client SET id_token_signed_response_alg = $1", algorithm)
    world.app.at.own.clients.forget(tool.client_id)
    tokens = await steps.start(person, tool)
    header = jws.extract_compact(tokens["id_token"].encode()).headers()
    claims = await steps.claims_of(world, tokens["id_token"])
    assert header["alg"] == algorithm
    old = await world.app.at.own.signing.sign("JWT", {**claims, "exp": 1, "iat": 0}, algorithm)
    assert await leads_to(world, await world.http.post("/oauth2/logout", data={"id_token_hint": old})) is None
    assert not await steps.is_alive(world, tool, tokens)


async def test_a_request_to_sign_out_is_good_for_half_an_hour(world: World) -> None:
    await world.register()
    answer = await logout(world, client_id="finder")
    await world.run("UPDATE logout_request SET expires_at = now()")
    logout_id = steps.parameters_of(answer.headers["location"])["logout"]
    found = await world.call("GET", f"/internal/logouts/{logout_id}")
    assert (found.status_code, found.json()["code"]) == (404, "logout-expired")


async def test_an_id_token_of_another_client_signs_nobody_out(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    await world.register("other")
    tokens = await steps.start(person, tool)
    await logout(world, id_token_hint=tokens["id_token"], client_id="other")
    assert await steps.is_alive(world, tool, tokens)
