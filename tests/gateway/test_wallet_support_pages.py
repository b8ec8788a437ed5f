"""What support does with online payments, what a manager does with an open one, and forms that are sent twice."""

from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.gateway.conftest import Gateway, text_of
from tests.gateway.test_wallet_pages import at_the_desk, desk

MOMENT = "2026-11-20T10:00:00+00:00"
TOP_UP: dict[str, Any] = {
    "state": "pending",
    "reason": None,
    "amount_cents": 5_000,
    "method": "visa",
    "checkout_url": "https://pay.example/1",
    "balance_cents": 0,
    "can_cancel": True,
    "created_at": MOMENT,
    "expires_at": MOMENT,
}
STRAY: dict[str, Any] = {
    "provider": "mollie",
    "reference": "tr_7",
    "top_up_id": None,
    "organisation_id": None,
    "amount_cents": 8_000,
    "currency": "EUR",
    "reason": "unknown",
    "found_at": MOMENT,
}


async def test_a_top_up_that_is_open_is_cancelled_and_its_page_says_what_became_of_it(gateway: Gateway) -> None:
    here = await desk(gateway)
    top_up_id = str(new_id())
    here.wallet[f"GET /api/top-ups/{top_up_id}"] = (200, {"id": top_up_id, "organisation_id": str(here.here), **TOP_UP})
    here.wallet[f"POST /api/top-ups/{top_up_id}/cancel"] = (
        200,
        {"id": top_up_id, "organisation_id": str(here.here), **TOP_UP},
    )
    path = f"{here.path}/top-ups/{top_up_id}"
    assert f'action="{path}/cancel"' in (await gateway.http.get(f"{path}/cancel")).text
    done = await gateway.post(f"{path}/cancel")
    assert (done.status_code, done.headers["location"]) == (303, path)
    assert here.asked("POST") == [f"/api/top-ups/{top_up_id}/cancel"]


async def test_a_top_up_that_can_no_longer_be_cancelled_says_so(gateway: Gateway) -> None:
    here = await desk(gateway)
    top_up_id = str(new_id())
    here.wallet[f"GET /api/top-ups/{top_up_id}"] = (200, {"id": top_up_id, "organisation_id": str(here.here), **TOP_UP})
    refusal = {"code": "top-up-ended", "detail": "This payment has ended."}
    here.wallet[f"POST /api/top-ups/{top_up_id}/cancel"] = (409, refusal)
    path = f"{here.path}/top-ups/{top_up_id}"
    refused = await gateway.post(f"{path}/cancel")
    assert refused.status_code == 409
    assert "This payment has ended." in text_of(refused)
    here.wallet[f"GET /api/top-ups/{top_up_id}"] = (
        200,
        {"id": top_up_id, "organisation_id": str(here.here), **TOP_UP, "can_cancel": False},
    )
    assert (await gateway.http.get(f"{path}/cancel")).headers["location"] == path


async def supported_top_up(gateway: Gateway) -> str:
    organisation_id, top_up_id = await at_the_desk(gateway), str(new_id())
    found: dict[str, Any] = {
        **TOP_UP,
        "id": top_up_id,
        "organisation_id": str(organisation_id),
        "state": "completed",
        "provider": "mollie",
        "reference": "tr_1",
        "requested_by": str(new_id()),
        "left_cents": 4_050,
        "refunds": [],
        "effects": [],
    }
    gateway.peers["wallet"].answers[f"GET /api/support/top-ups/{top_up_id}"] = (200, found)
    return top_up_id


async def test_support_refunds_a_top_up_and_the_form_sent_twice_is_one_refund(gateway: Gateway) -> None:
    top_up_id = await supported_top_up(gateway)
    path = f"/support/top-ups/{top_up_id}"
    form = (await gateway.http.get(path)).text
    assert 'value="40.50"' in form, "what is left is proposed"
    refund_id = form.split('name="refund_id" value="')[1].split('"')[0]
    api = f"/api/support/top-ups/{top_up_id}/refunds"
    gateway.peers["wallet"].answers[f"POST {api}"] = (201, {"id": refund_id})
    fields = {"amount": "40,50", "reason": "Paid twice", "refund_id": refund_id}
    wanted = {"id": refund_id, "amount_cents": 4_050, "reason": "Paid twice"}
    for _ in range(2):
        done = await gateway.post(f"{path}/refund", fields)
        assert (done.status_code, done.headers["location"]) == (303, path)
        assert gateway.peers["wallet"].body_of_last() == wanted
    assert "on its way back" in text_of(await gateway.http.get(path))


async def test_a_refund_that_cannot_be_keeps_what_was_typed(gateway: Gateway) -> None:
    top_up_id = await supported_top_up(gateway)
    fields = {"amount": "much", "reason": "Paid twice", "refund_id": str(new_id())}
    wrong = await gateway.post(f"/support/top-ups/{top_up_id}/refund", fields)
    assert wrong.status_code == 422
    assert "Enter an amount" in text_of(wrong)
    refusal = {
        "code": "invalid",
        "detail": "x",
        "errors": [{"field": "amount_cents", "code": "x", "detail": "Too much."}],
    }
    gateway.peers["wallet"].answers[f"POST /api/support/top-ups/{top_up_id}/refunds"] = (422, refusal)
    refused = await gateway.post(f"/support/top-ups/{top_up_id}/refund", {**fields, "amount": "99"})
    assert refused.status_code == 422
    assert "Too much." in text_of(refused)
    assert f'name="refund_id" value="{fields["refund_id"]}"' in refused.text, "another try is the same refund"


async def test_support_settles_a_payment_that_is_in_no_wallet(gateway: Gateway) -> None:
    await at_the_desk(gateway)
    wallet = gateway.peers["wallet"]
    wallet.answers["GET /api/support/stray-payments"] = (200, {"payments": [STRAY]})
    wallet.answers["POST /api/support/stray-payments/mollie/tr_7/settle"] = (204, None)
    path = "/support/payments/mollie/tr_7/settle"
    assert f'action="{path}"' in (await gateway.http.get("/support/payments")).text
    done = await gateway.post(path, {"note": "  Refunded at the provider "})
    assert (done.status_code, done.headers["location"]) == (303, "/support/payments")
    assert wallet.body_of_last() == {"note": "Refunded at the provider"}


async def test_a_payment_that_a_colleague_settled_meanwhile_is_said_with_the_list(gateway: Gateway) -> None:
    await at_the_desk(gateway)
    wallet = gateway.peers["wallet"].answers
    wallet["GET /api/support/stray-payments"] = (200, {"payments": [STRAY]})
    refusal = {
        "code": "invalid",
        "detail": "x",
        "errors": [{"field": "note", "code": "x", "detail": "Say a little more."}],
    }
    wallet["POST /api/support/stray-payments/mollie/tr_7/settle"] = (422, refusal)
    refused = await gateway.post("/support/payments/mollie/tr_7/settle", {"note": "ok"})
    assert refused.status_code == 422
    assert "Say a little more." in text_of(refused)


@pytest.mark.parametrize("path", ["/support/payments/mollie/tr_7/settle", f"/support/top-ups/{UUID(int=7)}/refund"])
async def test_only_support_does_this(gateway: Gateway, path: str) -> None:
    gateway.sign_in(acr="mfa")
    assert (await gateway.post(path, {"note": "Refunded"})).status_code == 403
    assert gateway.peers["wallet"].asked == []


async def test_a_transfer_sent_twice_has_one_key_and_leads_to_the_same_page(gateway: Gateway) -> None:
    here = await desk(gateway)
    transfer_id = str(new_id())
    here.wallet[f"POST {here.api}/transfers"] = (200, {"transfer_id": transfer_id})
    fields = {"to": str(here.other), "amount": "20", "description": "Rent", "key": "one-key-for-both"}
    for _ in range(2):
        done = await gateway.post(f"{here.path}/transfers", fields)
        assert done.headers["location"] == f"{here.path}/transfers/{transfer_id}"
    keys = {request.content for request in gateway.peers["wallet"].asked if request.method == "POST"}
    assert len(keys) == 1
    assert b"one-key-for-both" in keys.pop()
