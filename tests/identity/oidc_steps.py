"""The steps of a sign-in to a tool, one function each, so that a test can do one of them wrongly."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from tests.identity.world import Someone, Tool, World, quality

VERIFIER = "v" * 43 + ".~-_"
CHALLENGE = "y3q8gg9R6a_9NO3CHk2u_ukR62Y6QJmMCKHQuIKNsW0"


def parameters_of(uri: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(uri).query))


def usual(tool: Tool) -> dict[str, str]:
    """What a tool asks for."""
    return {
        "response_type": "code",
        "client_id": tool.client_id,
        "redirect_uri": tool.redirect_uri,
        "scope": "openid profile",
        "state": "the state",
        "nonce": "the nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }


async def authorize(world: World, tool: Tool, *, method: str = "GET", **changes: Any) -> httpx.Response:
    """changes: parameters; None leaves one out."""
    given = {name: value for name, value in {**usual(tool), **changes}.items() if value is not None}
    if method == "POST":
        return await world.http.post("/oauth2/authorize", data=given)
    return await world.http.get("/oauth2/authorize", params=given)


async def request_id(world: World, tool: Tool, **changes: Any) -> str:
    answer = await authorize(world, tool, **changes)
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith(f"{world.mint.origin}/sign-in?request="), location
    return parameters_of(location)["request"]


async def complete(person: Someone, request: str, **chosen: Any) -> httpx.Response:
    body = {"session_token": person.token, "quality": quality(**chosen)}
    return await person.world.call("POST", f"/internal/authorizations/{request}/complete", json=body)


async def code_for(person: Someone, tool: Tool, *, asked: dict[str, Any] | None = None, **chosen: Any) -> str:
    answer = await complete(person, await request_id(person.world, tool, **(asked or {})), **chosen)
    assert answer.status_code == 200, answer.text
    return parameters_of(answer.json()["redirect_to"])["code"]


async def token_request(world: World, tool: Tool | None, **form: Any) -> httpx.Response:
    """As the tool's server, with client_secret_basic; public tools name themselves. None among the parameters leaves one out."""
    data = {name: value for name, value in form.items() if value is not None}
    auth = None
    if tool is not None and tool.secret is not None:
        auth = httpx.BasicAuth(tool.client_id, tool.secret)
    elif tool is not None:
        data["client_id"] = tool.client_id
    return await world.http.post("/oauth2/token", data=data, auth=auth or httpx.USE_CLIENT_DEFAULT)


async def exchange(world: World, tool: Tool, code: str, **changes: Any) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": tool.redirect_uri,
        "code_verifier": VERIFIER,
        **changes,
    }
    return await token_request(world, tool, **form)


async def start(person: Someone, tool: Tool, *, asked: dict[str, Any] | None = None, **chosen: Any) -> dict[str, Any]:
    """The tokens of a sign-in where all goes well."""
    answer = await exchange(person.world, tool, await code_for(person, tool, asked=asked, **chosen))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refresh(world: World, tool: Tool, tokens: dict[str, Any], **changes: Any) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **changes}
    return await token_request(world, tool, **form)


async def userinfo(world: World, access_token: str) -> httpx.Response:
    return await world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {access_token}"})


async def is_alive(world: World, tool: Tool, tokens: dict[str, Any]) -> bool:
    """Whether the grant behind these tokens still stands."""
    return (await userinfo(world, tokens["access_token"])).status_code == 200


async def claims_of(world: World, token: str) -> dict[str, Any]:
    """Verified with the published keys."""
    keys = KeySet.import_key_set((await world.http.get("/oauth2/jwks")).json())
    return jwt.decode(token, keys, algorithms=["ES256", "RS256"]).claims


def header_of(token: str) -> dict[str, Any]:
    return dict(jws.extract_compact(token.encode()).headers())


async def jobs_of(world: World) -> int:
    return await world.run("SELECT count(*) FROM job WHERE kind = 'backchannel-logout'")
