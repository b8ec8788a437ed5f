"""The way from a tool through the platform and back: nobody loses it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.journey.rules import Traveller, needs_fresh_sign_in, next_stop
from services.gateway.wallet.rules import cents_of
from shared.ids import new_id
from tests.gateway.conftest import REQUEST_ID, Gateway, session_view, text_of
from tests.gateway.model import Model, a_tool

ARRIVED = Traveller(is_pending=False, eid_linked=True, acr="eid", skips_eid=False, needs_eid=True, has_tool=True)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"is_pending": True}, "/activate"),
        ({"eid_linked": False, "acr": "pwd"}, "/eid"),
        ({"eid_linked": False, "acr": "pwd", "needs_eid": False}, "/eid"),
        ({"eid_linked": False, "acr": "pwd", "needs_eid": False, "skips_eid": True}, "/select"),
        ({"eid_linked": False, "acr": "pwd", "skips_eid": True}, "/eid"),
        ({"acr": "pwd"}, "/eid"),
        ({"acr": "pwd", "needs_eid": False}, "/select"),
        ({"has_tool": False}, "/organisations"),
        ({}, "/select"),
    ],
)
def test_each_person_goes_on_to_what_is_missing(change: dict[str, object], path: str) -> None:
    assert next_stop(replace(ARRIVED, **change)) == path  # type: ignore[arg-type]


def test_a_tool_can_ask_for_a_fresh_sign_in() -> None:
    asked = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    earlier, later, now = asked - timedelta(minutes=5), asked + timedelta(seconds=5), asked + timedelta(seconds=10)
    assert needs_fresh_sign_in({"login"}, None, created_at=asked, auth_time=earlier, now=now)
    assert not needs_fresh_sign_in({"login"}, None, created_at=asked, auth_time=later, now=now)
    assert needs_fresh_sign_in(set(), 60, created_at=asked, auth_time=earlier, now=now)
    assert not needs_fresh_sign_in(set(), 600, created_at=asked, auth_time=earlier, now=now)


async def test_signing_up_keeps_the_way_to_the_tool(gateway: Gateway) -> None:
    gateway.comes_from_tool()
    account_id = new_id()
    access = gateway.mint.person(account_id, acr="pending")["authorization"].removeprefix("Bearer ")
    gateway.peers["identity"].answers["POST /internal/accounts"] = (
        201, {"account_id": str(account_id), "session": session_view(account_id, access, state="pending")}
    )  # fmt: skip
    form = {"first_name": "Nora", "last_name": "Peeters", "username": "nora.peeters", "email": "n@example.com"}
    response = await gateway.post(f"/sign-up?request={REQUEST_ID}", {**form, "password": "x", "password_again": "x"})
    assert response.headers["location"] == f"/activate?request={REQUEST_ID}"


async def test_activating_leads_on_to_the_identity_card(gateway: Gateway) -> None:
    gateway.comes_from_tool()
    account_id = gateway.sign_in(acr="pending")
    access = gateway.mint.person(account_id)["authorization"].removeprefix("Bearer ")
    gateway.peers["identity"].answers["POST /internal/accounts/activate"] = (
        200,
        {"session": session_view(account_id, access)},
    )
    response = await gateway.post(f"/activate?request={REQUEST_ID}", {"code": " abc-12x "})
    assert gateway.peers["identity"].body_of_last()["code"] == "ABC12X"
    assert response.headers["location"] == f"/eid?request={REQUEST_ID}"


async def test_a_linked_card_leads_on_to_the_recognitions_with_a_stronger_session(gateway: Gateway) -> None:
    gateway.comes_from_tool(acr="eid")
    account_id = gateway.sign_in()
    access = gateway.mint.person(account_id, acr="eid")["authorization"].removeprefix("Bearer ")
    linked = session_view(account_id, access, eid_linked=True, acr="eid")
    gateway.peers["identity"].answers["POST /api/eid/link"] = (200, {"session": linked, "outcome": "linked"})
    headers = {"x-csrf-token": gateway.csrf()}
    planted = gateway.http.cookies["immo_session"]
    response = await gateway.http.post(f"/eid/link?request={REQUEST_ID}", json={"token": {"a": 1}}, headers=headers)
    assert response.json() == {"next": f"/recognitions?request={REQUEST_ID}"}
    assert gateway.http.cookies["immo_session"] != planted
    assert (await gateway.http.get(f"/sign-in?request={REQUEST_ID}")).headers[
        "location"
    ] == f"/select?request={REQUEST_ID}"


async def test_a_refused_card_says_why_in_the_persons_language(gateway: Gateway) -> None:
    gateway.sign_in()
    gateway.peers["identity"].answers["POST /api/eid/link"] = (
        422,
        {"code": "certificate-expired", "detail": "Expired."},
    )
    response = await gateway.http.post("/eid/link", json={"token": {}}, headers={"x-csrf-token": gateway.csrf()})
    assert response.json() == {"code": "certificate-expired", "detail": "Expired.", "reference": ""}


async def test_linking_can_be_put_off_until_the_next_sign_in(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    assert (await gateway.post("/eid/later")).headers["location"] == "/organisations"
    assert (await gateway.http.get("/sign-in")).headers["location"] == "/organisations"
    gateway.sign_in(account_id, acr="pwd")
    gateway.http.cookies.set("immo_session", "a-later-one", domain="127.0.0.1")
    assert (await gateway.http.get("/sign-in")).headers["location"] == "/eid"


async def test_a_tool_that_wants_no_screens_gets_its_answer(gateway: Gateway) -> None:
    gateway.comes_from_tool(prompt=["none"])
    key = f"POST /internal/authorizations/{REQUEST_ID}/cancel"
    gateway.peers["identity"].answers[key] = (
        200,
        {"redirect_to": "https://tool.example/callback?error=login_required"},
    )
    response = await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert response.headers["location"].startswith("https://tool.example/callback")
    assert gateway.peers["identity"].body_of_last() == {"error": "login_required"}


async def test_every_screen_of_a_tools_sign_in_leads_back_to_it_and_out(gateway: Gateway) -> None:
    await Model(gateway.app.at.database).follow(a_tool())
    gateway.comes_from_tool()
    gateway.sign_in()
    for path in ("/eid", "/organisations/find", "/select", "/tools/cadastrefinder/register"):
        page = await gateway.http.get(f"{path}?request={REQUEST_ID}")
        assert "Back to CadastreFinder" in text_of(page), path
        assert "You are not Nora Peeters? Sign out" in text_of(page), path


async def test_the_tools_language_counts_until_one_is_chosen(gateway: Gateway) -> None:
    gateway.comes_from_tool(ui_locales="nl-BE fr")
    page = await gateway.http.get(f"/sign-in?request={REQUEST_ID}")
    assert '<html lang="nl"' in page.text
    gateway.http.cookies.set("immo_language", "de", domain="127.0.0.1")
    assert '<html lang="de"' in (await gateway.http.get(f"/sign-in?request={REQUEST_ID}")).text


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("75", 7500),
        ("62,5", 6250),
        ("62.50", 6250),
        ("1.250,00 €", 125000),
        ("1 250", 125000),
        ("1250", 125000),
        ("€ 50", 5000),
        ("", None),
        ("-5", None),
        ("1,2,3", None),
        ("12.345.6", None),
        ("fifty", None),
        ("9" * 12, None),
    ],
)
def test_amounts_are_read_as_belgians_write_them(typed: str, cents: int | None) -> None:
    assert cents_of(typed) == cents
