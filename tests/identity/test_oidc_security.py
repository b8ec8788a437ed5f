"""What others got wrong, one named test each."""

import asyncio
import base64
import hmac
import json
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.identity import oidc_steps as steps
from tests.identity.oidc_steps import CHALLENGE, VERIFIER
from tests.identity.world import Someone, Tool, World


@pytest.fixture
async def tool(world: World) -> Tool:
    return await world.register()


@pytest.fixture
async def person(world: World) -> Someone:
    return await world.someone()


async def test_a_code_used_twice_takes_its_tokens_down(world: World, tool: Tool, person: Someone) -> None:
    code = await steps.code_for(person, tool)
    tokens = (await steps.exchange(world, tool, code)).json()
    assert await steps.is_alive(world, tool, tokens)
    again = await steps.exchange(world, tool, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not await steps.is_alive(world, tool, tokens)
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"


async def test_a_code_is_exchanged_once_by_whoever_is_first(world: World, tool: Tool, person: Someone) -> None:
    code = await steps.code_for(person, tool)
    answers = await asyncio.gather(*(steps.exchange(world, tool, code) for _ in range(5)))
    assert [answer.status_code for answer in answers].count(200) <= 1


async def test_a_code_presented_by_another_client_is_worth_nothing_any_more(
    world: World, tool: Tool, person: Someone
) -> None:
    thief = await world.register("thief", redirect_uris=["https://thief.example/cb"])
    code = await steps.code_for(person, tool)
    stolen = await steps.exchange(world, thief, code, redirect_uri=tool.redirect_uri)
    assert stolen.json()["error"] == "invalid_grant"
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_grant"


async def test_a_code_is_good_for_a_minute(world: World, tool: Tool, person: Someone) -> None:
    code = await steps.code_for(person, tool)
    await world.run("UPDATE oidc_code SET expires_at = now()")
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("redirect_uri", [None, "https://finder.example/other", "https://finder.example/callback/"])
async def test_a_code_is_bound_to_the_address_that_it_was_sent_to(
    world: World, tool: Tool, person: Someone, redirect_uri: str | None
) -> None:
    code = await steps.code_for(person, tool)
    answer = await steps.exchange(world, tool, code, redirect_uri=redirect_uri)
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("verifier", [None, "w" * 43, CHALLENGE])
async def test_a_stolen_code_is_useless_without_its_verifier(
    world: World, tool: Tool, person: Someone, verifier: str | None
) -> None:
    code = await steps.code_for(person, tool)
    assert (await steps.exchange(world, tool, code, code_verifier=verifier)).json()["error"] == "invalid_grant"
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_grant"


async def test_pkce_cannot_be_taken_out_of_a_request(world: World) -> None:
    """PKCE downgrade: a public client must have a challenge; and a verifier that nobody asked for is refused."""
    public = await world.register("app", secret=None)
    answer = await steps.authorize(world, public, code_challenge=None, code_challenge_method=None)
    assert steps.parameters_of(answer.headers["location"])["error"] == "invalid_request"
    plain = await steps.authorize(world, public, code_challenge_method="plain")
    assert steps.parameters_of(plain.headers["location"])["error"] == "invalid_request"
    without_method = await steps.authorize(world, public, code_challenge_method=None)
    assert steps.parameters_of(without_method.headers["location"])["error"] == "invalid_request"


async def test_a_verifier_for_a_request_without_challenge_is_refused(world: World, tool: Tool, person: Someone) -> None:
    asked = {"code_challenge": None, "code_challenge_method": None}
    code = await steps.code_for(person, tool, asked=asked)
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_grant"
    code = await steps.code_for(person, tool, asked=asked)
    assert (await steps.exchange(world, tool, code, code_verifier=None)).status_code == 200


async def test_a_refresh_token_of_another_client_takes_its_grant_down(
    world: World, tool: Tool, person: Someone
) -> None:
    thief = await world.register("thief")
    tokens = await steps.start(person, tool)
    assert (await steps.refresh(world, thief, tokens)).json()["error"] == "invalid_grant"
    assert not await steps.is_alive(world, tool, tokens)


async def test_an_expired_refresh_token_merely_ends(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool)
    await world.run("UPDATE oidc_refresh_token SET expires_at = now()")
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"
    assert await steps.is_alive(world, tool, tokens)


async def test_a_refresh_can_ask_for_neither_more_scope_nor_another_organisation(
    world: World, tool: Tool, person: Someone
) -> None:
    tokens = await steps.start(person, tool)
    more = await steps.refresh(world, tool, tokens, scope="openid charges platform")
    assert more.json()["error"] == "invalid_scope"
    tokens = await steps.start(person, tool, organisation_name="Mine")
    answer = await steps.refresh(world, tool, tokens, organisation_id="other", org="other", role="admin")
    claims = await steps.claims_of(world, answer.json()["access_token"])
    assert (claims["org"]["name"], claims["role"]) == ("Mine", "user")


async def test_a_tools_token_for_a_person_opens_none_of_the_persons_pages(
    world: World, tool: Tool, person: Someone
) -> None:
    tokens = await steps.start(person, tool)
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    for method, path in (("GET", "/api/account"), ("PUT", "/api/account/language"), ("POST", "/api/eid/challenge")):
        answer = await world.http.request(method, path, headers=headers, json={"language": "fr"})
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


async def test_an_id_token_is_no_access_token(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool)
    headers = {"authorization": f"Bearer {tokens['id_token']}"}
    assert (await world.http.get("/oauth2/userinfo", headers=headers)).status_code == 401
    assert (await world.http.get("/api/account", headers=headers)).status_code == 401


async def test_an_access_token_is_no_id_token_hint(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool)
    answer = await world.http.get("/oauth2/logout", params={"id_token_hint": tokens["access_token"]})
    assert answer.headers["location"] == f"{world.mint.origin}/sign-out"
    assert await steps.is_alive(world, tool, tokens)


def forged(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    """A token signed by HMAC with `secret`, or not at all: no library would make it."""
    content = b".".join(_b64url(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(secret, content, "sha256") if secret else b""
    return b".".join((content, _b64url(signature))).decode()


def _b64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


async def test_algorithm_confusion_opens_nothing(world: World, person: Someone) -> None:
    keys = (await world.http.get("/oauth2/jwks")).json()["keys"]
    (public,) = (key for key in keys if key["alg"] == "ES256")
    claims = await steps.claims_of(world, person.session["access_token"])
    typed = {"typ": "at+jwt", "kid": public["kid"]}
    pem = ECKey.import_key(public).as_pem(private=False)
    own_key = ECKey.generate_key("P-256")
    attempts = [
        forged({**typed, "alg": "none"}, claims),
        forged({**typed, "alg": "HS256"}, claims, secret=pem),
        jwt.encode({**typed, "alg": "ES256"}, claims, own_key),
        jwt.encode({**typed, "alg": "ES256", "jwk": own_key.as_dict(private=False)}, claims, own_key),
        jwt.encode({**typed, "alg": "ES256", "kid": "../../dev/null"}, claims, own_key),
    ]
    for token in attempts:
        answer = await world.http.get("/api/account", headers={"authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")


@pytest.mark.parametrize("missing", ["aud", "exp", "iss", "sub"])
async def test_a_token_without_audience_or_end_is_refused(world: World, person: Someone, missing: str) -> None:
    claims = await steps.claims_of(world, person.session["access_token"])
    del claims[missing]
    token = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": world.mint.key.kid}, claims, world.mint.key)
    answer = await world.http.get("/api/account", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_tokens_of_one_kind_are_not_taken_for_another(world: World, tool: Tool, person: Someone) -> None:
    code = await steps.code_for(person, tool)
    tokens = (await steps.exchange(world, tool, code)).json()
    as_code = await steps.exchange(world, tool, tokens["refresh_token"])
    assert as_code.json()["error"] == "invalid_grant"
    as_refresh = await steps.token_request(world, tool, grant_type="refresh_token", refresh_token=code)
    assert as_refresh.json()["error"] == "invalid_grant"
    as_session = await world.call("POST", "/internal/sessions/refresh", json={"session_token": tokens["refresh_token"]})
    assert as_session.json()["code"] == "session-ended"
    assert await steps.is_alive(world, tool, tokens)


async def test_a_pending_account_gets_no_code(world: World, tool: Tool) -> None:
    person = await world.sign_up()
    answer = await steps.complete(person, await steps.request_id(world, tool))
    assert answer.json()["code"] == "acr-too-weak"


async def test_a_client_that_lost_an_address_gets_no_code_there(world: World, tool: Tool, person: Someone) -> None:
    request = await steps.request_id(world, tool)
    await world.register(redirect_uris=["https://finder.example/new"])
    assert (await steps.complete(person, request)).json()["code"] == "authorization-expired"


async def test_revoking_ends_the_grant_of_the_clients_own_token_only(world: World, tool: Tool, person: Someone) -> None:
    thief = await world.register("thief")
    tokens, others = [await steps.start(person, tool) for _ in range(2)]

    async def revoke(by: Tool, token: str) -> int:
        auth = httpx.BasicAuth(by.client_id, by.secret or "")
        return (await world.http.post("/oauth2/revoke", data={"token": token}, auth=auth)).status_code

    assert await revoke(thief, tokens["refresh_token"]) == 200
    assert await revoke(thief, tokens["access_token"]) == 200
    assert await revoke(tool, "no token at all") == 200
    assert await steps.is_alive(world, tool, tokens)
    assert await revoke(tool, tokens["refresh_token"]) == 200
    assert not await steps.is_alive(world, tool, tokens)
    assert await revoke(tool, others["access_token"]) == 200
    assert not await steps.is_alive(world, tool, others)


async def test_codes_and_tokens_are_stored_hashed(world: World, tool: Tool, person: Someone) -> None:
    code = await steps.code_for(person, tool)
    tokens = (await steps.exchange(world, tool, code)).json()
    for table in ("oidc_code", "oidc_refresh_token", "client", "oidc_grant"):
        text = await world.run(f"SELECT string_agg(t::text, '') FROM {table} AS t")
        assert code not in text
        assert tokens["refresh_token"] not in text
        assert str(tool.secret) not in text


async def test_a_verifier_is_compared_whole(world: World, tool: Tool, person: Someone) -> None:
    code = await steps.code_for(person, tool)
    assert (await steps.exchange(world, tool, code, code_verifier=VERIFIER[:-1])).json()["error"] == "invalid_grant"
