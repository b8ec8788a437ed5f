"""What the wallet counts on of a payment provider: the same of the simulator and of the answers that Mollie documents, both through the
adapter."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import pytest_asyncio

from services.wallet.payments.mollie import MolliePayments
from services.wallet.payments.port import (
    Order,
    Payment,
    PaymentNotCancelable,
    PaymentRefused,
    PaymentsBusy,
    PaymentsUnavailable,
    PaymentUnknown,
    RefundOrder,
    RefundRefused,
)
from shared.ids import new_id
from tests.wallet.provider import Simulator, simulator

FOLDER = Path(__file__).parent / "mollie"
CENTS = 7_500
OLD = timedelta(days=3)


class Stage(Protocol):
    """A provider with whom something happened. Each returns the payment's reference."""

    payments: MolliePayments
    since: datetime

    async def open(self) -> str: ...
    async def ended(self, status: str) -> str: ...
    async def refunded(self) -> str:
        """10.00 by us and gone through, 5.01 by others and failed, 2.50 by others and waiting."""
        ...

    async def charged_back(self) -> str:
        """30.00, then 45.00."""
        ...

    async def reversed(self) -> str: ...
    async def trouble(self, status: int) -> None:
        """From now on it answers so."""
        ...

    async def refusal(self, what: str) -> None:
        """From now on it refuses: amount, cancel, refund."""
        ...


def order(**changes: Any) -> Order:
    usual: dict[str, Any] = {
        "top_up_id": new_id(),
        "amount_cents": CENTS,
        "currency": "EUR",
        "method": "mastercard",
        "description": "Wallet top-up",
        "language": "nl",
        "return_url": "http://127.0.0.1:8080/back",
        "webhook_url": "http://127.0.0.1:9/webhook",
    }
    return Order(**{**usual, **changes})


def refund_of(payment: str, cents: int = 1_000) -> RefundOrder:
    return RefundOrder(new_id(), payment, cents, "EUR", "Wallet top-up refunded")


class Simulated:
    def __init__(self, provider: Simulator) -> None:
        self.provider = provider
        self.payments = MolliePayments(provider.url, "test_key")
        self.since = datetime.now(UTC) - OLD
        self.too_much = 0

    async def open(self) -> str:
        return (await self.payments.create(order())).reference

    async def ended(self, status: str) -> str:
        reference = await self.open()
        await self.provider.end(reference, status, "mastercard")
        return reference

    async def refunded(self) -> str:
        reference = await self.ended("paid")
        ours = await self.payments.refund(refund_of(reference))
        await self.provider.end_refund(reference, ours.reference, "refunded")
        failed = await self.provider.refund_at_the_dashboard(reference, 501)
        await self.provider.end_refund(reference, failed, "failed")
        await self.provider.refund_at_the_dashboard(reference, 250)
        return reference

    async def charged_back(self) -> str:
        reference = await self.ended("paid")
        await self.provider.charge_back(reference, 3_000)
        await self.provider.charge_back(reference)
        return reference

    async def reversed(self) -> str:
        reference = await self.ended("paid")
        await self.provider.charge_back(reference)
        await self.provider.reverse_chargebacks(reference)
        return reference

    async def trouble(self, status: int) -> None:
        await self.provider.behave({500: "error", 503: "maintenance", 429: "rate-limited"}[status])

    async def refusal(self, what: str) -> None:
        if what == "cancel":
            await self.provider.behave("not-cancelable")


class Recorded:
    """The files of a folder, each at its address."""

    def __init__(self) -> None:
        self.payments = MolliePayments(
            "https://api.mollie.com/v2", "live_key", transport=httpx.MockTransport(self.answer)
        )
        self.since = datetime(2026, 5, 4, tzinfo=UTC)
        self.status: int | None = None
        self.refused: str | None = None
        self.shown = {name: read(name) for name in _PAYMENTS}

    def answer(self, request: httpx.Request) -> httpx.Response:
        status, name = self._route(request)
        headers = {"retry-after": "3"} if status == 429 else {}
        return httpx.Response(status, json=read(name), headers=headers | {"content-type": "application/hal+json"})

    def _route(self, request: httpx.Request) -> tuple[int, str]:
        path, query = request.url.path.removeprefix("/v2"), request.url.params
        if self.status is not None:
            return self.status, "error_429" if self.status == 429 else "error_503"
        if self.refused is not None:
            return 422, f"error_422_{self.refused}"
        if request.method == "POST":
            return (201, "refund_created") if path.endswith("/refunds") else (201, "payment_created")
        if path in ("/payments", "/refunds", "/chargebacks"):
            page = "_2" if "from" in query else "_1"
            return 200, f"{path[1:]}_page{page if path == '/payments' else ''}"
        for name, shown in self.shown.items():
            if path == f"/payments/{shown['id']}":
                return 200, name
        return 404, "error_404"

    async def open(self) -> str:
        return self.shown["payment_open"]["id"]

    async def ended(self, status: str) -> str:
        return self.shown[f"payment_{status}"]["id"]

    async def refunded(self) -> str:
        return self.shown["payment_refunded_in_part"]["id"]

    async def charged_back(self) -> str:
        return self.shown["payment_charged_back"]["id"]

    async def reversed(self) -> str:
        return self.shown["payment_chargeback_reversed"]["id"]

    async def trouble(self, status: int) -> None:
        self.status = status

    async def refusal(self, what: str) -> None:
        self.refused = what


_PAYMENTS = (
    "payment_open",
    "payment_paid",
    "payment_failed",
    "payment_canceled",
    "payment_expired",
    "payment_refunded_in_part",
    "payment_charged_back",
    "payment_chargeback_reversed",
)


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


@pytest_asyncio.fixture(scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    async with simulator(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest_asyncio.fixture(params=["simulated", "recorded"])
async def stage(request: pytest.FixtureRequest, provider: Simulator) -> AsyncIterator[Stage]:
    made: Stage = Simulated(provider) if request.param == "simulated" else Recorded()
    yield made
    await provider.behave()
    await made.payments.close()


async def test_a_payment_is_opened_with_a_page_to_pay_on(stage: Stage) -> None:
    checkout = await stage.payments.create(order())
    assert checkout.reference.startswith("tr_")
    assert checkout.checkout_url.startswith("http")
    assert checkout.expires_at is not None


async def test_an_open_payment_says_where_to_pay_and_whether_it_can_be_cancelled(stage: Stage) -> None:
    found = await stage.payments.fetch(await stage.open())
    assert (found.status, found.amount_cents, found.currency, found.is_cancelable) == ("open", CENTS, "EUR", True)
    assert found.checkout_url is not None
    assert found.expires_at is not None
    assert found.top_up_id is not None
    assert (found.refunds, found.chargebacks) == ((), ())


@pytest.mark.parametrize("status", ["paid", "failed", "canceled", "expired"])
async def test_what_became_of_a_payment_can_be_asked(stage: Stage, status: str) -> None:
    found = await stage.payments.fetch(await stage.ended(status))
    assert (found.status, found.amount_cents, found.is_cancelable) == (status, CENTS, False)
    assert found.checkout_url is None


async def test_a_card_is_known_by_its_brand(stage: Stage) -> None:
    assert (await stage.payments.fetch(await stage.ended("paid"))).method == "mastercard"


async def test_refunds_are_told_apart_ours_and_those_of_others_done_failed_and_waiting(stage: Stage) -> None:
    found = await stage.payments.fetch(await stage.refunded())
    ours, failed, waiting = found.refunds
    assert [(one.amount_cents, one.is_void) for one in found.refunds] == [(1_000, False), (501, True), (250, False)]
    assert ours.refund_id is not None
    assert (failed.refund_id, waiting.refund_id) == (None, None)
    assert ours.status == "refunded"
    assert waiting.status in ("queued", "pending")
    assert found.refunded_cents == 1_250
    assert {one.payment for one in found.refunds} == {found.reference}


async def test_several_chargebacks_of_one_payment_are_told_apart(stage: Stage) -> None:
    found = await stage.payments.fetch(await stage.charged_back())
    assert [(one.amount_cents, one.is_reversed) for one in found.chargebacks] == [(3_000, False), (4_500, False)]
    assert found.charged_back_cents == CENTS
    assert len({one.reference for one in found.chargebacks}) == 2


async def test_a_reversed_chargeback_is_still_shown(stage: Stage) -> None:
    found = await stage.payments.fetch(await stage.reversed())
    assert [(one.amount_cents, one.is_reversed) for one in found.chargebacks] == [(CENTS, True)]
    assert found.charged_back_cents == 0


async def test_money_is_asked_to_be_given_back(stage: Stage) -> None:
    reference = await stage.ended("paid")
    refund = await stage.payments.refund(refund_of(reference))
    assert (refund.payment, refund.amount_cents, refund.currency, refund.is_void) == (reference, 1_000, "EUR", False)
    assert refund.reference.startswith("re_")


async def test_what_cannot_be_given_back_is_refused(stage: Stage) -> None:
    reference = await stage.ended("paid")
    await stage.refusal("refund")
    with pytest.raises(RefundRefused):
        await stage.payments.refund(refund_of(reference, CENTS + 1))


async def test_an_amount_that_the_provider_does_not_take_is_refused(stage: Stage) -> None:
    await stage.refusal("amount")
    with pytest.raises(PaymentRefused):
        await stage.payments.create(order(amount_cents=0))


async def test_a_payment_that_the_provider_lets_nobody_cancel_is_not_cancelled(stage: Stage) -> None:
    await stage.refusal("cancel")
    with pytest.raises(PaymentNotCancelable):
        await stage.payments.cancel(await stage.open())


async def test_an_invented_reference_is_unknown(stage: Stage) -> None:
    with pytest.raises(PaymentUnknown):
        await stage.payments.fetch("tr_invented")


@pytest.mark.parametrize("status", [500, 503])
async def test_a_provider_in_trouble_is_unavailable(stage: Stage, status: int) -> None:
    reference = await stage.open()
    await stage.trouble(status)
    for asked in (
        stage.payments.create(order()),
        stage.payments.fetch(reference),
        stage.payments.cancel(reference),
        stage.payments.refund(refund_of(reference)),
        stage.payments.list_since(stage.since),
    ):
        with pytest.raises(PaymentsUnavailable):
            await asked


async def test_a_provider_that_is_asked_too_much_says_how_long_to_wait(stage: Stage) -> None:
    reference = await stage.open()
    await stage.trouble(429)
    with pytest.raises(PaymentsBusy) as busy:
        await stage.payments.fetch(reference)
    assert busy.value.after_s == 3


async def test_what_happened_since_is_listed_and_nothing_older(stage: Stage) -> None:
    opened, refunded, charged = await stage.open(), await stage.refunded(), await stage.charged_back()
    recent = await stage.payments.list_since(stage.since)
    assert opened in {one.reference for one in recent.payments}
    assert [one.amount_cents for one in recent.refunds if one.payment == refunded] == [250, 501, 1_000]
    assert [one.amount_cents for one in recent.chargebacks if one.payment == charged] == [4_500, 3_000]
    assert all(one.created_at >= stage.since for one in (*recent.refunds, *recent.chargebacks))
    nothing = await stage.payments.list_since(datetime.now(UTC) + timedelta(days=365 * 20))
    assert (nothing.payments, nothing.refunds, nothing.chargebacks) == ((), (), ())


def test_a_payment_adds_up_what_went_back() -> None:
    assert Payment("tr_1", "paid", CENTS, "EUR", None, None).refunded_cents == 0
