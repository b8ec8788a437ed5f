"""The staff adds a webhook for a tool, gives it a new secret, and removes it."""

from typing import Any

import pytest
from pydantic_core import from_json

from services.gateway.catalogue.webhook_kinds import KINDS, short_name
from services.notify.webhooks.facts import TYPES
from tests.gateway.conftest import Gateway, text_of
from tests.gateway.test_webhook_pages import API, PAGE, WEBHOOK, with_webhook

ALL, DESK = "/catalogue/cadastrefinder/webhooks", "/api/webhooks-desk/cadastrefinder"
GRANTED = "immoconnect.organisation.AccessGranted.v1"
SECRET = "whsec_c2VjcmV0LW9mLWEtdGVzdA=="
FILLED = {
    "url": " https://tool.example/hook ", "client_id": "finder", "description": "Production", "language": "nl",
    "kind-AccessGranted": "yes", "reason": "asked in ticket 12",
}  # fmt: skip


def at_work(gateway: Gateway) -> dict[str, Any]:
    answers = with_webhook(gateway)
    answers[f"GET {DESK}/kinds"] = (
        200,
        [GRANTED, "immoconnect.organisation.AccessWithdrawn.v1", "immoconnect.x.New.v1"],
    )
    answers[f"POST {DESK}"] = (201, {"webhook": WEBHOOK, "secret": SECRET})
    answers[f"POST {API}/secret"] = (200, {"secret": SECRET, "old_secret_until": "2026-11-23T10:00:00Z"})
    answers[f"POST {API}/remove"] = (204, None)
    return answers


def refused(field: str, detail: str) -> tuple[int, Any]:
    return (422, {"code": "invalid", "detail": "", "errors": [{"field": field, "code": "wrong", "detail": detail}]})


async def test_a_webhook_is_added_with_its_kinds_and_its_secret_is_shown_once(gateway: Gateway) -> None:
    at_work(gateway)
    assert f'href="{ALL}/new"' in (await gateway.http.get(ALL)).text
    form = await gateway.http.get(f"{ALL}/new")
    for words in ("A person got access", "AccessWithdrawn", "New"):
        assert words in text_of(form)
    assert 'value="cadastrefinder"' in form.text
    made = await gateway.post(ALL, FILLED)
    assert SECRET in made.text
    assert made.headers["cache-control"] == "no-store"
    sent = next(one for one in gateway.peers["notify"].asked if one.method == "POST")
    assert from_json(sent.content) == {
        "url": "https://tool.example/hook", "client_id": "finder", "description": "Production", "language": "nl",
        "types": [GRANTED], "reason": "asked in ticket 12",
    }  # fmt: skip
    for path in (ALL, PAGE):
        assert SECRET not in (await gateway.http.get(path)).text


async def test_an_address_that_is_refused_is_told_at_its_field_and_what_was_typed_stays(gateway: Gateway) -> None:
    at_work(gateway)[f"POST {DESK}"] = refused("url", "A public address, please.")
    answer = await gateway.post(ALL, FILLED)
    assert answer.status_code == 422
    assert answer.text.count("A public address, please.") == 2
    for kept in ('value=" https://tool.example/hook "', 'value="asked in ticket 12"', 'value="nl" selected'):
        assert kept in answer.text
    assert 'id="f-kind-AccessGranted" name="kind-AccessGranted" value="yes" checked' in answer.text


async def test_what_is_missing_is_asked_for_in_the_readers_language(gateway: Gateway) -> None:
    at_work(gateway)[f"POST {DESK}"] = refused("reason", "Zeg waarom.")
    answer = await gateway.post(ALL, {}, headers={"accept-language": "nl"})
    assert answer.status_code == 422
    assert "Zeg waarom." in answer.text
    assert answer.text.count('id="e-url"') == answer.text.count('id="e-client_id"') == 1
    assert "This field is required." not in answer.text


async def test_a_new_secret_is_confirmed_under_a_reason_and_shown_once(gateway: Gateway) -> None:
    answers = at_work(gateway)
    assert "one more day" in text_of(await gateway.http.get(f"{PAGE}/secret"))
    made = await gateway.post(f"{PAGE}/secret", {"reason": "it was in a mail"})
    assert SECRET in made.text
    assert "2026" in text_of(made)
    assert made.headers["cache-control"] == "no-store"
    answers[f"POST {API}/secret"] = refused("reason", "Say why.")
    again = await gateway.post(f"{PAGE}/secret", {"reason": ""})
    assert (again.status_code, SECRET in again.text) == (422, False)
    assert "Say why." in text_of(again)


async def test_a_webhook_is_removed_after_a_confirmation_only(gateway: Gateway) -> None:
    answers = at_work(gateway)
    asked = gateway.peers["notify"].asked
    page = await gateway.http.get(f"{PAGE}/remove")
    assert "do not come back" in text_of(page)
    assert "2 events wait" in text_of(page)
    assert not [one for one in asked if one.method == "POST"]
    done = await gateway.post(f"{PAGE}/remove", {"reason": "the tool has moved"})
    assert done.headers["location"] == ALL
    assert gateway.peers["notify"].body_of_last() == {"reason": "the tool has moved"}
    answers[f"POST {API}/remove"] = refused("reason", "Say why.")
    assert "Say why." in text_of(await gateway.post(f"{PAGE}/remove", {"reason": ""}))


@pytest.mark.parametrize("path", [ALL, f"{PAGE}/secret", f"{PAGE}/remove"])
async def test_nobody_but_the_staff_changes_webhooks(gateway: Gateway, path: str) -> None:
    at_work(gateway)
    gateway.sign_in(acr="mfa")
    assert (await gateway.post(path, FILLED)).status_code == 403
    assert (await gateway.http.get(f"{ALL}/new")).status_code == 403
    for question in ("secret", "remove"):
        assert (await gateway.http.get(f"{PAGE}/{question}")).status_code == 403


def test_every_kind_that_a_tool_can_be_told_has_a_name_for_people() -> None:
    assert {short_name(one) for one in TYPES} == set(KINDS)
