"""Money of a top-up goes back the way it came."""

import itertools
from datetime import UTC, datetime, timedelta
from socket import socket
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.wallet.payments.port import Refund, RefundStatus
from services.wallet.returns.refunds import SEND_REFUND_JOB
from services.wallet.returns.rules import RefundState, next_check, step
from shared import jobs
from shared.ids import new_id
from tests.support.events import until
from tests.support.mint import Mint
from tests.wallet.book import faults_of, published
from tests.wallet.provider import Simulator, origin_of
from tests.wallet.topping_up import Manager, Start

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
STATUSES: list[RefundStatus] = ["queued", "pending", "processing", "refunded", "failed", "canceled"]


@pytest.fixture(scope="module")
def mint(listening: socket) -> Mint:
    return Mint(origin_of(listening))


async def reaches(manager: Manager, top_up_id: str, *states: str) -> None:
    async def is_so() -> bool:
        return await manager.refund_states(top_up_id) == list(states)

    await until(is_so, what=f"the refunds are {states}", within_s=20)
    assert await faults_of(manager.app.at.database) == []


async def test_a_refund_is_out_of_the_wallet_at_once_and_done_when_the_provider_says_so(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    top_up_id, reference = await manager.paid(provider)
    answer = await manager.refund(top_up_id, 2_000)
    assert (answer.status_code, answer.json()["state"]) == (201, "requested")
    assert await manager.balance() == 3_000
    await reaches(manager, top_up_id, "pending")
    [refund] = (await provider.shown(reference))["_embedded"]["refunds"]
    assert (refund["amount"]["value"], refund["metadata"]) == ("20.00", {"refund_id": answer.json()["id"]})
    await provider.end_refund(reference, refund["id"], "refunded")
    await reaches(manager, top_up_id, "refunded")
    await manager.has(3_000)
    [said] = await published(manager.app.at.database, "TopUpRefunded")
    assert (said["amount_cents"], said["balance_cents"], said["top_up_id"]) == (2_000, 3_000, top_up_id)


async def test_what_the_bank_does_not_take_is_in_the_wallet_again(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.paid(provider)
    await manager.refund(top_up_id, 5_000)
    await reaches(manager, top_up_id, "pending")
    [refund] = (await provider.shown(reference))["_embedded"]["refunds"]
    await provider.end_refund(reference, refund["id"], "failed")
    await manager.has(5_000)
    await reaches(manager, top_up_id, "failed")
    assert (await manager.events())[-1] == "TopUpRefundFailed"
    assert (await manager.supported(top_up_id))["left_cents"] == 5_000


async def test_the_same_refund_asked_twice_is_one(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, _ = await manager.paid(provider)
    refund_id = str(new_id())
    first, second = [await manager.refund(top_up_id, 2_000, refund_id=refund_id) for _ in range(2)]
    assert first.json()["id"] == second.json()["id"]
    other = await manager.refund(top_up_id, 1_000, refund_id=refund_id)
    assert (other.status_code, other.json()["code"]) == (409, "refund-mismatch")
    await manager.has(3_000)


async def test_no_more_goes_back_than_came_in_nor_than_is_there(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, _ = await manager.paid(provider)
    too_much = await manager.refund(top_up_id, 5_001)
    assert (too_much.status_code, too_much.json()["code"]) == (422, "refund-too-much")
    await manager.refund(top_up_id, 1_000)
    again = await manager.refund(top_up_id, 4_001)
    assert again.json()["params"] == {"left_cents": 4_000}
    await manager.spend(3_500)
    short = await manager.refund(top_up_id, 1_000)
    assert (short.status_code, short.json()["code"]) == (402, "balance-short")
    await manager.has(500)


async def test_only_staff_refund_and_only_what_was_paid(start: Start) -> None:
    manager = await start(heard=False)
    top_up_id, _ = await manager.open()
    answer = await manager.refund(top_up_id, 1_000)
    assert (answer.status_code, answer.json()["code"]) == (409, "top-up-not-refundable")
    manager.staff = manager.headers
    assert (await manager.refund(top_up_id, 1_000)).status_code == 403


async def test_a_refund_whose_answer_was_lost_is_made_once(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.paid(provider)
    await provider.behave("forget-answer", "lose")
    await manager.refund(top_up_id, 2_000)

    async def was_made() -> bool:
        return len((await provider.shown(reference))["_embedded"]["refunds"]) == 1

    await until(was_made, what="the provider made the refund", within_s=20)
    await provider.behave()
    await reaches(manager, top_up_id, "pending")
    assert len((await provider.shown(reference))["_embedded"]["refunds"]) == 1
    await manager.has(3_000)


async def test_a_process_that_dies_after_asking_does_not_ask_again(start: Start, provider: Simulator) -> None:
    """The refund is made, and not a word of it is written down; the provider has forgotten the key."""
    manager = await start()
    top_up_id, reference = await manager.paid(provider)
    await provider.behave("lose")
    refund_id = (await manager.refund(top_up_id, 2_000)).json()["id"]
    await reaches(manager, top_up_id, "pending")
    async with manager.app.at.database.transaction() as db:
        await db.execute(
            "UPDATE top_up_refund SET state = 'requested', reference = NULL, next_check_at = NULL WHERE id = $1",
            UUID(refund_id),
        )
        await jobs.enqueue(db, SEND_REFUND_JOB, {"refund_id": refund_id}, unique=refund_id)
    await reaches(manager, top_up_id, "pending")
    assert len((await provider.shown(reference))["_embedded"]["refunds"]) == 1


async def test_a_provider_that_wants_to_be_left_alone_is_asked_later(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, _ = await manager.paid(provider)
    await provider.behave("rate-limited")
    await manager.refund(top_up_id, 2_000)

    async def waits() -> bool:
        async with manager.app.at.database.acquire() as db:
            return await db.fetchval("SELECT bool_and(run_at > now() AND last_error <> '') FROM job")

    await until(waits, what="the refund waits as long as the provider said", within_s=20)
    assert await manager.refund_states(top_up_id) == ["requested"]
    await provider.behave()
    await reaches(manager, top_up_id, "pending")


async def test_a_refund_that_the_provider_refuses_is_in_the_wallet_again(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.paid(provider)
    await provider.behave("lose")
    await provider.charge_back(reference)
    await manager.refund(top_up_id, 2_000)
    await reaches(manager, top_up_id, "failed")


async def test_a_refund_at_the_providers_dashboard_is_noticed_and_booked(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.paid(provider)
    refund = await provider.refund_at_the_dashboard(reference, 1_500)
    await manager.has(3_500)
    await provider.announce(reference)
    await provider.end_refund(reference, refund, "refunded")
    await reaches(manager, top_up_id, "refunded")
    await manager.has(3_500)
    [made] = (await manager.supported(top_up_id))["refunds"]
    assert (made["requested_by"], made["reason"]) == (None, "provider")


async def test_a_refund_at_the_dashboard_of_what_is_spent_freezes_and_its_cancelling_thaws(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    _, reference = await manager.paid(provider)
    await manager.spend(4_000)
    refund = await provider.refund_at_the_dashboard(reference)
    await manager.has(-4_000)
    assert await manager.is_frozen()
    await provider.end_refund(reference, refund, "canceled")
    await manager.has(1_000)
    assert not await manager.is_frozen()


def at_provider(status: RefundStatus) -> Refund:
    return Refund("re_1", "tr_1", 1_000, "EUR", status, None, NOW)


@given(st.lists(st.sampled_from(STATUSES), max_size=20))
def test_money_of_a_refund_comes_back_once_and_only_if_it_ever_failed(said: list[RefundStatus]) -> None:
    state, came_back = RefundState.REQUESTED, 0
    for status in said:
        after = step(state, at_provider(status))
        came_back += after is RefundState.FAILED
        state = after or state
    assert came_back == int(any(status in ("failed", "canceled") for status in said))


def test_a_pending_refund_is_asked_about_more_and_more_rarely() -> None:
    asked = [NOW]
    while (following := next_check(NOW, now=asked[-1])) is not None:
        asked.append(following)
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(hours=1), timedelta(hours=12))
    assert 100 < len(asked) < 200
