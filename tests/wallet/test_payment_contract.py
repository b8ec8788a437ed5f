"""What the wallet counts on of a payment provider: the same of the simulator and of the answers that Mollie documents, both through the
adapter."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from services.wallet.payments.port import (
    Payment,
    PaymentNotCancelable,
    PaymentRefused,
    PaymentsBusy,
    PaymentsUnavailable,
    PaymentUnknown,
    RefundRefused,
)
from tests.wallet.payment_stages import CENTS, Recorded, Simulated, Stage, order, refund_of
from tests.wallet.provider import Simulator


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
