"""What payers' banks take back, and what that does to a wallet."""

from socket import socket

import pytest

from tests.support.mint import Mint
from tests.wallet.book import published
from tests.wallet.provider import Simulator, origin_of
from tests.wallet.topping_up import Start


@pytest.fixture(scope="module")
def mint(listening: socket) -> Mint:
    return Mint(origin_of(listening))


async def test_a_chargeback_of_what_is_still_there_only_takes_it(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.paid(provider, 7_500)
    await provider.charge_back(reference)
    await manager.has(0)
    assert not await manager.is_frozen()
    [taken] = await published(manager.app.at.database, "WalletChargedBack")
    assert (taken["top_up_id"], taken["amount_cents"], taken["is_frozen"]) == (top_up_id, 7_500, False)


async def test_a_chargeback_of_what_is_spent_freezes_the_wallet_until_it_is_paid(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    _, reference = await manager.paid(provider)
    await manager.spend(3_000)
    await provider.charge_back(reference)
    await manager.has(-3_000)
    assert await manager.is_frozen()
    await manager.paid(provider, 5_000)
    assert not await manager.is_frozen()
    assert await manager.balance() == 2_000
    events = [event for event in await published(manager.app.at.database) if event["type"] != "BalanceLow"]
    assert [event["type"] for event in events][-5:] == [
        "WalletChargedBack",
        "WalletFrozen",
        "TopUpRequested",
        "WalletToppedUp",
        "WalletUnfrozen",
    ]
    assert [event["version"] for event in events] == sorted(event["version"] for event in events)
    assert len({event["version"] for event in events}) == len(events)
    frozen = next(event for event in events if event["type"] == "WalletFrozen")
    assert (frozen["reason"], frozen["balance_cents"]) == ("chargeback", -3_000)


async def test_what_comes_in_is_not_enough_while_the_balance_stays_below_zero(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    _, reference = await manager.paid(provider, 20_000)
    await manager.spend(20_000)
    await provider.charge_back(reference)
    await manager.has(-20_000)
    await manager.paid(provider, 5_000)
    assert await manager.is_frozen()
    assert await published(manager.app.at.database, "WalletUnfrozen") == []


async def test_several_chargebacks_of_one_payment_are_each_booked_once(start: Start, provider: Simulator) -> None:
    manager = await start()
    await provider.behave("duplicate", "reorder", delay_s=0.2)
    _, reference = await manager.paid(provider)
    await provider.charge_back(reference, 2_000)
    await provider.charge_back(reference, 1_000)
    await manager.has(2_000)
    await provider.announce(reference)
    await provider.charge_back(reference)
    await manager.has(0)
    taken = await published(manager.app.at.database, "WalletChargedBack")
    assert sorted(event["amount_cents"] for event in taken) == [1_000, 2_000, 2_000]


async def test_a_reversed_chargeback_is_given_again_and_thaws_the_wallet(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.paid(provider)
    await manager.spend(1_000)
    await provider.charge_back(reference)
    await manager.has(-1_000)
    await provider.reverse_chargebacks(reference)
    await manager.has(4_000)
    assert not await manager.is_frozen()
    await provider.announce(reference)
    await manager.has(4_000)
    [given] = await published(manager.app.at.database, "ChargebackReversed")
    assert given["amount_cents"] == 5_000
    effects = (await manager.supported(top_up_id))["effects"]
    assert [effect["kind"] for effect in effects] == ["paid", "chargeback", "chargeback-void"]


async def test_a_chargeback_that_came_and_went_unnoticed_moves_nothing(start: Start, provider: Simulator) -> None:
    manager = await start()
    _, reference = await manager.paid(provider)
    await provider.behave("lose")
    await provider.charge_back(reference)
    await provider.behave()
    await manager.forget_notices()
    await provider.reverse_chargebacks(reference)
    await manager.heard()
    await manager.has(5_000)
    assert await published(manager.app.at.database, "WalletChargedBack") == []


async def test_a_chargeback_that_is_heard_of_before_the_payment_comes_after_it_in_the_book(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    await provider.behave("lose")
    _, reference = await manager.open()
    await provider.end(reference)
    await provider.behave()
    await provider.charge_back(reference)
    await manager.heard()
    await manager.has(0)
    said = [event for event in await manager.events() if event != "BalanceLow"]
    assert said[-2:] == ["WalletToppedUp", "WalletChargedBack"]


async def test_a_wallet_that_staff_froze_does_not_thaw_by_money(start: Start, provider: Simulator) -> None:
    manager = await start()
    path = f"/api/support/wallets/{manager.wallet_id}/freeze"
    answer = await manager.app.http.post(path, json={"reason": "Under investigation"}, headers=manager.staff)
    assert answer.is_success, answer.text
    await manager.paid(provider)
    assert await manager.is_frozen()
