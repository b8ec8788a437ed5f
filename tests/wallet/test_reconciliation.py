"""What the provider lists is compared with the book: whatever was not noticed is made good."""

from datetime import UTC, datetime, timedelta
from socket import socket
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.wallet.returns import store as returns
from services.wallet.topups.jobs import reconciliation
from tests.support.mint import Mint
from tests.wallet.provider import Simulator, origin_of
from tests.wallet.topping_up import Manager, Start


@pytest.fixture(scope="module")
def mint(listening: socket) -> Mint:
    return Mint(origin_of(listening))


async def compare(manager: Manager) -> set[str]:
    """Returns the payments that are to be asked about. Those of other tests are among them: the provider is the same."""
    await manager.stop()
    async with manager.app.at.database.transaction() as db:
        await db.execute("DELETE FROM job")
    await reconciliation(manager.app.at.database, manager.app.at.own.payments)()
    async with manager.app.at.database.acquire() as db:
        return {row["key"] for row in await db.fetch("SELECT key FROM job WHERE kind = 'wallet.fetch-payment'")}


async def test_a_paid_payment_whose_notice_was_lost_is_found(start: Start, provider: Simulator) -> None:
    manager = await start(heard=False)
    _, reference = await manager.open()
    assert reference not in await compare(manager)
    await provider.end(reference)
    assert reference in await compare(manager)
    await manager.work()
    await manager.has(5_000)
    assert reference not in await compare(manager)


async def test_a_payment_whose_opening_was_not_noted_is_found_and_can_be_continued(
    start: Start, provider: Simulator
) -> None:
    manager = await start(heard=False)
    top_up_id, reference = await manager.open()
    async with manager.app.at.database.transaction() as db:
        await db.execute("UPDATE top_up SET state = 'created', reference = NULL, checkout_url = NULL")
    assert reference in await compare(manager)
    await manager.work()
    await manager.has(0)
    [pending] = (await manager.listed())["top_ups"]
    assert pending["id"] == top_up_id
    assert reference in pending["checkout_url"]


async def test_refunds_and_chargebacks_that_nobody_announced_are_found(start: Start, provider: Simulator) -> None:
    manager = await start()
    _, reference = await manager.paid(provider)
    await provider.behave("lose")
    await provider.refund_at_the_dashboard(reference, 1_000)
    await provider.charge_back(reference, 2_000)
    assert reference in await compare(manager)
    await manager.work()
    await manager.has(2_000)
    await provider.reverse_chargebacks(reference)
    assert reference in await compare(manager)
    await manager.work()
    await manager.has(4_000)
    assert reference not in await compare(manager)


async def test_a_paid_payment_of_which_nobody_knows_waits_for_a_person(start: Start, provider: Simulator) -> None:
    manager = await start(heard=False)
    body = {"amount": {"currency": "EUR", "value": "80.00"}, "description": "x", "redirectUrl": "http://127.0.0.1:9/"}
    async with httpx.AsyncClient(trust_env=False, headers={"authorization": "Bearer test_key"}) as somebody:
        made = (await somebody.post(f"{provider.url}/payments", json=body)).json()
    assert made["id"] not in await compare(manager), "nobody paid it"
    await provider.end(made["id"])
    assert made["id"] in await compare(manager)
    await manager.work()
    await manager.has(0)
    assert made["id"] not in await compare(manager), "it is known by now"
    stray = next(one for one in await strays(manager) if one["reference"] == made["id"])
    assert (stray["reason"], stray["amount_cents"], stray["organisation_id"]) == ("unknown", 8_000, None)
    path = f"/api/support/stray-payments/mollie/{made['id']}/settle"
    note = {"note": "Refunded at the provider"}
    settled = await manager.app.http.post(path, json=note, headers=manager.staff)
    again = await manager.app.http.post(path, json=note, headers=manager.staff)
    assert (settled.status_code, again.status_code) == (204, 404)
    assert made["id"] not in {one["reference"] for one in await strays(manager)}
    [entry] = await settlements(manager)
    assert (entry["organisation_id"], entry["by_staff"], entry["reason"]) == (None, True, note["note"])
    assert entry["details"] == {"provider": "mollie", "reference": made["id"], "amount_cents": 8_000}


async def test_another_amount_than_was_asked_waits_for_a_person_who_knows_whose_it_is(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    _, reference = await manager.open()
    await provider.behave("wrong-amount")
    await provider.end(reference)
    await manager.settled("failed", 0)
    [stray] = [one for one in await strays(manager) if one["reference"] == reference]
    assert (stray["reason"], stray["amount_cents"]) == ("amount-mismatch", 4_900)
    assert stray["organisation_id"] == str(manager.wallet_id)
    path = f"/api/support/stray-payments/mollie/{reference}/settle"
    await manager.app.http.post(path, json={"note": "Paid back by hand"}, headers=manager.staff)
    [entry] = await settlements(manager)
    assert (entry["organisation_id"], entry["reason"]) == (manager.wallet_id, "Paid back by hand")


async def test_after_a_long_silence_what_happened_meanwhile_is_compared_too(start: Start, provider: Simulator) -> None:
    manager = await start(heard=False)
    _, reference = await manager.open()
    await provider.end(reference)
    long_ago = datetime.now(UTC) - timedelta(days=40)
    async with manager.app.at.database.transaction() as db:
        await db.execute("INSERT INTO reconciliation (provider, until) VALUES ('mollie', $1)", long_ago)
    assert reference in await compare(manager)
    async with manager.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT until > now() - interval '1 hour' FROM reconciliation")


async def test_a_refund_that_stays_pending_is_asked_about(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, _ = await manager.paid(provider)
    await provider.behave("lose")
    refund_id = (await manager.refund(top_up_id, 1_000)).json()["id"]
    await manager.has(4_000)
    async with manager.app.at.database.transaction() as db:
        assert await returns.take_due(db, now=datetime.now(UTC), limit=10) == []
        due = await returns.take_due(db, now=datetime.now(UTC) + timedelta(hours=2), limit=10)
    assert [one for one, *_ in due] == [UUID(refund_id)]


async def strays(manager: Manager) -> list[dict[str, object]]:
    answer = await manager.app.http.get("/api/support/stray-payments", headers=manager.staff)
    return answer.raise_for_status().json()["payments"]


async def settlements(manager: Manager) -> list[Any]:
    async with manager.app.at.database.acquire() as db:
        return await db.fetch("SELECT * FROM wallet_audit WHERE action = 'stray-payment-settled'")
