"""The adapter against the simulator, and against answers in the shapes that Mollie documents."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.wallet.payments.mollie import MolliePayments, value_of
from services.wallet.payments.port import Order, Payment, PaymentRefused, PaymentsUnavailable, PaymentUnknown
from shared.ids import new_id
from tests.wallet.provider import Simulator, simulator


@pytest_asyncio.fixture(scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    async with simulator(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest_asyncio.fixture
async def payments(provider: Simulator) -> AsyncIterator[MolliePayments]:
    adapter = MolliePayments(provider.url, "test_key")
    yield adapter
    await provider.behave()
    await adapter.close()


def order(**changes: Any) -> Order:
    usual: dict[str, Any] = {
        "top_up_id": new_id(),
        "amount_cents": 5_000,
        "currency": "EUR",
        "method": "bancontact",
        "description": "Wallet top-up",
        "language": "nl",
        "return_url": "http://127.0.0.1:8080/back",
        "webhook_url": "http://127.0.0.1:9/webhook",
    }
    return Order(**{**usual, **changes})


async def test_a_payment_is_opened_with_a_page_to_pay_on(payments: MolliePayments) -> None:
    checkout = await payments.create(order())
    assert checkout.reference.startswith("tr_")
    assert checkout.expires_at is not None
    assert checkout.expires_at > datetime.now(UTC)
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert (await browser.get(checkout.checkout_url)).status_code == 200


async def test_one_key_opens_one_payment(payments: MolliePayments) -> None:
    wanted = order()
    assert await payments.create(wanted) == await payments.create(wanted)


@pytest.mark.parametrize("method", ["bancontact", "maestro", "mastercard", "visa"])
async def test_every_way_of_paying_is_understood(payments: MolliePayments, method: str) -> None:
    assert (await payments.create(order(method=method))).reference


@pytest.mark.parametrize("status", ["paid", "failed", "canceled", "expired"])
async def test_what_became_of_a_payment_can_be_asked(
    payments: MolliePayments, provider: Simulator, status: str
) -> None:
    wanted = order(amount_cents=123_456)
    reference = (await payments.create(wanted)).reference
    assert (await payments.fetch(reference)).status == "open"
    await provider.end(reference, status)
    found = await payments.fetch(reference)
    assert found == Payment(reference, status, 123_456, "EUR", "bancontact", 0, 0, wanted.top_up_id)  # pyright: ignore[reportArgumentType]


async def test_an_invented_reference_is_unknown(payments: MolliePayments) -> None:
    with pytest.raises(PaymentUnknown):
        await payments.fetch("tr_invented")


@pytest.mark.parametrize("mode", ["error", "maintenance"])
async def test_a_provider_in_trouble_is_unavailable(payments: MolliePayments, provider: Simulator, mode: str) -> None:
    reference = (await payments.create(order())).reference
    await provider.behave(mode)
    with pytest.raises(PaymentsUnavailable):
        await payments.create(order())
    with pytest.raises(PaymentsUnavailable):
        await payments.fetch(reference)


async def test_an_amount_that_the_provider_refuses_is_refused(payments: MolliePayments) -> None:
    with pytest.raises(PaymentRefused):
        await payments.create(order(amount_cents=0))


async def test_nobody_at_the_address_is_unavailable() -> None:
    adapter = MolliePayments("http://127.0.0.1:9", "test_key")
    with pytest.raises(PaymentsUnavailable):
        await adapter.create(order())
    await adapter.close()


# As in Mollie's reference of GET /v2/payments/{id}, shortened.
DOCUMENTED = {
    "resource": "payment",
    "id": "tr_5B8cwPMGnU6qLbRvo7qEZo",
    "mode": "live",
    "amount": {"value": "75.00", "currency": "EUR"},
    "amountRefunded": {"value": "10.00", "currency": "EUR"},
    "amountRemaining": {"value": "65.00", "currency": "EUR"},
    "amountChargedBack": {"value": "5.01", "currency": "EUR"},
    "description": "Order #12345",
    "method": "creditcard",
    "metadata": None,
    "details": {"cardNumber": "6787", "cardLabel": "Mastercard"},
    "profileId": "pfl_QkEhN94Ba",
    "sequenceType": "oneoff",
    "status": "paid",
    "createdAt": "2024-02-12T11:58:35.0Z",
    "paidAt": "2024-02-12T12:01:35+00:00",
    "_links": {"self": {"href": "https://api.mollie.com/v2/payments/tr_x", "type": "application/hal+json"}},
}


def answering(body: Any, status: int = 200) -> MolliePayments:
    asked = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    return MolliePayments("https://api.mollie.com/v2", "live_key", transport=asked)


async def test_the_documented_payment_is_read() -> None:
    found = await answering(DOCUMENTED).fetch(str(DOCUMENTED["id"]))
    assert found == Payment(str(DOCUMENTED["id"]), "paid", 7_500, "EUR", "creditcard", 1_000, 501, None)


async def test_the_request_has_the_documented_shape() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        links = {"checkout": {"href": "https://www.mollie.com/checkout/x", "type": "text/html"}}
        return httpx.Response(201, json={**DOCUMENTED, "status": "open", "_links": links})

    adapter = MolliePayments("https://api.mollie.com/v2", "live_key", transport=httpx.MockTransport(answer))
    wanted = order(method="visa", language="de")
    await adapter.create(wanted)
    assert str(asked[0].url) == "https://api.mollie.com/v2/payments"
    assert asked[0].headers["authorization"] == "Bearer live_key"
    assert asked[0].headers["idempotency-key"] == wanted.key
    assert httpx.Response(200, content=asked[0].content).json() == {
        "amount": {"currency": "EUR", "value": "50.00"},
        "description": "Wallet top-up",
        "redirectUrl": wanted.return_url,
        "webhookUrl": wanted.webhook_url,
        "metadata": {"top_up_id": str(wanted.top_up_id)},
        "method": "creditcard",
        "locale": "de_DE",
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 200),
        ([], 200),
        ({**DOCUMENTED, "id": "tr_another"}, 200),
        ({**DOCUMENTED, "status": "something-new"}, 200),
        ({**DOCUMENTED, "amount": {"value": "1e3", "currency": "EUR"}}, 200),
        ({**DOCUMENTED, "amount": {"value": "-75.00", "currency": "EUR"}}, 200),
        ({"status": 401, "title": "Unauthorized Request"}, 401),
        ({"status": 429}, 429),
    ],
)
async def test_an_answer_without_sense_changes_nothing(body: Any, status: int) -> None:
    with pytest.raises(PaymentsUnavailable):
        await answering(body, status).fetch(str(DOCUMENTED["id"]))


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
