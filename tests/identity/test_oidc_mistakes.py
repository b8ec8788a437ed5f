"""What others got wrong on the way of the browser, one named test each. On the way of the tool's server: test_oidc_security.py."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey, RSAKey

from shared.ids import new_id
from tests.identity import oidc_steps as steps
from tests.identity.oidc_changes import by_reference, push
from tests.identity.test_oidc_security import forged
from tests.identity.world import PASSWORD, Someone, Tool, World

EVIL = {
    "host": "evil.example",
    "x-forwarded-host": "evil.example",
    "forwarded": "host=evil.example",
    "x-forwarded-proto": "http",
}


@pytest.fixture
async def tool(world: World) -> Tool:
    return await world.register()


@pytest.fixture
async def person(world: World) -> Someone:
    return await world.someone()


TRICKS = (
    "https://finder.example/callback/",
    "https://finder.example/callback?next=https://evil.example",
    "https://finder.example/callback#@evil.example",
    "https://finder.example:8443/callback",
    "https://finder.example:443/callback",
    "https://finder.example.evil.example/callback",
    "https://finder.example@evil.example/callback",
    "https://evil.example\\@finder.example/callback",
    "https://finder.example/callback/../../evil",
    "https://finder.example/%63allback",
    "https://FINDER.example/callback",
    "https://*.example/callback",
    "http://finder.example/callback",
    "javascript://finder.example/callback%0aalert(1)",
)


async def test_redirect_address_compared_exactly(world: World, tool: Tool) -> None:
    for uri in TRICKS:
        for changes in ({}, {"scope": "profile"}, {"response_mode": "form_post"}):
            answer = await steps.authorize(world, tool, redirect_uri=uri, **changes)
            assert answer.headers["location"] == f"{world.mint.origin}/oauth2-error?code=invalid-redirect", uri


async def test_pkce_downgrade(world: World, person: Someone) -> None:
    """Neither leaving the challenge out, nor `plain`, nor a request without challenge for a code that has one."""
    app = await world.register("app", secret=None)
    for changes in (
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": ""},
    ):
        answer = await steps.authorize(world, app, **changes)
        assert steps.parameters_of(answer.headers["location"])["error"] == "invalid_request", changes
    code = await steps.code_for(person, app)
    assert (await steps.exchange(world, app, code, code_verifier=None)).json()["error"] == "invalid_grant"


async def test_state_of_one_namespace_used_in_another(world: World, tool: Tool, person: Someone) -> None:
    """Request ids, codes, pushed references, answers, sessions and requests to sign out open nothing of each other's."""
    request = await steps.request_id(world, tool)
    reference = (await push(world, tool)).json()["request_uri"].rsplit(":", 1)[1]
    by_form = await steps.request_id(world, tool, response_mode="form_post")
    answer = steps.parameters_of((await steps.complete(person, by_form)).json()["redirect_to"])["id"]
    logout = await world.http.get("/oauth2/logout", params={"client_id": tool.client_id})
    logout_id = steps.parameters_of(logout.headers["location"])["logout"]
    code = await steps.code_for(person, tool)
    secrets = {
        "request": request,
        "reference": reference,
        "answer": answer,
        "logout": logout_id,
        "session": person.token,
    }
    for name, value in {**secrets, "code": code}.items():
        if name != "code":
            assert (await steps.exchange(world, tool, value)).json()["error"] == "invalid_grant", name
        if name != "reference":
            taken = await by_reference(world, tool, f"urn:ietf:params:oauth:request_uri:{value}")
            assert taken.headers["location"].endswith("invalid-request-uri"), name
        if name != "answer":
            shown = await world.http.get("/oauth2/answer", params={"id": value})
            assert shown.headers["location"].endswith("answer-expired"), name
        if name != "session":
            renewed = await world.call("POST", "/internal/sessions/refresh", json={"session_token": value})
            assert renewed.status_code == 401, name
    for path in (f"/internal/authorizations/{logout_id}", f"/internal/logouts/{request}"):
        assert (await world.call("GET", path)).status_code == 404
    assert (await steps.exchange(world, tool, code)).status_code == 200


async def test_two_tabs_with_two_organisations(world: World, tool: Tool, person: Someone) -> None:
    """Each tab's request asks for its own, and is answered with its own, in whatever order they are finished."""
    names = {"first": str(new_id()), "second": str(new_id())}
    requests = {tab: await steps.request_id(world, tool, state=tab, organisation=names[tab]) for tab in names}
    crossed = await steps.complete(person, requests["first"], organisation_id=names["second"])
    assert crossed.json()["code"] == "other-organisation"
    for tab in reversed(list(requests)):
        completed = await steps.complete(person, requests[tab], organisation_id=names[tab])
        found = steps.parameters_of(completed.json()["redirect_to"])
        tokens = (await steps.exchange(world, tool, found["code"])).json()
        claims = await steps.claims_of(world, tokens["id_token"])
        assert (found["state"], claims["org"]["id"]) == (tab, names[tab])


async def test_session_fixation(world: World, tool: Tool, person: Someone) -> None:
    """A token that a browser had before its owner signed in is worth nothing afterwards, and none is taken from outside."""
    planted = person.token
    body = {"identifier": person.form["username"], "password": PASSWORD, "session_token": planted}
    answer = await world.call("POST", "/internal/sessions", json=body)
    assert answer.json()["session_token"] not in (planted, "")
    before = await world.sign_up()
    activated = await before.activate(await before.code())
    assert activated.json()["session"]["session_token"]
    request = await steps.request_id(world, tool)
    stranger = Someone(world, before.account_id, before.form, "planted-by-an-attacker", {})
    assert (await steps.complete(stranger, request)).json()["code"] == "session-ended"


async def test_host_header_poisoning(world: World, tool: Tool, person: Someone) -> None:
    """Neither addresses nor the issuer nor mailed links come from what a client says about the host."""
    token = (await steps.start(person, tool))["id_token"]
    asked = {**steps.usual(tool), "scope": "profile"}
    answers = [
        await world.http.get("/.well-known/openid-configuration", headers=EVIL),
        await world.http.get("/oauth2/authorize", params=steps.usual(tool), headers=EVIL),
        await world.http.get("/oauth2/authorize", params=asked, headers=EVIL),
        await world.http.get("/oauth2/authorize", params={**asked, "response_mode": "form_post"}, headers=EVIL),
        await world.http.get("/oauth2/authorize", headers=EVIL),
        await world.http.get("/oauth2/logout", params={"id_token_hint": token}, headers=EVIL),
        await world.http.get("/oauth2/jwks", headers=EVIL),
    ]
    form = world.form()
    answers.append(await world.call("POST", "/internal/accounts", json=form, headers=EVIL))
    for answer in answers:
        assert "evil" not in answer.text + answer.headers.get("location", ""), answer.url
    commands = await world.events(topic="notify.commands")
    assert not [command for command in commands if "evil" in command.model_dump_json()]


async def test_algorithm_confusion_in_hints(world: World, tool: Tool, person: Someone) -> None:
    """`none`, or an HMAC keyed with what is published, signs nobody out; nor does one kind of key in the other's name."""
    tokens = await steps.start(person, tool)
    claims = await steps.claims_of(world, tokens["id_token"])
    published = {key["alg"]: key for key in (await world.http.get("/oauth2/jwks")).json()["keys"]}
    attempts: list[str] = []
    for algorithm, made in (("ES256", ECKey), ("RS256", RSAKey)):
        public = published[algorithm]
        other = "RS256" if algorithm == "ES256" else "ES256"
        header = {"typ": "JWT", "kid": public["kid"]}
        pem = made.import_key(public).as_pem(private=False)
        for secret in (pem, pem.strip(), json.dumps(public).encode(), base64.b64decode(_body(pem))):
            attempts.append(forged({**header, "alg": "HS256"}, claims, secret=secret))
            attempts.append(forged({**header, "alg": algorithm}, claims, secret=secret))
        attempts += [forged({**header, "alg": name}, claims) for name in ("none", "None", "", algorithm, other)]
    for token in attempts:
        answer = await world.http.get("/oauth2/logout", params={"id_token_hint": token})
        assert answer.headers["location"] == f"{world.mint.origin}/sign-out"
    assert await steps.is_alive(world, tool, tokens)


def _body(pem: bytes) -> bytes:
    return b"".join(pem.strip().splitlines()[1:-1])


async def test_mix_up(world: World, tool: Tool, person: Someone) -> None:
    """Every answer, good or bad, by address or by form, says who gives it (RFC 9207); and a code is its client's alone."""
    origin = world.mint.origin
    request = await steps.request_id(world, tool)
    good = (await steps.complete(person, request)).json()["redirect_to"]
    bad = (await steps.authorize(world, tool, response_type="token")).headers["location"]
    back = (await world.call("POST", f"/internal/authorizations/{await steps.request_id(world, tool)}/cancel")).json()
    for uri in (good, bad, back["redirect_to"]):
        assert steps.parameters_of(uri)["iss"] == origin
    by_form = await steps.authorize(world, tool, response_type="token", response_mode="form_post")
    assert f'name="iss" value="{origin}"' in (await world.http.get(by_form.headers["location"])).text
    document = (await world.http.get("/.well-known/openid-configuration")).json()
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["issuer"] == origin
    other = await world.register("other", redirect_uris=[tool.redirect_uri])
    code = steps.parameters_of(good)["code"]
    assert (await steps.exchange(world, other, code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_parameter_that_comes_twice_is_not_taken_from_either(world: World, tool: Tool, method: str) -> None:
    """Parameter pollution: what a proxy checked in the first must not be what we read in the second."""
    usual = [*steps.usual(tool).items()]
    doubled: list[tuple[str, Any, str]] = [
        ("client_id", "other", "invalid-client"),
        ("redirect_uri", tool.redirect_uri, "invalid-redirect"),
        ("scope", "openid", "invalid_request"),
        ("prompt", "login", ""),
    ]
    for name, value, word in doubled:
        pairs = [*usual, (name, value)]
        if method == "GET":
            answer = await world.http.get("/oauth2/authorize", params=pairs)
        else:
            content = urlencode(pairs)
            headers = {"content-type": "application/x-www-form-urlencoded"}
            answer = await world.http.post("/oauth2/authorize", content=content, headers=headers)
        assert word in answer.headers["location"], name
