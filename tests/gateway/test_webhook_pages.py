"""The staff looks at a tool's webhooks, and acts under a reason."""

from typing import Any

from tests.gateway.conftest import Gateway, text_of
from tests.gateway.screens_catalogue import NOW
from tests.gateway.test_catalogue_pages import at_the_desk

ID = "01a20296-c501-7006-9e23-f0bed7cd22a1"
PAGE = f"/catalogue/cadastrefinder/webhooks/{ID}"
API = f"/api/webhooks-desk/cadastrefinder/{ID}"
WEBHOOK: dict[str, Any] = {
    "id": ID, "tool_id": "cadastrefinder", "client_id": "finder", "url": "https://tool.example/<hook>", "description": "", "types": [],
    "state": "failing", "off_reason": None, "off_at": None, "created_at": NOW, "delivered_at": None, "failures": 3,
    "paused_until": None, "waiting": 2, "waiting_since": NOW, "old_secret_until": None,
}  # fmt: skip
DELIVERY: dict[str, Any] = {
    "id": 7, "state": "waiting", "is_replay": False, "is_test": False, "attempts": 3, "created_at": NOW, "run_at": NOW, "ended_at": None,
    "status": 500, "duration_ms": 12, "error": "", "answer": "<script>alert(1)</script>",
    "calls": [{"at": NOW, "status": None, "duration_ms": 15001, "error": "no answer within 15 s"},
              {"at": NOW, "status": 500, "duration_ms": 12, "error": ""}],
    "event": {"type": "immoconnect.organisation.AccessGranted.v1", "data": {"sub": "someone"}},
}  # fmt: skip


def with_webhook(gateway: Gateway) -> dict[str, Any]:
    at_the_desk(gateway)
    answers = gateway.peers["notify"].answers
    answers["GET /api/webhooks-desk/cadastrefinder"] = (200, [WEBHOOK])
    answers[f"GET {API}"] = (200, WEBHOOK)
    answers[f"GET {API}/deliveries"] = (200, {"deliveries": [DELIVERY], "next": 7})
    answers[f"GET {API}/deliveries/7"] = (200, DELIVERY)
    return answers


async def test_what_was_sent_and_answered_is_shown_as_it_is(gateway: Gateway) -> None:
    with_webhook(gateway)
    assert "2 events wait" in text_of(await gateway.http.get("/catalogue/cadastrefinder/webhooks"))
    page = await gateway.http.get(PAGE)
    assert "AccessGranted" in text_of(page)
    assert "?state=&amp;before=7" in page.text
    shown = await gateway.http.get(f"{PAGE}/deliveries/7")
    assert "&lt;script&gt;alert(1)" in shown.text
    assert "<script>alert(1)" not in shown.text
    assert "someone" in text_of(shown)
    assert "no answer within 15 s" in text_of(shown)
    assert "15001 ms" in text_of(shown)


async def test_an_action_is_done_under_a_reason_and_refused_without(gateway: Gateway) -> None:
    answers = with_webhook(gateway)
    answers[f"POST {API}/replay"] = (200, {"count": 4})
    fields = {"action": "replay", "reason": "the tool lost them", "since": "2026-11-20"}
    done = await gateway.post(PAGE, fields)
    assert done.headers["location"] == PAGE
    assert gateway.peers["notify"].body_of_last() == {"reason": "the tool lost them", "since": "2026-11-20T00:00:00Z"}
    problem = {
        "code": "invalid",
        "detail": "",
        "errors": [{"field": "reason", "code": "too-short", "detail": "Say why."}],
    }
    answers[f"POST {API}/disable"] = (422, problem)
    refused = await gateway.post(PAGE, {"action": "disable", "reason": ""})
    assert refused.status_code == 422
    assert "Say why." in text_of(refused)


async def test_only_the_staff_sees_webhooks(gateway: Gateway) -> None:
    with_webhook(gateway)
    gateway.sign_in(acr="mfa")
    for path in ("/catalogue/cadastrefinder/webhooks", PAGE, f"{PAGE}/deliveries/7"):
        assert (await gateway.http.get(path)).status_code == 403
    assert (await gateway.post(PAGE, {"action": "test", "reason": "because"})).status_code == 403
