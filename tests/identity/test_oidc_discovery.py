"""The discovery document is complete, and says what the endpoints do."""

from typing import Any

import pytest

from services.identity.oidc.claims import CLAIMS_OF_SCOPE
from tests.identity import oidc_steps as steps
from tests.identity.oidc_changes import change
from tests.identity.world import World

# Discovery 1.0, 3; RFC 8414, 2; RFC 9126, 5; RFC 9207, 3; RP-Initiated and Back-Channel Logout 1.0.
REQUIRED = (
    "issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri scopes_supported response_types_supported "
    "response_modes_supported grant_types_supported acr_values_supported subject_types_supported "
    "id_token_signing_alg_values_supported token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported "
    "claims_supported claims_parameter_supported request_parameter_supported request_uri_parameter_supported "
    "ui_locales_supported code_challenge_methods_supported revocation_endpoint introspection_endpoint end_session_endpoint "
    "pushed_authorization_request_endpoint authorization_response_iss_parameter_supported prompt_values_supported "
    "backchannel_logout_supported backchannel_logout_session_supported"
)


@pytest.fixture
async def document(world: World) -> dict[str, Any]:
    return (await world.http.get("/.well-known/openid-configuration")).json()


async def error_of(world: World, **changes: Any) -> str | None:
    tool = await world.register()
    location = (await steps.authorize(world, tool, **changes)).headers["location"]
    return steps.parameters_of(location).get("error")


async def test_it_names_all_that_there_is(document: dict[str, Any]) -> None:
    assert not set(REQUIRED.split()) - set(document)


async def test_every_endpoint_that_it_names_answers(world: World, document: dict[str, Any]) -> None:
    for name, uri in document.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            answers = [await world.http.get(uri), await world.http.post(uri, data={"x": "y"})]
            assert {answer.status_code for answer in answers} - {404, 405, 500}, name


async def test_what_it_supports_is_accepted_and_the_rest_is_refused(world: World, document: dict[str, Any]) -> None:
    wishes = {
        "prompt": "prompt_values_supported",
        "response_mode": "response_modes_supported",
        "response_type": "response_types_supported",
        "code_challenge_method": "code_challenge_methods_supported",
        "acr_values": "acr_values_supported",
        "ui_locales": "ui_locales_supported",
    }
    for parameter, supported in wishes.items():
        for value in document[supported]:
            assert await error_of(world, **{parameter: value}) is None, (parameter, value)
    for parameter in ("prompt", "response_type", "code_challenge_method"):
        assert await error_of(world, **{parameter: "other"}) is not None
    assert document["request_parameter_supported"] is False
    assert await error_of(world, request="e30.e30.") == "request_not_supported"
    assert document["request_uri_parameter_supported"] is False
    assert await error_of(world, request_uri="https://x.example") == "request_uri_not_supported"
    assert document["claims_parameter_supported"] is True
    assert await error_of(world, claims="[") == "invalid_request"


async def test_id_tokens_hold_the_claims_and_algorithms_that_it_lists(world: World, document: dict[str, Any]) -> None:
    person = await world.someone()
    told: set[str] = set()
    for algorithm in document["id_token_signing_alg_values_supported"]:
        tool = await world.register()
        await change(world, tool, id_token_signed_response_alg=algorithm)
        tokens = await steps.start(person, tool, asked={"scope": "openid profile email"})
        assert steps.header_of(tokens["id_token"])["alg"] == algorithm
        told |= set(await steps.claims_of(world, tokens["id_token"]))
    assert told == set(document["claims_supported"])
    assert {name for names in CLAIMS_OF_SCOPE.values() for name in names} <= told
    assert {"RS256", "ES256"} == {key["alg"] for key in (await world.http.get("/oauth2/jwks")).json()["keys"]}


async def test_grant_types_that_it_does_not_list_are_refused(world: World, document: dict[str, Any]) -> None:
    tool = await world.register()
    for kind in (*document["grant_types_supported"], "password", "implicit"):
        error = (
            (await steps.token_request(world, tool, grant_type=kind, code="x", refresh_token="x")).json().get("error")
        )
        assert (error == "unsupported_grant_type") is (kind not in document["grant_types_supported"]), kind
