"""CadastreFinder: signing in through the platform, buying from a wallet, and sessions that end when the platform says so."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import ConsumerRecord

from tests.tools.conftest import free_port, running_tool
from tests.tools.platform_double import LOGOUT_EVENT, PlatformDouble
from tools.demo_tool.events import Follower, RecentEvents, sessions_lost
from tools.demo_tool.sessions import Sessions
from tools.demo_tool.settings import Settings


@pytest.fixture
def browser(tool_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=tool_url, follow_redirects=True, trust_env=False) as browser:
        yield browser


@pytest.fixture
def signed_in(platform: PlatformDouble, browser: httpx.Client) -> httpx.Client:
    assert browser.get("/sign-in").is_success
    assert who(browser)["signed_in"]
    return browser


def who(browser: httpx.Client) -> dict[str, Any]:
    return browser.get("/api/session").json()


def log_out_by_token(browser: httpx.Client, token: str) -> httpx.Response:
    return browser.post("/oidc/backchannel-logout", data={"logout_token": token})


def test_the_tool_runs_while_the_platform_is_down_and_works_once_it_is_up() -> None:
    port = free_port()
    with running_tool(port) as url, httpx.Client(base_url=url, follow_redirects=True, trust_env=False) as browser:
        assert browser.get("/").status_code == 200
        assert browser.get("/sign-in").status_code == 503
        with PlatformDouble(port).running():
            browser.get("/sign-in")
            assert who(browser)["signed_in"]


def test_the_token_tells_who_works_for_whom_in_which_role(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    session = who(signed_in)
    assert (session["sub"], session["org"]) == (platform.person["sub"], platform.person["org"])
    assert (session["usage_mode"], session["role"], session["recognitions"]) == ("agent", "user", ["ipi"])
    page = signed_in.get("/").text
    assert "Agence du Parc SRL" in page
    assert "Real-estate agent" in page


def test_the_request_is_protected_by_pkce_state_and_nonce(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    assert platform.asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "ui_locales", "code_challenge"} <= platform.asked.keys()
    forged = signed_in.get("/oidc/callback", params={"code": "x", "state": "forged"})
    assert forged.status_code == 400


def test_an_answer_of_another_issuer_is_refused(platform: PlatformDouble, browser: httpx.Client) -> None:
    begun = browser.get("/sign-in", follow_redirects=False).headers["location"]
    platform_answer = browser.get(begun, follow_redirects=False).headers["location"]
    mixed_up = httpx.URL(platform_answer).copy_set_param("iss", "https://other.example")
    assert browser.get(mixed_up).status_code == 400
    assert not who(browser)["signed_in"]


def test_an_id_token_signed_by_someone_else_is_refused(platform: PlatformDouble, browser: httpx.Client) -> None:
    platform.person["aud"] = "another-tool"
    assert browser.get("/sign-in").status_code == 400
    assert not who(browser)["signed_in"]


def test_someone_who_turns_back_is_told_so(platform: PlatformDouble, browser: httpx.Client) -> None:
    platform.error = "access_denied"
    assert "You stopped on the way" in browser.get("/sign-in", params={"lang": "en"}).text


def test_switching_asks_for_the_choice_again(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    platform.person |= {"role": "admin"}
    signed_in.get("/switch")
    assert platform.asked["prompt"] == "select_account"
    assert who(signed_in)["role"] == "admin"


def test_an_extract_is_paid_once_however_often_one_presses(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    order = {"parcel_id": "21815A0001-00A000", "order_id": str(uuid4())}
    for _ in range(2):
        page = signed_in.post("/extracts", data=order)
        assert "Cadastral extract" in page.text
    [charge] = platform.charges.values()
    assert (charge["asked"]["amount_excl_cents"], charge["asked"]["amount_incl_cents"]) == (1900, 2299)
    assert charge["asked"]["account_id"] == platform.person["sub"]
    assert platform.balance_cents == 5_000 - 2_299


def test_an_answer_that_got_lost_is_asked_for_again_with_the_same_key(
    platform: PlatformDouble, signed_in: httpx.Client
) -> None:
    order = {"order_id": f"order-{uuid4()}"}
    platform.charge_answers = [503]
    assert signed_in.post("/api/extracts", json=order).status_code == 503
    first = signed_in.post("/api/extracts", json=order)
    assert first.status_code == 201
    assert signed_in.post("/api/extracts", json=order).json()["charge_id"] == first.json()["charge_id"]
    assert len(platform.charges) == 1


def test_a_short_balance_shows_the_way_to_top_up_and_the_next_try_pays(
    platform: PlatformDouble, signed_in: httpx.Client
) -> None:
    platform.balance_cents = 402
    order = {"parcel_id": "21815B0002-00A001", "order_id": str(uuid4())}
    refused = signed_in.post("/extracts", data=order)
    assert refused.status_code == 402
    assert f'href="{platform.origin}/organisations/{platform.person["org"]["id"]}/wallet"' in refused.text
    assert "€18.97" in refused.text
    platform.balance_cents = 5_402
    assert signed_in.post("/extracts", data=order).status_code == 200
    assert platform.balance_cents == 5_402 - 2_299


def test_a_price_that_is_set_aside_is_taken_or_given_back(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    taken, left = ({"parcel_id": "21815A0001-00A000", "order_id": str(uuid4())} for _ in range(2))
    assert "is set aside" in signed_in.post("/reservations", data=taken).text
    assert list(platform.reserved.values()) == [2_299]
    assert "Paid: €22.99" in signed_in.post(f"/reservations/{taken['order_id']}/capture").text
    assert (platform.balance_cents, platform.reserved) == (5_000 - 2_299, {})
    signed_in.post("/reservations", data=left)
    assert "Buy the extract" in signed_in.post(f"/reservations/{left['order_id']}/release").text
    assert (platform.balance_cents, platform.reserved) == (5_000 - 2_299, {})


def test_a_price_that_was_set_aside_for_too_long_is_told(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    order = {"parcel_id": "21815A0001-00A000", "order_id": str(uuid4())}
    signed_in.post("/reservations", data=order)
    platform.reserved.clear()
    told = signed_in.post(f"/reservations/{order['order_id']}/capture")
    assert (told.status_code, "It has expired." in told.text) == (409, True)


def test_an_extract_that_is_given_back_is_refunded(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    order = {"parcel_id": "21815A0001-00A000", "order_id": str(uuid4())}
    signed_in.post("/extracts", data=order)
    page = signed_in.post(f"/extracts/{order['order_id']}/refund")
    assert "Given back: €22.99" in page.text
    assert "Give it back" not in page.text
    assert platform.balance_cents == 5_000


def test_a_token_that_is_no_longer_taken_is_renewed(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    platform.charge_answers = [401]
    assert signed_in.post("/api/extracts", json={}).status_code == 201


def test_nobody_buys_without_signing_in_and_no_other_site_buys_for_them(
    browser: httpx.Client, platform: PlatformDouble
) -> None:
    assert browser.post("/api/extracts", json={}).status_code == 401
    browser.get("/sign-in")
    order = {"parcel_id": "21815A0001-00A000", "order_id": str(uuid4())}
    for headers in ({"Origin": "http://127.0.0.1:1"}, {"Sec-Fetch-Site": "same-site"}):
        assert browser.post("/extracts", data=order, headers=headers).status_code == 403
    assert platform.charges == {}


def test_signing_out_ends_the_session_here_and_there(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    page = signed_in.post("/sign-out")
    assert "You are signed out." in page.text
    assert {"id_token_hint", "post_logout_redirect_uri"} <= platform.asked.keys()
    assert not who(signed_in)["signed_in"]


def test_a_logout_token_ends_the_session_and_the_page_says_why(
    platform: PlatformDouble, signed_in: httpx.Client
) -> None:
    answer = log_out_by_token(signed_in, platform.logout_token())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "Your session has ended." in signed_in.get("/", params={"lang": "en"}).text
    assert not who(signed_in)["signed_in"]


def test_a_logout_token_for_a_person_ends_all_their_sessions(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    assert log_out_by_token(signed_in, platform.logout_token(sid=None)).status_code == 200
    assert not who(signed_in)["signed_in"]


def test_a_key_that_is_new_is_fetched(platform: PlatformDouble, signed_in: httpx.Client) -> None:
    log_out_by_token(signed_in, platform.logout_token(sid="another"))
    platform.rotate_key()
    assert log_out_by_token(signed_in, platform.logout_token()).status_code == 200
    assert not who(signed_in)["signed_in"]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "another-tool"},
        {"iat": -3_600},
        {"iat": 3_600},
        {"exp": -3_600},
        {"jti": None},
        {"events": None},
        {"events": {LOGOUT_EVENT: "yes"}},
        {"nonce": "present"},
        {"sub": None, "sid": None},
    ],
    ids=str,
)
def test_a_logout_token_that_breaks_a_rule_ends_nothing(
    platform: PlatformDouble, signed_in: httpx.Client, changes: dict[str, Any]
) -> None:
    """Numbers are seconds from now."""
    changes = {name: int(time.time()) + value if isinstance(value, int) else value for name, value in changes.items()}
    assert log_out_by_token(signed_in, platform.logout_token(**changes)).status_code == 400
    assert who(signed_in)["signed_in"]


def test_a_logout_token_works_once_and_only_with_the_platforms_signature(
    platform: PlatformDouble, signed_in: httpx.Client
) -> None:
    stranger = PlatformDouble(platform.port)
    stranger.person = platform.person
    assert log_out_by_token(signed_in, stranger.logout_token()).status_code == 400
    used = platform.logout_token()
    assert log_out_by_token(signed_in, used).status_code == 200
    signed_in.get("/sign-in")
    assert log_out_by_token(signed_in, used).status_code == 400
    assert who(signed_in)["signed_in"]


@pytest.mark.parametrize(("language", "words"), [("fr", "Se connecter"), ("nl", "Aanmelden"), ("de", "anmelden")])
def test_a_language_once_chosen_stays(browser: httpx.Client, language: str, words: str) -> None:
    browser.get("/", params={"lang": language})
    page = browser.get("/").text
    assert f'<html lang="{language}">' in page
    assert words in page


def record(name: str, body: dict[str, Any], event_id: str) -> ConsumerRecord[bytes, bytes]:
    headers = [
        ("ce_id", event_id.encode()),
        ("ce_type", f"immoconnect.organisation.{name}.v1".encode()),
        ("ce_time", b"2026-03-01T10:00:00Z"),
    ]
    return ConsumerRecord("organisation.events", 0, 0, 0, 0, b"", json.dumps(body).encode(), None, 0, 0, tuple(headers))


@pytest.mark.parametrize(
    ("name", "body", "ended"),
    [
        ("EmployeeBlocked", {"organisation_id": "o", "account_id": "a"}, 1),
        ("EmployeeRemoved", {"organisation_id": "o", "account_id": "a"}, 1),
        ("EmployeeBlocked", {"organisation_id": "other", "account_id": "a"}, 0),
        ("EmployeeConfirmed", {"organisation_id": "o", "account_id": "a"}, 0),
        ("AccessWithdrawn", {"organisation_id": "o", "account_id": "a", "tool_id": "t", "usage_mode": "agent"}, 1),
        ("AccessWithdrawn", {"organisation_id": "o", "account_id": "a", "tool_id": "u", "usage_mode": "agent"}, 0),
        ("RegistrationSuspended", {"organisation_id": "o", "tool_id": "t", "usage_mode": "agent"}, 2),
        ("RegistrationSuspended", {"organisation_id": "o", "tool_id": "t", "usage_mode": "contractor"}, 0),
        ("RegistrationEnded", {"organisation_id": "o", "tool_id": "t", "usage_mode": "agent"}, 2),
        ("OrganisationClosed", {"organisation_id": "o"}, 2),
        ("OrganisationClosed", {"organisation_id": "other"}, 0),
    ],
)
def test_an_event_ends_the_sessions_that_it_concerns(name: str, body: dict[str, Any], ended: int) -> None:
    sessions = Sessions()
    for account in ("a", "b"):
        sessions.begin({"sub": account, "org": {"id": "o"}, "usage_mode": "agent"}, "", now=now())
    lost = sessions_lost(name, body, "t")
    assert (sessions.end_those(**lost) if lost else 0) == ended


def test_an_event_that_comes_twice_is_shown_once_and_ends_no_later_session() -> None:
    sessions, events = Sessions(), RecentEvents()
    settings = Settings.model_validate({"IMMO_DEMO_TOOL_CLIENT_SECRET": "x"})
    follower = Follower(settings, sessions, events)
    blocked = record("EmployeeBlocked", {"organisation_id": "o", "account_id": "a"}, "one")
    follower.take(blocked)
    later = sessions.begin({"sub": "a", "org": {"id": "o"}}, "", now=now())
    follower.take(blocked)
    assert sessions.find(later.session_id, now=now()) is later
    assert [event["name"] for event in events.of("o")] == ["EmployeeBlocked"]


def now() -> datetime:
    return datetime.now(UTC)
