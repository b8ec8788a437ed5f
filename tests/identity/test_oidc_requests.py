"""What a tool may ask for: the rules over tables, and the answers that a browser gets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.oidc import parameters as parameters_of
from services.identity.oidc import rules
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import AuthorizeRefused, PageRefused, TokenRefused
from services.identity.oidc.registration import is_registrable
from services.identity.oidc.rules import Asked, AuthorizationRequest, SignInAgain
from shared.ids import new_id
from shared.tokens import AcrTooWeak
from tests.identity import oidc_steps as steps
from tests.identity.oidc_steps import CHALLENGE, VERIFIER
from tests.identity.world import World

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLIENT = Client(
    client_id="finder",
    name="Finder",
    tool_id="finder",
    secret_hash=b"x",
    redirect_uris=("https://finder.example/cb",),
    post_logout_redirect_uris=(),
    backchannel_logout_uri=None,
    acr="mfa",
    scopes=frozenset({"openid", "profile", "charges"}),
)


def parameters(**changes: str | None) -> list[tuple[str, str]]:
    usual: dict[str, str | None] = {"response_type": "code", "scope": "openid", "state": "s"}
    return [(name, value) for name, value in {**usual, **changes}.items() if value is not None]


def asked(**changes: str | None) -> Asked:
    return parameters_of.read_request(parameters(**changes), CLIENT, CLIENT.redirect_uris[0])


def refusal(**changes: str | None) -> str:
    with pytest.raises(AuthorizeRefused) as caught:
        asked(**changes)
    return caught.value.error


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "dance"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "²"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"state": "a\nb"}, "invalid_request"),
        ({"nonce": "n" * 501}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://x.example"}, "request_uri_not_supported"),
    ],
)
def test_what_a_tool_asks_wrongly_is_told_to_it(changes: dict[str, str | None], error: str) -> None:
    assert refusal(**changes) == error


def test_parameters_that_nobody_knows_are_ignored_even_repeated() -> None:
    more = [("resource", "a"), ("resource", "b"), ("claims_locales", "fr"), ("dpop_jkt", "x")]
    assert parameters_of.read_request([*parameters(), *more], CLIENT, "https://finder.example/cb").scopes == ("openid",)


def test_a_known_parameter_must_not_be_repeated() -> None:
    with pytest.raises(AuthorizeRefused) as caught:
        parameters_of.read_request([*parameters(), ("scope", "openid profile")], CLIENT, "https://finder.example/cb")
    assert caught.value.error == "invalid_request"


def test_scopes_that_the_client_may_not_have_are_left_out() -> None:
    assert asked(scope="profile platform openid email openid").scopes == ("profile", "openid")


@pytest.mark.parametrize(
    ("acr_values", "needed"),
    [(None, "mfa"), ("pwd", "mfa"), ("eid", "eid"), ("eid mfa", "mfa"), ("unknown", "mfa"), ("pending", "mfa")],
)
def test_the_strength_asked_for_is_never_less_than_registered(acr_values: str | None, needed: str) -> None:
    assert asked(acr_values=acr_values).acr == needed


def test_odd_hints_are_left_aside() -> None:
    assert asked(login_hint="x" * 201, ui_locales="fr\0").login_hint is None
    assert asked(ui_locales="fr\0").ui_locales is None


@given(st.lists(st.tuples(st.sampled_from(["state", "scope", "prompt", "max_age", "x", "response_type"]), st.text())))
def test_fuzz_any_parameters_are_read_or_refused(more: list[tuple[str, str]]) -> None:
    try:
        found = parameters_of.read_request(more, CLIENT, "https://finder.example/cb")
    except AuthorizeRefused:
        return
    assert "openid" in found.scopes


def request(**changes: Any) -> AuthorizationRequest:
    return AuthorizationRequest(new_id(), asked(**changes), NOW, NOW + timedelta(hours=2))


@pytest.mark.parametrize("acr", ["pending", "pwd", "", "nonsense"])
def test_a_weaker_sign_in_does_not_complete(acr: str) -> None:
    with pytest.raises(AcrTooWeak):
        rules.check_completion(request(), acr=acr, auth_time=NOW, now=NOW)


def test_the_ladder_goes_up_to_eid() -> None:
    rules.check_completion(request(), acr="mfa", auth_time=NOW, now=NOW)
    rules.check_completion(request(acr_values="eid"), acr="eid", auth_time=NOW, now=NOW)


def test_a_sign_in_that_is_too_old_does_not_complete() -> None:
    old = NOW - timedelta(seconds=61)
    with pytest.raises(SignInAgain):
        rules.check_completion(request(max_age="60"), acr="eid", auth_time=old, now=NOW)
    with pytest.raises(SignInAgain):
        rules.check_completion(request(prompt="login"), acr="eid", auth_time=old, now=NOW)
    rules.check_completion(request(), acr="eid", auth_time=old, now=NOW)


def test_a_sign_in_for_this_request_is_never_too_old() -> None:
    """Signing up, linking a card and registering a tool may take longer than max_age."""
    later = NOW + timedelta(minutes=30)
    for asks in ({"max_age": "60"}, {"max_age": "0"}, {"prompt": "login"}):
        rules.check_completion(request(**asks), acr="eid", auth_time=NOW + timedelta(seconds=1), now=later)


@pytest.mark.parametrize(
    ("challenge", "verifier"),
    [
        (CHALLENGE, None),
        (CHALLENGE, ""),
        (CHALLENGE, "v" * 43),
        (CHALLENGE, CHALLENGE),
        (None, VERIFIER),
        (CHALLENGE, "é" * 50),
    ],
)
def test_a_verifier_that_does_not_fit_is_refused(challenge: str | None, verifier: str | None) -> None:
    with pytest.raises(TokenRefused):
        rules.check_verifier(challenge, verifier)


def test_dots_and_tildes_are_part_of_a_verifier() -> None:
    assert set(".~-_") <= set(VERIFIER)
    rules.check_verifier(CHALLENGE, VERIFIER)
    rules.check_verifier(None, None)


def test_a_refresh_gets_no_more_than_was_granted() -> None:
    assert rules.narrowed(("openid", "profile"), None) == ("openid", "profile")
    assert rules.narrowed(("openid", "profile"), "profile") == ("profile",)
    with pytest.raises(TokenRefused):
        rules.narrowed(("openid",), "openid platform")


@pytest.mark.parametrize(
    "uri",
    [
        "https://finder.example/cb/",
        "https://finder.example/cb?x=1",
        "https://finder.example/CB",
        "https://FINDER.example/cb",
        "https://finder.example:443/cb",
        "https://finder.example/cb#",
        "https://finder.example/cb#fragment",
        "https://finder.example/./cb",
        "https://finder.example/x/../cb",
        "https://finder.example/%63b",
        "https://finder.example.evil.example/cb",
        "https://finder.example@evil.example/cb",
        "https://evil.example/?https://finder.example/cb",
        "https://evil.example\\@finder.example/cb",
        "http://finder.example/cb",
        "//finder.example/cb",
        " https://finder.example/cb",
        "https://finder.example/cb\n",
        "javascript:alert(1)",
    ],
)
def test_the_address_to_return_to_is_compared_character_by_character(uri: str) -> None:
    with pytest.raises(PageRefused) as caught:
        parameters_of.redirect_uri_of([("redirect_uri", uri)], CLIENT)
    assert caught.value.code == "invalid-redirect"


def test_two_addresses_to_return_to_are_none() -> None:
    twice = [("redirect_uri", "https://finder.example/cb"), ("redirect_uri", "https://evil.example/cb")]
    with pytest.raises(PageRefused):
        parameters_of.redirect_uri_of(twice, CLIENT)


@pytest.mark.parametrize(
    ("uri", "fits"),
    [
        ("https://finder.example/cb", True),
        ("https://finder.example:8443/cb?tenant=a", True),
        ("com.example.app:/cb", False),
        ("http://127.0.0.1:8090/cb", True),
        ("http://localhost/cb", True),
        ("http://finder.example/cb", False),
        ("https://*.example/cb", False),
        ("https://finder.example/cb#x", False),
        ("https://user@finder.example/cb", False),
        ("https://finder.example\\@evil.example/", False),
        ("https://finder.example/ cb", False),
        ("https://bücher.example/cb", False),
        ("https://[::1/cb", False),
        ("https://finder.example:99999/cb", False),
        ("https:///cb", False),
        ("/cb", False),
        ("javascript:alert(1)", False),
    ],
)
def test_only_plain_complete_addresses_can_be_registered(uri: str, fits: bool) -> None:
    assert is_registrable(uri, allow_http=True) is fits


def test_addresses_without_tls_are_for_demos_only() -> None:
    assert not is_registrable("http://127.0.0.1:8090/cb", allow_http=False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "nobody"}, "invalid-client"),
        ({"client_id": None}, "invalid-client"),
        ({"client_id": "fin\0der"}, "invalid-client"),
        ({"redirect_uri": "https://evil.example/"}, "invalid-redirect"),
        ({"redirect_uri": None}, "invalid-redirect"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    world: World, changes: dict[str, Any], code: str, method: str
) -> None:
    tool = await world.register()
    answer = await steps.authorize(world, tool, method=method, **changes)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{world.mint.origin}/oauth2-error?code={code}"


async def test_other_mistakes_go_back_to_the_tool(world: World) -> None:
    tool = await world.register()
    answer = await steps.authorize(world, tool, method="POST", response_type="token")
    found = steps.parameters_of(answer.headers["location"])
    assert answer.headers["location"].startswith(tool.redirect_uri)
    assert (found["error"], found["state"], found["iss"]) == (
        "unsupported_response_type",
        "the state",
        world.mint.origin,
    )


async def test_the_host_header_decides_nothing(world: World) -> None:
    tool = await world.register()
    query = {"response_type": "code", "client_id": tool.client_id, "redirect_uri": tool.redirect_uri, "scope": "openid"}
    answer = await world.http.get("/oauth2/authorize", params=query, headers={"host": "evil.example"})
    assert answer.headers["location"].startswith(world.mint.origin)
    document = await world.http.get("/.well-known/openid-configuration", headers={"host": "evil.example"})
    assert "evil" not in document.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"redirect_uris": ["https://x.example/#f"]}, "redirect_uris"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"post_logout_redirect_uris": ["http://x.example/"]}, "post_logout_redirect_uris"),
        ({"backchannel_logout_uri": "file:///etc/passwd"}, "backchannel_logout_uri"),
        ({"secret": "short"}, "secret"),
        ({"scopes": ["openid", "platform"]}, "scope"),
    ],
)
async def test_a_registration_that_would_be_unsafe_is_refused(
    world: World, changes: dict[str, Any], field: str
) -> None:
    body = {"name": "X", "tool_id": "x", "redirect_uris": ["https://x.example/"], "secret": "s" * 40, **changes}
    answer = await world.http.put("/internal/clients/x", json=body, headers=world.mint.peer("operator", "identity"))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
