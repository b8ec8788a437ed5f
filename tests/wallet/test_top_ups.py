"""Top-ups with the provider's simulator behind them, in its good and its bad manners."""

from datetime import UTC, datetime, timedelta
from socket import socket
from uuid import UUID

import pytest

from services.wallet.topups.handlers import MAX_STRANGERS, check_overdue
from shared.ids import new_id
from tests.support.events import until
from tests.support.mint import Mint
from tests.wallet.book import published
from tests.wallet.provider import Simulator, origin_of
from tests.wallet.topping_up import Manager, Start


@pytest.fixture(scope="module")
def mint(listening: socket) -> Mint:
    """The public origin is where the wallet itself listens, so that webhooks arrive."""
    return Mint(origin_of(listening))


async def test_a_paid_top_up_is_in_the_wallet(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.open(7_500)
    assert await manager.state(top_up_id) == "pending"
    await provider.end(reference)
    await manager.settled("completed", 7_500)
    assert await manager.state(top_up_id) == "completed"
    assert await manager.events() == ["WalletOpened", "TopUpRequested", "WalletToppedUp"]


@pytest.mark.parametrize(
    ("ended", "state", "reason"),
    [("failed", "failed", "failed"), ("canceled", "failed", "canceled"), ("expired", "expired", "expired")],
)
async def test_a_payment_that_fails_leaves_the_wallet_as_it_was(
    start: Start, provider: Simulator, ended: str, state: str, reason: str
) -> None:
    manager = await start()
    _, reference = await manager.open()
    await provider.end(reference, ended)
    await manager.settled(state, 0)
    [failed] = await published(manager.app.at.database, "TopUpFailed")
    assert failed["reason"] == reason


async def test_a_notice_that_comes_three_times_and_out_of_order_credits_once(start: Start, provider: Simulator) -> None:
    manager = await start()
    await provider.behave("duplicate", "reorder", "late")
    _, reference = await manager.open()
    await provider.end(reference)
    await provider.announce(reference)
    await manager.settled("completed", 5_000)
    await provider.announce(reference)
    await provider.behave()
    await until(lambda: _no_webhook_waits(manager), what="all notices have come", within_s=5)
    await manager.settled("completed", 5_000)


async def _no_webhook_waits(manager: Manager) -> bool:
    async with manager.app.at.database.acquire() as db:
        return await db.fetchval("SELECT count(*) = 0 FROM job")


async def test_a_lost_notice_is_made_good_when_the_person_returns_to_the_page(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    await provider.behave("lose")
    top_up_id, reference = await manager.open()
    await provider.end(reference)
    assert await manager.state(top_up_id) == "pending"
    await manager.settled("completed", 5_000)


async def test_a_lost_notice_is_made_good_without_anyone_when_it_is_overdue(start: Start, provider: Simulator) -> None:
    manager = await start()
    await provider.behave("lose")
    _, reference = await manager.open()
    await provider.end(reference)
    async with manager.app.at.database.transaction() as db:
        assert await check_overdue(db, now=datetime.now(UTC)) == 0
        assert await check_overdue(db, now=datetime.now(UTC) + timedelta(minutes=2)) == 1
    await manager.settled("completed", 5_000)


async def test_another_amount_than_was_asked_is_not_credited(start: Start, provider: Simulator) -> None:
    manager = await start()
    _, reference = await manager.open()
    await provider.behave("wrong-amount")
    await provider.end(reference)
    await manager.settled("failed", 0)
    [failed] = await published(manager.app.at.database, "TopUpFailed")
    assert failed["reason"] == "amount-mismatch"


async def test_a_provider_that_is_down_is_said_so_and_loses_nothing(start: Start, provider: Simulator) -> None:
    manager = await start()
    await provider.behave("error")
    answer = await manager.ask()
    assert (answer.status_code, answer.json()["code"]) == (503, "payments-unavailable")
    assert await manager.events() == ["WalletOpened"]
    await provider.behave()
    _, reference = await manager.open()
    await provider.end(reference)
    await manager.settled("completed", 5_000)


async def test_a_provider_that_is_down_when_it_should_be_asked_is_asked_again(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    _, reference = await manager.open()
    await provider.behave("maintenance")
    await provider.end(reference)
    await until(lambda: _has_failed_once(manager), what="the provider was asked in vain")
    await provider.behave()
    await manager.settled("completed", 5_000)


async def _has_failed_once(manager: Manager) -> bool:
    async with manager.app.at.database.acquire() as db:
        return await db.fetchval("SELECT EXISTS (SELECT FROM job WHERE last_error <> '')")


async def test_a_payment_whose_opening_was_not_noted_is_credited_all_the_same(
    start: Start, provider: Simulator
) -> None:
    """The process died between the provider's answer and the second transaction."""
    manager = await start()
    top_up_id, reference = await manager.open()
    async with manager.app.at.database.transaction() as db:
        await db.execute("UPDATE top_up SET state = 'created', reference = NULL WHERE id = $1", UUID(top_up_id))
    await provider.end(reference)
    await manager.settled("completed", 5_000)


async def test_a_top_up_that_never_reached_the_provider_ends_by_itself(start: Start) -> None:
    manager = await start(heard=False)
    top_up_id, _ = await manager.open()
    async with manager.app.at.database.transaction() as db:
        await db.execute("UPDATE top_up SET state = 'created', reference = NULL WHERE id = $1", UUID(top_up_id))
        await check_overdue(db, now=datetime.now(UTC) + timedelta(minutes=20))
    assert await manager.state(top_up_id) == "failed"


async def test_a_payment_that_was_given_up_and_then_paid_is_credited(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.open()
    async with manager.app.at.database.transaction() as db:
        await db.execute(
            "UPDATE top_up SET state = 'expired', reason = 'expired', ended_at = now() WHERE id = $1", UUID(top_up_id)
        )
    await provider.end(reference)
    await manager.settled("completed", 5_000)


@pytest.mark.parametrize("body", ["id=tr_invented", "id=", "", "x" * 6_000, "id=tr_a;id=tr_b", "\x00"])
async def test_a_notice_about_nothing_gets_the_same_answer_and_does_nothing(start: Start, body: str) -> None:
    manager = await start(heard=False)
    answer = await manager.app.http.post(
        "/api/payments/mollie/webhook", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    async with manager.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM job") == 0


async def test_a_notice_for_an_unknown_provider_is_answered_alike(start: Start) -> None:
    manager = await start(heard=False)
    answer = await manager.app.http.post("/api/payments/nobody/webhook", data={"id": "tr_invented"})
    assert (answer.status_code, answer.json()) == (200, {"received": True})


async def test_notices_of_payments_that_do_not_exist_do_no_harm(start: Start, provider: Simulator) -> None:
    manager = await start()
    await provider.behave("unknown-id", "duplicate")
    _, reference = await manager.open()
    await provider.end(reference)
    await manager.settled("completed", 5_000)


async def test_a_flood_of_invented_notices_leaves_little_work(start: Start) -> None:
    """Also while a top-up waits to learn which payment is its own, so that any reference might be it."""
    manager = await start(heard=False)
    top_up_id, _ = await manager.open()
    await manager.stop()
    async with manager.app.at.database.transaction() as db:
        await db.execute("UPDATE top_up SET state = 'created', reference = NULL WHERE id = $1", UUID(top_up_id))
    for first in range(0, 2 * MAX_STRANGERS, 10):
        body = "&".join(f"id=tr_invented{number}" for number in range(first, first + 10))
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await manager.app.http.post("/api/payments/mollie/webhook", content=body, headers=headers)
        assert answer.status_code == 200
    async with manager.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM job") == MAX_STRANGERS


async def test_many_notices_of_one_payment_are_one_question(start: Start) -> None:
    manager = await start(heard=False)
    _, reference = await manager.open()
    await manager.stop()
    for _ in range(20):
        headers = {"x-mollie-signature": "sha256=of-whatever"}
        answer = await manager.app.http.post("/api/payments/mollie/webhook", data={"id": reference}, headers=headers)
        assert answer.status_code == 200
    async with manager.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM job") == 1


async def test_money_that_comes_after_the_payment_had_expired_is_credited(start: Start, provider: Simulator) -> None:
    manager = await start()
    _, reference = await manager.open()
    await provider.end(reference, "expired")
    await manager.settled("expired", 0)
    await provider.pay_late(reference)
    await manager.settled("completed", 5_000)
    assert (await manager.events())[-2:] == ["TopUpFailed", "WalletToppedUp"]


async def test_a_form_that_is_sent_twice_opens_one_payment(start: Start, provider: Simulator) -> None:
    manager = await start(heard=False)
    request_id = str(new_id())
    first, second = [(await manager.ask(5_000, request_id=request_id)).json() for _ in range(2)]
    assert first == second
    both = await manager.ask_at_once(7_500, request_id=request_id, times=3)
    assert len({answer.json()["top_up_id"] for answer in both}) == 1, "another amount is another wish, and one"
    assert both[0].json()["top_up_id"] != first["top_up_id"]
    async with manager.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM top_up") == 2


async def test_what_is_pending_is_listed_with_where_to_go_on_and_how_one_paid_last(start: Start) -> None:
    manager = await start(heard=False)
    before = await manager.listed()
    assert (before["top_ups"], before["preferred_method"]) == ([], "bancontact")
    top_up_id, _ = await manager.open()
    [pending] = (await manager.listed())["top_ups"]
    assert (pending["id"], pending["can_cancel"]) == (top_up_id, True)
    assert pending["checkout_url"].startswith("http")
    assert pending["expires_at"]
    assert (await manager.listed())["preferred_method"] == "visa"


async def test_a_pending_top_up_can_be_cancelled(start: Start) -> None:
    manager = await start(heard=False)
    top_up_id, _ = await manager.open()
    answer = await manager.cancel(top_up_id)
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (200, "failed", "canceled")
    again = await manager.cancel(top_up_id)
    assert (again.status_code, again.json()["code"]) == (409, "top-up-ended")


async def test_what_the_provider_lets_nobody_cancel_stays_pending(start: Start, provider: Simulator) -> None:
    manager = await start(heard=False)
    await provider.behave("not-cancelable")
    top_up_id, _ = await manager.open()
    [pending] = (await manager.listed())["top_ups"]
    assert not pending["can_cancel"]
    answer = await manager.cancel(top_up_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "payment-not-cancelable")


async def test_others_can_neither_see_nor_cancel_a_top_up(start: Start, mint: Mint) -> None:
    manager = await start(heard=False)
    top_up_id, _ = await manager.open()
    stranger = mint.person(new_id())
    for answer in (
        await manager.app.http.get(f"/api/top-ups/{top_up_id}", headers=stranger),
        await manager.app.http.post(f"/api/top-ups/{top_up_id}/cancel", headers=stranger),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "top-up-not-found")
