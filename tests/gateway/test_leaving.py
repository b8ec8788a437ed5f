"""Signing out because a tool asks: the person is asked unless their session is over, and comes back to the tool."""

import pytest

from tests.gateway.conftest import Gateway, text_of

LOGOUT_ID = "0195a7c0-0000-7000-8000-00000000000f"
PAGE = f"/sign-out?logout={LOGOUT_ID}"
BYE = "https://tool.example/bye?state=x"
REFRESH = "POST /internal/sessions/refresh"


def asks(gateway: Gateway, **changes: str | None) -> None:
    asked = {
        "tool_id": "cadastrefinder",
        "client_name": "CadastreFinder",
        "redirect_to": BYE,
        "logout_hint": None,
        "ui_locales": None,
    }
    gateway.peers["identity"].answers[f"GET /internal/logouts/{LOGOUT_ID}"] = (200, {**asked, **changes})
    gateway.peers["identity"].answers[REFRESH] = (200, {})
    gateway.peers["identity"].answers["POST /internal/sessions/end"] = (204, None)


async def test_whoever_is_signed_in_is_asked_first_and_then_led_back(gateway: Gateway) -> None:
    asks(gateway)
    gateway.sign_in()
    page = await gateway.http.get(PAGE)
    assert "CadastreFinder asks to sign you out." in text_of(page)
    assert f'action="/sign-out?logout={LOGOUT_ID}"' in page.text
    response = await gateway.post(PAGE)
    assert response.headers["location"] == BYE
    assert "immo_access=;" in str(response.headers.get_list("set-cookie")).replace('""', "")


async def test_a_session_that_identity_has_just_ended_is_forgotten_here_too(gateway: Gateway) -> None:
    asks(gateway)
    gateway.sign_in()
    gateway.peers["identity"].answers[REFRESH] = (401, {"code": "session-ended", "detail": "Over."})
    response = await gateway.http.get(PAGE)
    assert response.headers["location"] == BYE
    assert "immo_session=;" in str(response.headers.get_list("set-cookie")).replace('""', "")


async def test_a_stranger_is_led_back_at_once(gateway: Gateway) -> None:
    asks(gateway)
    assert (await gateway.http.get(PAGE)).headers["location"] == BYE
    asks(gateway, redirect_to=None)
    assert (await gateway.http.get(PAGE)).headers["location"] == "/sign-out"


async def test_a_tool_that_means_somebody_else_is_quoted(gateway: Gateway) -> None:
    asks(gateway, logout_hint="jan.janssens", ui_locales="en")
    gateway.sign_in()
    said = text_of(await gateway.http.get(PAGE))
    assert "asks to sign out “jan.janssens”. You are signed in as Nora Peeters." in said


async def test_the_tools_language_counts_here_too(gateway: Gateway) -> None:
    asks(gateway, ui_locales="nl-BE fr")
    gateway.sign_in()
    assert '<html lang="nl"' in (await gateway.http.get(PAGE)).text


@pytest.mark.parametrize("logout_id", ["nonsense", "0195a7c0-0000-7000-8000-0000000000aa", "../../x"])
async def test_without_a_known_request_one_signs_out_all_the_same(gateway: Gateway, logout_id: str) -> None:
    gateway.peers["identity"].answers["POST /internal/sessions/end"] = (204, None)
    gateway.sign_in()
    assert "Sign out?" in text_of(await gateway.http.get("/sign-out", params={"logout": logout_id}))
    assert (await gateway.post(f"/sign-out?logout={logout_id}")).headers["location"] == "/sign-out"
