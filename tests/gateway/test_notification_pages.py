"""The list, the bell in the header, which mails one gets, and the page behind the link that stops them: without a script."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from services.gateway.notifications.hub import MAX_STREAMS_A_PERSON, Hub
from services.gateway.notifications.unread import BELIEVED_S, PAUSE_S, Unread
from services.gateway.notifications.words import TOPICS
from services.notify.preferences import topics
from shared.ids import new_id
from tests.gateway.conftest import Gateway, text_of
from tests.support.events import until

ONE, OTHER = "0195a7c0-0000-7000-8000-00000000000a", "0195a7c0-0000-7000-8000-00000000000b"
API = "/api/notifications"


def note(notification_id: str = ONE, **more: Any) -> dict[str, Any]:
    usual = {"id": notification_id, "kind": "employee-requested", "title": "Bram asks to join", "lines": ["Decide."]}
    ways = {
        "button": "Answer",
        "url": f"http://127.0.0.1:8080/organisations/{OTHER}/employees?a=1",
        "organisation": "Lys",
    }
    return {**usual, **ways, "created_at": "2026-03-01T09:00:00+00:00", "is_read": False, **more}


def listed(*notes: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "unread": len(notes),
        "latest": notes[0]["id"] if notes else None,
        "next": None,
        "organisations": [],
    }
    return {"notifications": list(notes), **usual, **more}


def answers(gateway: Gateway) -> dict[str, tuple[int, Any]]:
    return gateway.peers["notify"].answers


async def test_the_list_shows_what_is_new_and_each_entry_leads_through_its_own_address(gateway: Gateway) -> None:
    gateway.sign_in()
    answers(gateway)[f"GET {API}"] = (200, listed(note(), note(OTHER, is_read=True, url=None), next=OTHER))
    page = await gateway.http.get("/notifications")
    assert f'href="/notifications/{ONE}"' in page.text
    assert f'formaction="/notifications/{ONE}/read"' in page.text
    assert f'formaction="/notifications/{OTHER}/read"' not in page.text
    assert f'href="/notifications?before={OTHER}"' in page.text
    assert "data-bell><span data-count>2</span>" in page.text


async def test_nothing_to_report_says_so_and_has_no_bell_count(gateway: Gateway) -> None:
    gateway.sign_in()
    answers(gateway)[f"GET {API}"] = (200, listed())
    page = await gateway.http.get("/notifications")
    assert "Nothing to report" in text_of(page)
    assert "data-bell hidden" in page.text
    assert "Mark all as read" not in text_of(page)


async def test_the_filter_stays_with_earlier_pages(gateway: Gateway) -> None:
    gateway.sign_in()
    organisations = [{"id": ONE, "name": "Lys"}, {"id": OTHER, "name": "Zwin"}]
    answers(gateway)[f"GET {API}"] = (200, listed(note(), next=ONE, organisations=organisations))
    page = await gateway.http.get(f"/notifications?organisation={OTHER}")
    assert f"organisation={OTHER}&amp;before={ONE}" in page.text
    assert f'<option value="{OTHER}" selected>' in page.text
    asked = [request for request in gateway.peers["notify"].asked if request.url.path == API]
    assert asked[-1].url.params["organisation"] == OTHER


async def test_opening_one_marks_it_and_leads_to_its_screen_of_ours(gateway: Gateway) -> None:
    gateway.sign_in()
    for url, leads_to in (
        (note()["url"], f"/organisations/{OTHER}/employees?a=1"),
        ("https://evil.example/organisations", "/organisations"),
        (None, "/notifications"),
    ):
        answers(gateway)[f"POST {API}/{ONE}/read"] = (200, note(url=url, is_read=True))
        opened = await gateway.http.get(f"/notifications/{ONE}")
        assert (opened.status_code, opened.headers["location"]) == (303, leads_to)


async def test_marking_needs_our_form_and_leads_back(gateway: Gateway) -> None:
    gateway.sign_in()
    answers(gateway)[f"POST {API}/read"] = (204, None)
    assert (await gateway.http.post("/notifications/read", data={})).status_code == 403
    marked = await gateway.post(
        "/notifications/read", {"up_to": ONE, "return_to": f"/notifications?organisation={OTHER}"}
    )
    assert (marked.status_code, marked.headers["location"]) == (303, f"/notifications?organisation={OTHER}")
    asked = [request for request in gateway.peers["notify"].asked if request.method == "POST"]
    assert asked[-1].url.params["up_to"] == ONE


async def test_every_page_says_how_many_are_new_and_none_waits_for_a_notify_that_is_away(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    key = f"GET /internal/notifications/{account_id}"
    answers(gateway)[key] = (200, {"unread": 100, "latest": ONE, "notifications": []})
    gateway.app.at.settings.urls["notify"] = "http://notify.internal"
    assert "data-bell><span data-count>99+</span>" in (await gateway.http.get("/help")).text
    gateway.sign_in()
    gateway.peers["notify"].is_away = True
    page = await gateway.http.get("/help")
    assert page.status_code == 200
    assert "data-bell hidden" in page.text


async def test_a_count_is_believed_for_a_while_and_a_silent_notify_is_left_alone(gateway: Gateway) -> None:
    now, peer, account_id = [100.0], gateway.peers["notify"], new_id()
    unread = Unread(gateway.app.at, clock=lambda: now[0])
    peer.answers[f"GET /internal/notifications/{account_id}"] = (200, {"unread": 3, "latest": ONE, "notifications": []})
    assert [await unread.of(account_id) for _ in range(3)] == [3, 3, 3]
    assert len(peer.asked) == 1
    now[0] += BELIEVED_S
    peer.is_away = True
    assert [await unread.of(account_id) for _ in range(3)] == [3, 3, 3], "what was known stays"
    asked = len(peer.asked)
    now[0] += PAUSE_S / 2
    await unread.of(new_id())
    assert len(peer.asked) == asked


PREFERENCES: dict[str, Any] = {
    "topics": [{"topic": topic, "choice": "at-once", "is_personal": topic == "recognitions"} for topic in TOPICS],
    "organisations": [{"id": ONE, "name": "Lys", "choices": {"wallet": "site"}}],
}


async def test_mails_are_chosen_on_a_page_that_says_which_always_come(gateway: Gateway) -> None:
    gateway.sign_in()
    answers(gateway)[f"GET {API}/preferences"] = (200, PREFERENCES)
    page = await gateway.http.get("/account/notifications")
    assert "Codes, everything about the security" in text_of(page)
    assert all(f'name="{topic}"' in page.text for topic in TOPICS)
    assert f'href="/account/notifications/{ONE}"' in page.text
    answers(gateway)[f"PUT {API}/preferences"] = (204, None)
    saved = await gateway.post("/account/notifications", dict.fromkeys(TOPICS, "daily") | {"made-up": "site"})
    assert saved.headers["location"] == "/account/notifications"
    body = gateway.peers["notify"].body_of_last()
    assert body == {"organisation_id": None, "choices": dict.fromkeys(TOPICS, "daily")}


async def test_for_one_organisation_only_what_differs_is_chosen(gateway: Gateway) -> None:
    gateway.sign_in()
    answers(gateway)[f"GET {API}/preferences"] = (200, PREFERENCES)
    page = await gateway.http.get(f"/account/notifications/{ONE}")
    assert 'name="recognitions"' not in page.text
    assert "My mails about Lys" in text_of(page)
    answers(gateway)[f"PUT {API}/preferences"] = (204, None)
    await gateway.post(f"/account/notifications/{ONE}", {"wallet": "", "invoices": "hourly"})
    assert gateway.peers["notify"].body_of_last() == {"organisation_id": ONE, "choices": {"invoices": "hourly"}}
    assert (await gateway.http.get(f"/account/notifications/{OTHER}")).status_code == 404


async def test_what_notify_refuses_is_said_on_the_page(gateway: Gateway) -> None:
    gateway.sign_in()
    answers(gateway)[f"GET {API}/preferences"] = (200, PREFERENCES)
    answers(gateway)[f"PUT {API}/preferences"] = (422, {"code": "mail-choice-unknown", "detail": "Not for these."})
    refused = await gateway.post("/account/notifications", {"wallet": "never"})
    assert refused.status_code == 422
    assert "Not for these." in text_of(refused)


async def test_the_link_of_a_mail_asks_first_and_stops_without_signing_in(gateway: Gateway) -> None:
    answers(gateway)["GET /internal/unsubscribe/abc"] = (200, {"topic": "wallet"})
    answers(gateway)["POST /internal/unsubscribe/abc"] = (200, {"topic": "wallet"})
    page = await gateway.http.get("/unsubscribe/abc")
    assert "Stop these mails?" in text_of(page)
    assert "Wallet" in text_of(page)
    assert not any(request.method == "POST" for request in gateway.peers["notify"].asked)
    done = await gateway.post("/unsubscribe/abc")
    assert "These mails have stopped" in text_of(done)


async def test_a_link_that_is_not_whole_says_so(gateway: Gateway) -> None:
    answers(gateway)["GET /internal/unsubscribe/abc"] = (
        404,
        {"code": "unsubscribe-link-unknown", "detail": "Not whole."},
    )
    assert (await gateway.http.get("/unsubscribe/abc")).status_code == 404


async def test_one_click_of_a_mail_program_passes_through_to_notify(gateway: Gateway) -> None:
    answers(gateway)["POST /api/notifications/unsubscribe/abc"] = (204, None)
    stopped = await gateway.http.post(
        "/api/notifications/unsubscribe/abc", data={"List-Unsubscribe": "One-Click"}, headers={"accept": "*/*"}
    )
    assert stopped.status_code == 204


async def test_a_person_has_so_many_live_pages_and_signing_out_ends_those_of_the_session(gateway: Gateway) -> None:
    hub = Hub(gateway.app.at, gateway.app.at.own.unread)
    account_id: UUID = new_id()
    streams = [hub.open(account_id, "s1" if at else "s2") for at in range(MAX_STREAMS_A_PERSON)]
    assert all(streams)
    assert hub.open(account_id, "s1") is None
    other = hub.open(new_id(), "s1-other")
    assert other is not None
    hub.end_session("s1")
    assert [stream.is_over for stream in streams if stream] == [False, *[True] * (MAX_STREAMS_A_PERSON - 1)]
    for stream in streams:
        assert stream is not None
        hub.close(stream)
        hub.close(stream)
    assert hub.open(account_id, "s1") is not None


async def test_live_pages_outlive_a_notify_that_restarts(gateway: Gateway) -> None:
    hub, peer, account_id = Hub(gateway.app.at, gateway.app.at.own.unread), gateway.peers["notify"], new_id()
    stream = hub.open(account_id, "s1")
    assert stream is not None
    peer.is_away = True
    hub.shows(stream, unread=0, latest=None)
    await until(lambda: len(peer.asked) >= 2, what="a second try")
    changed = {str(account_id): {"unread": 1, "latest": ONE}}
    peer.answers["POST /internal/notifications/changes"] = (200, {"changed": changed})
    peer.is_away = False
    await asyncio.wait_for(stream.changed.wait(), 60)
    hub.close(stream)
    known = {str(account_id): {"unread": 0, "latest": None}}
    assert json.loads(peer.asked[0].content) == {"known": known}, "what is shown is what it asks about"


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_every_topic_has_words(topic: str) -> None:
    assert TOPICS[topic][0]
