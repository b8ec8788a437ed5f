"""What tools may ask for beyond the plain sign-in: ways of signing in, claims by name, one organisation, one person."""

import json
from typing import Any

import pytest

from services.identity.oidc import acr
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import AuthorizeRefused
from services.identity.oidc.parameters import read_request
from tests.identity import oidc_steps as steps
from tests.identity.oidc_changes import change
from tests.identity.world import Someone, Tool, World, quality

PHR, MFA = "phr", "https://refeds.org/profile/mfa"
NUMBER = "0123456749"


@pytest.mark.parametrize(
    ("values", "registered", "needed"),
    [
        ((MFA,), "pwd", "mfa"),
        ((PHR,), "pwd", "eid"),
        ((PHR, MFA), "pwd", "mfa"),
        (("http://eidas.europa.eu/LoA/high",), "mfa", "eid"),
        (("http://eidas.europa.eu/LoA/low",), "mfa", "mfa"),
        ((), "mfa", "mfa"),
    ],
)
def test_standard_words_mean_a_step_of_our_ladder(values: tuple[str, ...], registered: str, needed: str) -> None:
    assert acr.needed(acr.known(values), registered) == needed


@pytest.mark.parametrize(
    ("reached", "values", "is_essential", "said"),
    [
        ("eid", (PHR,), False, PHR),
        ("eid", (), False, "eid"),
        ("eid", ("pwd", "eid"), False, "eid"),
        ("eid", (MFA,), False, "eid"),
        ("eid", (MFA,), True, MFA),
        ("eid", ("pwd", MFA), True, MFA),
        ("mfa", (PHR, MFA), True, MFA),
    ],
)
def test_a_tool_is_answered_in_its_own_word(
    reached: str, values: tuple[str, ...], is_essential: bool, said: str
) -> None:
    assert acr.in_words(reached, values, is_essential=is_essential) == said


def client(**changes: Any) -> Client:
    facts: dict[str, Any] = {
        "client_id": "finder",
        "name": "Finder",
        "tool_id": "finder",
        "secret_hash": b"x",
        "redirect_uris": ("https://finder.example/cb",),
        "post_logout_redirect_uris": (),
        "backchannel_logout_uri": None,
        "acr": "pwd",
        "scopes": frozenset({"openid", "profile"}),
    }
    return Client(**{**facts, **changes})


def read(by: Client | None = None, hinted: str | None = None, **parameters: str) -> Any:
    usual = {"response_type": "code", "scope": "openid", **parameters}
    return read_request(list(usual.items()), by or client(), "https://finder.example/cb", hinted=hinted)


def claims(**members: Any) -> str:
    return json.dumps(members)


def test_claims_are_read_by_name_as_far_as_the_client_may_have_them() -> None:
    wishes = claims(
        id_token={"name": None, "email": {"essential": True}, "shoe_size": None}, userinfo={"locale": {"value": "nl"}}
    )
    found = read(claims=wishes)
    assert (found.id_token_claims, found.userinfo_claims) == (("name",), ("locale",))


def test_an_essential_acr_goes_before_acr_values() -> None:
    found = read(claims=claims(id_token={"acr": {"essential": True, "values": ["eid", "x"]}}), acr_values="pwd")
    assert (found.acr, found.acr_values, found.is_acr_essential) == ("eid", ("eid",), True)
    wish = read(claims=claims(id_token={"acr": {"value": "x"}}), acr_values="mfa")
    assert (wish.acr, wish.is_acr_essential) == ("mfa", False)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"claims": "nonsense"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"claims": '{"id_token": 1}'}, "invalid_request"),
        ({"claims": '{"userinfo": {"name": 1}}'}, "invalid_request"),
        ({"claims": json.dumps({"id_token": {"x" * 4000: None}})}, "invalid_request"),
        (
            {"claims": claims(id_token={"acr": {"essential": True, "value": "urn:odd"}})},
            "unmet_authentication_requirements",
        ),
        ({"organisation": "nonsense"}, "invalid_request"),
        ({"organisation": "123456789"}, "invalid_request"),
    ],
)
def test_wishes_that_cannot_be_read_are_refused(parameters: dict[str, str], error: str) -> None:
    with pytest.raises(AuthorizeRefused) as caught:
        read(**parameters)
    assert caught.value.error == error


@pytest.mark.parametrize("text", ["0123456749", "BE0123456749", "BE 0123.456.749", " 0123 456 749 "])
def test_an_organisation_is_asked_for_by_its_number_however_it_is_written(text: str) -> None:
    assert read(organisation=text).organisation == NUMBER


def test_pkce_can_be_required_of_a_confidential_client_too() -> None:
    with pytest.raises(AuthorizeRefused):
        read(client(require_pkce=True))


def test_a_client_that_signs_nobody_in_is_told_so() -> None:
    with pytest.raises(AuthorizeRefused) as caught:
        read(client(grant_types=frozenset({"client_credentials"})))
    assert caught.value.error == "unauthorized_client"


def test_two_hints_at_two_people_are_a_mistake() -> None:
    wish = claims(id_token={"sub": {"value": "a"}})
    assert read(claims=wish).subject == "a"
    assert read(claims=wish, hinted="a").subject == "a"
    with pytest.raises(AuthorizeRefused):
        read(claims=wish, hinted="b")


@pytest.fixture
async def tool(world: World) -> Tool:
    return await world.register()


@pytest.fixture
async def person(world: World) -> Someone:
    return await world.someone()


async def test_named_claims_come_where_they_were_asked_for(world: World, tool: Tool, person: Someone) -> None:
    wish = claims(id_token={"email": None}, userinfo={"given_name": None})
    tokens = await steps.start(person, tool, asked={"scope": "openid", "claims": wish})
    in_token = await steps.claims_of(world, tokens["id_token"])
    info = (await steps.userinfo(world, tokens["access_token"])).json()
    assert (in_token["email"], "given_name" in in_token) == (person.form["email"], False)
    assert (info["given_name"], "email" in info) == ("Jan", False)


async def test_id_token_access_token_and_userinfo_say_the_same(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool)
    told = [
        await steps.claims_of(world, tokens["id_token"]),
        await steps.claims_of(world, tokens["access_token"]),
        (await steps.userinfo(world, tokens["access_token"])).json(),
    ]
    names = ("sub", "org", "usage_mode", "role", "recognitions", "acr", "amr", "auth_time", "sid")
    assert len({json.dumps([claims[name] for name in names]) for claims in told}) == 1


async def test_the_acr_is_said_in_the_tools_word_and_kept_in_ours(world: World, tool: Tool, person: Someone) -> None:
    sfa = "https://refeds.org/profile/sfa"
    tokens = await steps.start(person, tool, asked={"acr_values": sfa})
    assert (await steps.claims_of(world, tokens["id_token"]))["acr"] == sfa
    assert (await steps.claims_of(world, tokens["access_token"]))["acr"] == "pwd"


async def test_id_tokens_are_signed_as_the_client_is_registered(world: World, tool: Tool, person: Someone) -> None:
    for algorithm in ("RS256", "ES256"):
        await change(world, tool, id_token_signed_response_alg=algorithm)
        tokens = await steps.start(person, tool)
        assert steps.header_of(tokens["id_token"])["alg"] == algorithm
        assert steps.header_of(tokens["access_token"])["alg"] == "ES256"


@pytest.mark.parametrize("by_number", [True, False])
async def test_an_organisation_that_was_asked_for_is_enforced(
    world: World, tool: Tool, person: Someone, by_number: bool
) -> None:
    mine = quality()
    asked = mine["enterprise_number"] if by_number else mine["organisation_id"]
    request = await steps.request_id(world, tool, organisation=asked)
    assert (await world.call("GET", f"/internal/authorizations/{request}")).json()["organisation"] == asked
    other = await steps.complete(person, request, enterprise_number="0999999922")
    assert (other.status_code, other.json()["code"]) == (403, "other-organisation")
    assert (await steps.complete(person, request, **mine)).status_code == 200


async def test_a_tool_gets_the_person_that_it_named_or_nobody(world: World, tool: Tool, person: Someone) -> None:
    hint = (await steps.start(person, tool))["id_token"]
    request = await steps.request_id(world, tool, id_token_hint=hint)
    somebody_else = await world.someone()
    refused = await steps.complete(somebody_else, request)
    assert (refused.status_code, refused.json()["code"]) == (403, "other-person")
    assert (await steps.complete(person, request)).status_code == 200


async def test_an_id_token_of_another_client_is_no_hint(world: World, tool: Tool, person: Someone) -> None:
    other = await world.register("other")
    hint = (await steps.start(person, tool))["id_token"]
    for given in (hint, "nonsense"):
        answer = await steps.authorize(world, other, id_token_hint=given)
        assert steps.parameters_of(answer.headers["location"])["error"] == "invalid_request"


async def test_a_person_has_one_sub_in_a_sector_and_another_elsewhere(
    world: World, tool: Tool, person: Someone
) -> None:
    others = [await world.register(name) for name in ("sister", "stranger")]
    await change(world, tool, sector="finder.example")
    await change(world, others[0], sector="finder.example")
    await change(world, others[1], sector="stranger.example")
    subs: list[str] = []
    for each in (tool, *others):
        tokens = await steps.start(person, each)
        told = {
            (await steps.claims_of(world, tokens["id_token"]))["sub"],
            (await steps.claims_of(world, tokens["access_token"]))["sub"],
            (await steps.userinfo(world, tokens["access_token"])).json()["sub"],
        }
        assert len(told) == 1
        subs += told
    assert subs[0] == subs[1] != subs[2]
    assert str(person.account_id) not in subs
    await person.sign_out()
    payloads = await world.run(
        "SELECT array_agg(payload ->> 'subject' ORDER BY id) FROM job WHERE kind = 'backchannel-logout'"
    )
    assert sorted(payloads) == sorted(subs)
    assert (
        await world.run("SELECT count(*) FROM job WHERE payload::text LIKE '%' || $1 || '%'", str(person.account_id))
        == 0
    )


async def test_a_sub_stays_when_the_client_is_registered_anew(world: World, tool: Tool, person: Someone) -> None:
    tokens = await steps.start(person, tool)
    await change(world, tool, sector="finder.example")
    refreshed = (await steps.refresh(world, tool, tokens)).json()
    assert (await steps.claims_of(world, refreshed["id_token"]))["sub"] == str(person.account_id)


async def test_a_client_that_is_switched_off_gets_nothing_and_keeps_nothing(
    world: World, tool: Tool, person: Someone
) -> None:
    tokens = await steps.start(person, tool)
    request = await steps.request_id(world, tool)
    code = await steps.code_for(person, tool)
    await world.run("UPDATE client SET disabled_at = now()")
    world.app.at.own.clients.forget(tool.client_id)
    assert "invalid-client" in (await steps.authorize(world, tool)).headers["location"]
    assert (await steps.complete(person, request)).json()["code"] == "authorization-expired"
    assert (await steps.exchange(world, tool, code)).json()["error"] == "invalid_client"
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_client"
    assert not await steps.is_alive(world, tool, tokens)


async def test_an_account_that_is_erased_gets_nothing(world: World, tool: Tool, person: Someone) -> None:
    request = await steps.request_id(world, tool)
    tokens = await steps.start(person, tool)
    await world.run("DELETE FROM account WHERE id = $1", person.account_id)
    assert (await steps.complete(person, request)).json()["code"] == "session-ended"
    assert not await steps.is_alive(world, tool, tokens)
    assert (await steps.refresh(world, tool, tokens)).json()["error"] == "invalid_grant"


async def test_parameters_that_nobody_knows_are_ignored(world: World, tool: Tool) -> None:
    answer = await steps.authorize(
        world, tool, method="POST", login_type="x", display="wap", resource="urn:x", dpop_jkt="y"
    )
    assert "/sign-in?request=" in answer.headers["location"]
