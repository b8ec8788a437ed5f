"""The adapter for Mollie: what it asks, what it believes, and what it does with answers that make no sense."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.wallet.payments.mollie import MolliePayments, value_of
from services.wallet.payments.port import (
    PaymentRefused,
    PaymentsBusy,
    PaymentsUnavailable,
    PaymentUnknown,
    RefundOrder,
)
from shared.ids import new_id
from tests.wallet.payment_stages import order, read
from tests.wallet.provider import simulator

DOCUMENTED: dict[str, Any] = read("payment_paid")
REFERENCE = str(DOCUMENTED["id"])


def answering(body: Any, status: int = 200) -> MolliePayments:
    asked = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    return MolliePayments("https://api.mollie.com/v2", "live_key", transport=asked)


def recording(asked: list[httpx.Request], body: Any, status: int = 200) -> MolliePayments:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, json=body)

    return MolliePayments("https://api.mollie.com/v2", "live_key", transport=httpx.MockTransport(answer))


def sent(request: httpx.Request) -> Any:
    return httpx.Response(200, content=request.content).json()


async def test_a_payment_is_asked_for_as_documented() -> None:
    asked: list[httpx.Request] = []
    wanted = order(method="visa", language="de")
    await recording(asked, read("payment_created"), 201).create(wanted)
    assert (asked[0].method, str(asked[0].url)) == ("POST", "https://api.mollie.com/v2/payments")
    assert asked[0].headers["authorization"] == "Bearer live_key"
    assert asked[0].headers["idempotency-key"] == wanted.key
    assert sent(asked[0]) == {
        "amount": {"currency": "EUR", "value": "75.00"},
        "description": "Wallet top-up",
        "redirectUrl": wanted.return_url,
        "webhookUrl": wanted.webhook_url,
        "metadata": {"top_up_id": str(wanted.top_up_id)},
        "method": "creditcard",
        "locale": "de_DE",
    }


async def test_a_refund_is_asked_for_as_documented() -> None:
    asked: list[httpx.Request] = []
    wanted = RefundOrder(new_id(), REFERENCE, 1_000, "EUR", "Wallet top-up refunded")
    await recording(asked, read("refund_created"), 201).refund(wanted)
    assert (asked[0].method, asked[0].url.path) == ("POST", f"/v2/payments/{REFERENCE}/refunds")
    assert asked[0].headers["idempotency-key"] == wanted.key
    assert sent(asked[0]) == {
        "amount": {"currency": "EUR", "value": "10.00"},
        "description": "Wallet top-up refunded",
        "metadata": {"refund_id": str(wanted.refund_id)},
    }


async def test_a_payment_is_fetched_with_what_went_back_and_cancelled_by_its_address() -> None:
    asked: list[httpx.Request] = []
    adapter = recording(asked, DOCUMENTED)
    await adapter.fetch(REFERENCE)
    await adapter.cancel(REFERENCE)
    assert dict(asked[0].url.params) == {"embed": "refunds,chargebacks"}
    assert (asked[1].method, asked[1].url.path, asked[1].content) == ("DELETE", f"/v2/payments/{REFERENCE}", b"")


@pytest.mark.parametrize("method", ["bancontact", "maestro", "mastercard", "visa"])
async def test_every_way_of_paying_and_every_language_is_understood(method: str) -> None:
    for language in ("fr", "nl", "en", "de"):
        wanted = order(method=method, language=language)
        assert (await answering(read("payment_created"), 201).create(wanted)).reference


async def test_lists_are_followed_to_their_end_wherever_their_links_point() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        name = request.url.path.removeprefix("/v2/")
        page = {"count": 0, "_embedded": {name: []}, "_links": {"next": None}}
        if name == "payments":
            page = read("payments_page_2" if "from" in request.url.params else "payments_page_1")
            if page["_links"]["next"]:
                page["_links"]["next"]["href"] = "https://evil.example/v2/payments?from=tr_9uhYN1zuCDQ8HAmSGUACS4"
        return httpx.Response(200, json=page)

    adapter = MolliePayments("https://api.mollie.com/v2", "live_key", transport=httpx.MockTransport(answer))
    recent = await adapter.list_since(datetime(2026, 5, 4, tzinfo=UTC))
    assert [one.status for one in recent.payments] == ["open", "paid", "canceled"]
    assert recent.payments[2].top_up_id is None, "another shop's metadata is none of ours"
    assert {request.url.host for request in asked} == {"api.mollie.com"}


async def test_one_odd_item_does_not_hide_the_others_of_a_list() -> None:
    page = read("payments_page_2")
    page["_embedded"]["payments"][0]["status"] = "something-new"
    page["_embedded"]["payments"][1]["createdAt"] = "2026-05-07T09:00:00+00:00"
    pages = {"/v2/payments": page, "/v2/refunds": read("refunds_page"), "/v2/chargebacks": read("chargebacks_page")}
    shown = httpx.MockTransport(lambda request: httpx.Response(200, json=pages[request.url.path]))
    adapter = MolliePayments("https://api.mollie.com/v2", "live_key", transport=shown)
    recent = await adapter.list_since(datetime(2026, 5, 4, tzinfo=UTC))
    assert [one.status for one in recent.payments] == ["expired"]


async def test_one_key_opens_one_payment_also_when_the_first_answer_is_lost(tmp_path: Path) -> None:
    async with simulator(tmp_path) as provider:
        adapter = MolliePayments(provider.url, "test_key")
        wanted = order()
        await provider.behave("forget-answer")
        with pytest.raises(PaymentsUnavailable):
            await adapter.create(wanted)
        await provider.behave()
        assert await adapter.create(wanted) == await adapter.create(wanted)
        recent = await adapter.list_since(datetime.now(UTC) - timedelta(days=1))
        assert len(recent.payments) == 1
        await adapter.close()


async def test_a_provider_that_does_not_answer_in_time_is_unavailable(tmp_path: Path) -> None:
    async with simulator(tmp_path) as provider:
        await provider.behave("slow", delay_s=5)
        adapter = MolliePayments(provider.url, "test_key", timeout=httpx.Timeout(0.2))
        with pytest.raises(PaymentsUnavailable):
            await adapter.create(order())
        await adapter.close()


async def test_nobody_at_the_address_is_unavailable() -> None:
    adapter = MolliePayments("http://127.0.0.1:9", "test_key")
    with pytest.raises(PaymentsUnavailable):
        await adapter.create(order())
    await adapter.close()


@pytest.mark.parametrize("status", [400, 422])
async def test_a_refusal_of_the_order_is_told_apart(status: int) -> None:
    body = read("error_400" if status == 400 else "error_422_amount")
    with pytest.raises(PaymentRefused):
        await answering(body, status).create(order())


@pytest.mark.parametrize("status", [401, 403, 409])
async def test_a_refusal_of_us_is_no_refusal_of_the_order(status: int) -> None:
    with pytest.raises(PaymentsUnavailable):
        await answering(read("error_409" if status == 409 else "error_401"), status).create(order())


@pytest.mark.parametrize("status", [404, 410])
async def test_a_payment_that_is_gone_is_unknown(status: int) -> None:
    with pytest.raises(PaymentUnknown):
        await answering(read(f"error_{status}"), status).fetch(REFERENCE)


@pytest.mark.parametrize(("header", "after_s"), [("3", 3), ("0", 1), ("999999", 3_600), ("soon", 5), (None, 5)])
async def test_a_pause_is_kept_within_reason(header: str | None, after_s: int) -> None:
    headers = {"retry-after": header} if header else {}
    shown = httpx.MockTransport(lambda _: httpx.Response(429, json=read("error_429"), headers=headers))
    adapter = MolliePayments("https://api.mollie.com/v2", "live_key", transport=shown)
    with pytest.raises(PaymentsBusy) as busy:
        await adapter.fetch(REFERENCE)
    assert busy.value.after_s == after_s


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200),
        ([], 200),
        ({**DOCUMENTED, "id": "tr_another"}, 200),
        ({**DOCUMENTED, "status": "something-new"}, 200),
        ({**DOCUMENTED, "amount": {"value": "1e3", "currency": "EUR"}}, 200),
        ({**DOCUMENTED, "amount": {"value": "-75.00", "currency": "EUR"}}, 200),
        ({**DOCUMENTED, "amountRefunded": {"value": "1.00", "currency": "EUR"}, "_embedded": None}, 200),
        (read("error_401"), 401),
    ],
)
async def test_an_answer_without_sense_changes_nothing(body: Any, status: int) -> None:
    with pytest.raises(PaymentsUnavailable):
        await answering(body, status).fetch(REFERENCE)


@pytest.mark.parametrize(
    ("notice", "found"),
    [
        (b"id=tr_abc", ["tr_abc"]),
        (b"id=tr_abc&id=tr_def", ["tr_abc", "tr_def"]),
        (b"id=ord_abc", []),
        (b"id=tr_../../x", []),
        (b"id=tr_" + b"a" * 41, []),
        (b"", []),
        (b"\xff\xfe", []),
        (b'{"id": "tr_abc"}', []),
        (b"&".join(b"id=tr_%d" % n for n in range(50)), []),
        (b"id=tr_abc&" + b"x" * 5_000, []),
    ],
)
def test_only_references_are_taken_from_a_notice(notice: bytes, found: list[str]) -> None:
    assert answering({}).references_in(notice) == found


def test_amounts_are_written_with_two_decimals() -> None:
    assert [value_of(cents) for cents in (5_000, 5, 123_456_78)] == ["50.00", "0.05", "123456.78"]
