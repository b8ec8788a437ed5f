"""Clients that register themselves with a token of the operator's (RFC 7591, 7592), and what an operator sees of it."""

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.identity.oidc.registration import Metadata, client_from, metadata_of
from tests.identity import oidc_steps as steps
from tests.identity.test_oidc_client_auth import operator
from tests.identity.test_oidc_logout import serving
from tests.identity.world import Tool, World

METADATA: dict[str, Any] = {
    "client_name": "Finder",
    "redirect_uris": ["https://finder.example/cb"],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid profile charges",
    "software_statement": "ignored",
}


async def initial_token(world: World, **wish: Any) -> str:
    answer = await operator(
        world, "POST", "initial-access-tokens", {"tool_id": "finder", "scopes": ["charges"], **wish}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


async def register(world: World, token: str, **changes: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return await world.http.post("/oauth2/register", json={**METADATA, **changes}, headers=headers)


async def test_a_client_registers_itself_and_signs_people_in(world: World) -> None:
    answer = await register(world, await initial_token(world))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    tool = Tool(made["client_id"], made["client_secret"], "https://finder.example/cb")
    tokens = await steps.start(await world.someone(), tool)
    assert (await steps.claims_of(world, tokens["id_token"]))["aud"] == made["client_id"]
    shown = (await operator(world, "GET", f"clients/{made['client_id']}")).json()
    assert (shown["tool_id"], shown["registered_by"].split(":")[0]) == ("finder", "initial-token")
    assert "client_secret" not in shown


async def test_an_initial_token_is_used_up_and_only_by_success(world: World) -> None:
    token = await initial_token(world)
    assert (await register(world, token, redirect_uris=["http://finder.example/"])).status_code == 400
    assert (await register(world, token)).status_code == 201
    for used in (token, "nonsense"):
        answer = await register(world, used)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    old = await initial_token(world)
    await world.run("UPDATE initial_access_token SET expires_at = now()")
    assert (await register(world, old)).status_code == 401
    assert (await world.http.post("/oauth2/register", json=METADATA)).status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": ["https://finder.example/#f"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"scope": "openid platform"}, "invalid_client_metadata"),
        ({"scope": "openid introspection"}, "invalid_client_metadata"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"backchannel_logout_uri": "https://169.254.169.254/"}, "invalid_client_metadata"),
        ({"jwks_uri": "https://10.0.0.1/keys"}, "invalid_client_metadata"),
        ({"subject_type": "pairwise", "sector_identifier_uri": "https://10.0.0.1/sector"}, "invalid_client_metadata"),
        (
            {"subject_type": "pairwise", "redirect_uris": ["https://a.example/", "https://b.example/"]},
            "invalid_redirect_uri",
        ),
    ],
)
async def test_metadata_that_would_be_unsafe_are_refused(world: World, changes: dict[str, Any], error: str) -> None:
    answer = await register(world, await initial_token(world), **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_what_is_no_json_object_is_refused(world: World) -> None:
    headers = {"authorization": f"Bearer {await initial_token(world)}"}
    for body in (b"", b"[]", b"{", b"\xff"):
        answer = await world.http.post("/oauth2/register", content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_a_sector_must_name_every_address_of_the_client(world: World) -> None:
    listed = ["https://finder.example/cb"]

    async def show(request: Request) -> Response:
        return JSONResponse(listed)

    pairwise = {"subject_type": "pairwise"}
    async with serving(Starlette(routes=[Route("/sector", show)])) as port:
        pairwise["sector_identifier_uri"] = f"http://127.0.0.1:{port}/sector"
        token = await initial_token(world)
        refused = await register(world, token, **pairwise, redirect_uris=["https://other.example/cb"])
        assert refused.json()["error"] == "invalid_client_metadata"
        made = (await register(world, token, **pairwise)).json()
    assert await world.run("SELECT sector FROM client WHERE client_id = $1", made["client_id"]) == "127.0.0.1"
    assert made["subject_type"] == "pairwise"


async def test_a_client_reads_changes_and_ends_its_own_registration_and_no_other(world: World) -> None:
    made, other = [(await register(world, token)).json() for token in [await initial_token(world, uses=2)] * 2]
    headers = {"authorization": f"Bearer {made['registration_access_token']}"}
    path, others = f"/oauth2/register/{made['client_id']}", f"/oauth2/register/{other['client_id']}"
    read = (await world.http.get(path, headers=headers)).json()
    assert read["redirect_uris"] == METADATA["redirect_uris"]
    assert "client_secret" not in read
    changed = {**METADATA, "redirect_uris": ["https://finder.example/new"]}
    assert (await world.http.put(path, json=changed, headers=headers)).json()["redirect_uris"] == changed[
        "redirect_uris"
    ]
    for more in ({"scope": "openid more"}, {"token_endpoint_auth_method": "none"}):
        assert (await world.http.put(path, json={**METADATA, **more}, headers=headers)).status_code == 400
    for method in ("GET", "PUT", "DELETE"):
        answer = await world.http.request(method, others, json=METADATA if method == "PUT" else None, headers=headers)
        assert answer.status_code == 401
    tool = Tool(made["client_id"], made["client_secret"], "https://finder.example/new")
    tokens = await steps.start(await world.someone(), tool)
    assert (await world.http.delete(path, headers=headers)).status_code == 204
    assert not await steps.is_alive(world, tool, tokens)
    assert (await world.http.get(path, headers=headers)).status_code == 401


async def test_an_operator_registers_and_lists_clients(world: World) -> None:
    made = (await operator(world, "POST", "clients", {**METADATA, "tool_id": "finder"})).json()
    listed = (await operator(world, "GET", "clients")).json()
    assert [client["client_id"] for client in listed] == [made["client_id"]]
    assert (await operator(world, "GET", "clients/nobody")).json()["code"] == "client-unknown"
    assert (await operator(world, "POST", "clients/nobody/disable")).status_code == 404
    await world.register("keyless", secret=None)
    assert (await operator(world, "POST", "clients/keyless/secret", {})).json()["code"] == "secret-not-used"


def test_what_was_registered_is_what_is_shown() -> None:
    metadata = Metadata.model_validate({**METADATA, "require_pkce": True, "default_acr_values": ["eid"]})
    shown = metadata_of(client_from(metadata, "x", "finder", secret_hash=b"x" * 32, sector=None))
    assert shown.model_dump(exclude={"scope"}) == metadata.model_dump(exclude={"scope"})
    assert shown.scopes == metadata.scopes
