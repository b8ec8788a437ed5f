"""What an open page asks for by itself changes nothing for the page that the browser shows by then, nor for its forms."""

import pytest

from tests.gateway.browsing import on_a_phone
from tests.gateway.conftest import Gateway

OF_A_PAGE = {
    "stream": ("/notifications/live", {"accept": "text/event-stream"}),
    "part": ("/recognitions/live", {"accept": "text/html", "sec-fetch-dest": "empty"}),
    "picture": ("/profile/picture", {"accept": "image/*", "sec-fetch-dest": "image"}),
}


@pytest.mark.parametrize("asked", OF_A_PAGE)
async def test_without_a_session_it_is_refused_and_no_cookie_changes(gateway: Gateway, asked: str) -> None:
    path, headers = OF_A_PAGE[asked]
    for who in ("a stranger", "whose session has ended"):
        if who != "a stranger":
            gateway.sign_in(expires_in_s=-60)
        answer = await gateway.http.get(path, headers=headers)
        assert (answer.status_code, answer.headers.get_list("set-cookie")) == (401, []), who
        assert answer.headers["cache-control"] == "no-store"


async def test_who_goes_there_is_led_to_sign_in(gateway: Gateway) -> None:
    gateway.sign_in(expires_in_s=-60)
    headers = {"accept": "text/html", "sec-fetch-dest": "document"}
    answer = await gateway.http.get("/recognitions", headers=headers)
    assert answer.headers["location"] == "/sign-in?next=%2Frecognitions"
    assert any(cookie.startswith('immo_session=""') for cookie in answer.headers.get_list("set-cookie"))


@pytest.mark.browser
async def test_a_form_of_a_stranger_outlives_what_the_page_before_still_asked_for(gateway: Gateway) -> None:
    """The stream of a page whose session has just ended is answered after the next page has come."""
    async with on_a_phone(gateway) as desk:
        await desk.page.goto(f"{desk.origin}/sign-in")
        before = await desk.page.context.cookies()
        status = await desk.page.evaluate("fetch('/notifications/live').then((reply) => reply.status)")
        assert status == 401
        assert await desk.page.context.cookies() == before


@pytest.mark.browser
async def test_a_page_that_is_followed_leads_to_sign_in_when_the_session_ends(
    gateway: Gateway,
) -> None:
    recognition = gateway.peers["recognition"].answers
    recognition["GET /api/recognitions"] = (200, {"recognitions": [], "registries": [], "can_ask": True})
    recognition["GET /api/recognition-kinds"] = (200, [])
    gateway.sign_in(acr="eid", eid_linked=True)
    async with on_a_phone(gateway) as desk:
        await desk.page.goto(f"{desk.origin}/recognitions")
        await desk.page.context.clear_cookies()
        await desk.page.wait_for_url("**/sign-in?next=%2Frecognitions")
