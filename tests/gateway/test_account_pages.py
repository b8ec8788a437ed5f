"""Signing up, codes, forgotten passwords, another password or address: the pages, without a script."""

import json
import time
from typing import Any
from urllib.parse import parse_qs

import pytest

from services.gateway.accounts.mailboxes import looks_shared
from services.gateway.help.terms import TERMS_VERSION
from tests.gateway.conftest import REQUEST_ID, Gateway, session_view, text_of
from tests.gateway.model import Model, a_tool

SIGN_UP = {
    "first_name": "Nora",
    "last_name": "Peeters",
    "username": "nora.peeters",
    "email": "nora@example.com",
    "password": "seven purple bicycles",
    "password_again": "seven purple bicycles",
}
ASKED = (202, {"reset_token": "a-token-of-the-browser", "retry_after_s": 60})
SECRETS = ("a-token-of-the-browser", "K7M2PX", "seven purple bicycles")


def problem(code: str, detail: str, field: str = "") -> tuple[int, dict[str, Any]]:
    errors = [{"field": field, "code": code, "detail": detail}] if field else []
    return 422, {"code": code, "detail": detail, "errors": errors}


async def signed_up(gateway: Gateway) -> None:
    account_id = gateway.sign_in(acr="pending")
    access = gateway.http.cookies.get("immo_access") or ""
    view = {"account_id": str(account_id), "session": session_view(account_id, access, state="pending")}
    gateway.peers["identity"].answers["POST /internal/accounts"] = (201, view)


async def forgot(gateway: Gateway, query: str = "") -> Any:
    gateway.peers["identity"].answers["POST /internal/passwords/forgotten"] = ASKED
    return await gateway.post(f"/forgotten{query}", {"email": "nora@example.com"})


@pytest.mark.parametrize(
    ("email", "shared"),
    [
        ("info@agency.example", True), ("Verkoop.Gent@agency.example", True), ("agence-uccle@agency.example", True),
        ("verwaltung@agency.example", True), ("no-reply@agency.example", True), ("sales+be@agency.example", True),
        ("BÜRO@agency.example", True), ("nora@agency.example", False), ("informatics@agency.example", False),
        ("info", False), ("", False), ("nora.info@agency.example", False),
    ],
)  # fmt: skip
def test_mailboxes_of_several_people_are_recognised_in_four_languages(email: str, shared: bool) -> None:
    assert looks_shared(email) is shared


async def test_a_shared_mailbox_is_hinted_at_once_and_then_taken(gateway: Gateway) -> None:
    await signed_up(gateway)
    form = {**SIGN_UP, "email": "info@agency.example"}
    hinted = await gateway.post("/sign-up", form)
    assert hinted.status_code == 200
    assert "several people read" in text_of(hinted)
    assert 'name="hinted" value="info@agency.example"' in hinted.text
    taken = await gateway.post("/sign-up", {**form, "hinted": "info@agency.example"})
    assert taken.headers["location"] == "/activate"


async def test_the_meter_is_told_by_identity_and_nothing_stays(gateway: Gateway) -> None:
    judged = {"score": 1, "advice": ["A name alone is guessed quickly.", "Add a word."], "is_acceptable": False}
    gateway.peers["identity"].answers["POST /internal/passwords/judge"] = (200, judged)
    reply = await gateway.post("/password-strength", {"password": "nora", "first_name": "Nora"})
    assert reply.json() == {"score": 1, "word": "Weak", "advice": "A name alone is guessed quickly. Add a word."}
    assert gateway.peers["identity"].body_of_last() == {"password": "nora", "known": ["Nora"]}
    without_token = await gateway.http.post("/password-strength", data={"password": "nora"})
    assert without_token.status_code == 403


async def test_a_refused_password_gets_its_advice_without_a_script(gateway: Gateway) -> None:
    answers = gateway.peers["identity"].answers
    answers["POST /internal/accounts"] = problem("password-too-weak", "Too easy.", "password")
    answers["POST /internal/passwords/judge"] = (
        200,
        {"score": 1, "advice": ["Leave out years."], "is_acceptable": False},
    )
    page = await gateway.post("/sign-up", SIGN_UP)
    assert page.status_code == 422
    assert "Leave out years." in text_of(page)
    assert 'data-score="1"' in page.text
    assert SIGN_UP["password"] not in page.text


async def test_the_time_until_another_code_is_told_without_a_script(gateway: Gateway) -> None:
    gateway.sign_in(acr="pending")
    waiting = {"email": "nora@example.com", "retry_after_s": 42}
    gateway.peers["identity"].answers["GET /api/account/activation"] = (200, waiting)
    page = await gateway.http.get("/activate")
    assert "Possible in 42 seconds." in text_of(page)
    assert "nora@example.com" in text_of(page)
    assert 'autocomplete="one-time-code"' in page.text


async def test_a_mistyped_address_can_be_corrected_before_the_activation(gateway: Gateway) -> None:
    gateway.sign_in(acr="pending")
    gateway.peers["identity"].answers["POST /internal/accounts/activation-address"] = (202, {"email": "n@example.com"})
    assert (await gateway.post("/activate/address", {"email": "n@example.com"})).headers["location"] == "/activate"
    assert gateway.peers["identity"].body_of_last()["email"] == "n@example.com"


async def test_a_forgotten_password_is_replaced_in_three_steps(gateway: Gateway) -> None:
    answers = gateway.peers["identity"].answers
    assert (await forgot(gateway)).headers["location"] == "/forgotten/code"
    assert "If an account has the address nora@example.com" in text_of(await gateway.http.get("/forgotten/code"))
    answers["POST /internal/passwords/forgotten/prove"] = (200, {"username": "nora.peeters"})
    entered = await gateway.post("/forgotten/code", {"code": " k7m-2px "})
    assert gateway.peers["identity"].body_of_last() == {"reset_token": "a-token-of-the-browser", "code": "K7M2PX"}
    assert entered.headers["location"] == "/forgotten/password"
    assert 'value="nora.peeters"' in (await gateway.http.get("/forgotten/password")).text
    answers["POST /internal/passwords/forgotten/complete"] = (204, None)
    both = {"password": "seven purple bicycles", "password_again": "seven purple bicycles"}
    done = await gateway.post("/forgotten/password", both)
    assert done.headers["location"] == "/sign-in"
    assert "Sign in with it" in text_of(await gateway.http.get("/sign-in"))
    assert (await gateway.http.get("/forgotten/password")).headers["location"] == "/forgotten"


async def test_no_secret_is_part_of_an_address(gateway: Gateway) -> None:
    answers = gateway.peers["identity"].answers
    seen = [await forgot(gateway)]
    answers["POST /internal/passwords/forgotten/prove"] = (200, {"username": "nora.peeters"})
    seen.append(await gateway.post("/forgotten/code", {"code": "K7M2PX"}))
    answers["POST /internal/passwords/forgotten/complete"] = (204, None)
    both = {"password": "seven purple bicycles", "password_again": "seven purple bicycles"}
    seen.append(await gateway.post("/forgotten/password", both))
    addresses = [response.headers["location"] for response in seen]
    addresses += [str(request.url) for peer in gateway.peers.values() for request in peer.asked]
    assert not any(secret in address for secret in SECRETS for address in addresses)


async def test_the_page_of_a_forgotten_password_is_the_same_for_whoever_asks(gateway: Gateway) -> None:
    """It only knows what identity answers, and that is the same; a wrong code says no more."""
    await forgot(gateway)
    gateway.peers["identity"].answers["POST /internal/passwords/forgotten/prove"] = problem(
        "code-wrong", "This code is not right. Tries left: 4.", "code"
    )
    page = await gateway.post("/forgotten/code", {"code": "WRONG2"})
    assert "Tries left: 4." in text_of(page)
    assert 'id="e-code"' in page.text


@pytest.mark.parametrize("path", ["/forgotten/code", "/forgotten/password"])
async def test_without_having_asked_one_begins_at_the_beginning(gateway: Gateway, path: str) -> None:
    assert (await gateway.http.get(path)).headers["location"] == "/forgotten"
    gateway.http.cookies.set("immo_reset", gateway.signer.pack("account", {"token": "x"}), domain="127.0.0.1")
    assert (await gateway.post(path, {"code": "K7M2PX"})).headers["location"] == "/forgotten"


async def test_a_code_that_one_has_is_entered_on_another_device_without_a_new_mail(gateway: Gateway) -> None:
    gateway.peers["identity"].answers["POST /internal/passwords/forgotten"] = ASKED
    await gateway.post("/forgotten", {"email": "nora@example.com", "has_code": "yes"})
    assert gateway.peers["identity"].body_of_last()["sends"] is False
    assert "Possible in" not in text_of(await gateway.http.get("/forgotten/code"))


async def test_host_header_poisoning_of_mailed_links_is_impossible(gateway: Gateway) -> None:
    """What a browser says of its host reaches nobody who could write it into a mail."""
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    gateway.peers["identity"].answers["POST /internal/passwords/forgotten"] = ASKED
    await gateway.http.get("/sign-in")
    form = {"email": "nora@example.com", "csrf": gateway.csrf()}
    response = await gateway.http.post("/forgotten", data=form, headers=headers)
    assert "evil.example" not in response.headers.get("location", "") + response.text
    for request in gateway.peers["identity"].asked:
        assert b"evil.example" not in request.content
        assert "evil.example" not in f"{request.url} {request.headers}"


async def test_a_password_is_changed_with_the_present_one(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    assert 'autocomplete="current-password"' in (await gateway.http.get("/security/password")).text
    form = {"current": "old", "password": "seven purple bicycles", "password_again": "seven purple bicycles"}
    answers = gateway.peers["identity"].answers
    answers["POST /internal/passwords/change"] = problem("password-wrong", "This is not your password.", "current")
    assert 'id="e-current"' in (await gateway.post("/security/password", form)).text
    access = gateway.http.cookies.get("immo_access") or ""
    answers["POST /internal/passwords/change"] = (200, session_view(account_id, access))
    assert (await gateway.post("/security/password", form)).headers["location"] == "/security"
    assert gateway.http.cookies.get("immo_session") == "fresh", "the session goes on under another token"


async def test_an_address_is_changed_by_a_code_or_not_at_all(gateway: Gateway) -> None:
    gateway.sign_in()
    answers = gateway.peers["identity"].answers
    state = {"email": "nora@example.com", "pending": None, "retry_after_s": 0}
    answers["GET /api/account/email"] = (200, state)
    assert "At present it is nora@example.com." in text_of(await gateway.http.get("/security/email"))
    hinted = await gateway.post("/security/email", {"email": "kontakt@agency.example"})
    assert "several people read" in text_of(hinted)
    answers["PUT /api/account/email"] = (202, {})
    assert (await gateway.post("/security/email", {"email": "n@example.com"})).headers["location"] == "/security/email"
    answers["GET /api/account/email"] = (200, {**state, "pending": "n@example.com", "retry_after_s": 60})
    page = await gateway.http.get("/security/email")
    assert "until then the old one stays" in text_of(page)
    assert "Possible in 60 seconds." in text_of(page)
    answers["POST /api/account/email/confirm"] = (200, {"email": "n@example.com"})
    assert (await gateway.post("/security/email/code", {"code": "k7m 2px"})).headers["location"] == "/security"
    answers["DELETE /api/account/email"] = (204, None)
    assert (await gateway.post("/security/email/cancel")).headers["location"] == "/security/email"


async def test_an_address_is_changed_only_with_fresh_proof(gateway: Gateway) -> None:
    gateway.sign_in(claims={"auth_time": int(time.time()) - 901})
    response = await gateway.http.get("/security/email")
    assert response.headers["location"].startswith("/confirm?next=")


async def test_what_was_left_empty_is_told_at_its_field_and_asked_of_nobody(gateway: Gateway) -> None:
    answer = await gateway.post("/sign-in", {"identifier": " ", "password": ""})
    assert answer.status_code == 422
    assert 'id="e-identifier"' in answer.text
    assert 'id="e-password"' in answer.text
    only_one = await gateway.post("/sign-in", {"identifier": "nora.peeters", "password": ""})
    assert 'id="e-identifier"' not in only_one.text
    assert 'value="nora.peeters"' in only_one.text
    gateway.sign_in()
    attach = await gateway.post("/old-accounts/attach", {"identifier": "", "password": "x"})
    assert 'id="e-identifier"' in attach.text
    assert gateway.peers["identity"].asked == []


async def test_terms_that_changed_are_accepted_at_the_next_sign_in(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    access = gateway.http.cookies.get("immo_access") or ""
    gateway.http.cookies.clear()
    answers = gateway.peers["identity"].answers
    answers["POST /internal/sessions"] = (200, session_view(account_id, access, terms_version="1999-01"))
    form = {"identifier": "nora.peeters", "password": "x", "next": "/organisations"}
    assert (await gateway.post("/sign-in", form)).headers["location"] == "/terms/accept"
    assert TERMS_VERSION in text_of(await gateway.http.get("/terms/accept"))
    answers["PUT /api/account/terms"] = (204, None)
    accepted = await gateway.post("/terms/accept")
    assert gateway.peers["identity"].body_of_last() == {"terms_version": TERMS_VERSION}
    assert accepted.headers["location"] == "/eid", "the rest of the way"


STRANGERS = ("/sign-in", "/sign-up", "/forgotten", "/forgotten/code", "/forgotten/password")
PENDING = ("/activate", "/activate/address", "/terms/accept")


async def test_every_account_screen_of_a_tools_sign_in_leads_back_to_it_and_out(gateway: Gateway) -> None:
    await Model(gateway.app.at.database).follow(a_tool())
    gateway.comes_from_tool()
    asked = {"token": "t", "email": "nora@example.com", "resend_at": 0, "username": "nora.peeters"}
    gateway.http.cookies.set("immo_reset", gateway.signer.pack("password-reset", asked), domain="127.0.0.1")
    for path in STRANGERS:
        page = await gateway.http.get(f"{path}?request={REQUEST_ID}")
        assert "Back to CadastreFinder" in text_of(page), path
        links = [part.split('"')[0] for part in page.text.split('action="')[1:]]
        ours = [link for link in links if link.startswith(("/sign", "/forgotten"))]
        assert ours, path
        assert all(REQUEST_ID in str(parse_qs(link.partition("?")[2])) for link in ours), path
    gateway.sign_in(acr="pending")
    for path in PENDING:
        page = await gateway.http.get(f"{path}?request={REQUEST_ID}")
        assert "Back to CadastreFinder" in text_of(page), path
        assert "You are not Nora Peeters? Sign out" in text_of(page), path


async def test_the_language_at_the_top_is_kept_on_an_account_that_waits_for_its_code(gateway: Gateway) -> None:
    gateway.sign_in(acr="pending")
    gateway.peers["identity"].answers["PUT /api/account/language"] = (200, {})
    await gateway.post("/preferences", {"language": "de", "return_to": "/activate"})
    assert gateway.peers["identity"].body_of_last() == {"language": "de"}
    assert '<html lang="de"' in (await gateway.http.get("/activate")).text


async def test_names_are_never_part_of_an_address(gateway: Gateway) -> None:
    gateway.peers["identity"].answers["POST /internal/username-proposal"] = (200, {"username": "nora.peeters"})
    reply = await gateway.post("/sign-up/username", {"first_name": "Nora", "last_name": "Peeters"})
    assert reply.json() == {"username": "nora.peeters"}
    request = gateway.peers["identity"].asked[-1]
    assert "Nora" not in str(request.url)
    assert json.loads(request.content) == {"first_name": "Nora", "last_name": "Peeters"}
