"""Money goes from one organisation to another of the same manager: once, whole, or not at all."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest_asyncio

from services.wallet.access.store import close_organisation, set_active, set_manager, upsert_member
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Mint
from tests.wallet.book import balance_of, faults_of, open_filled, published


class Two:
    """Two organisations that Ada manages, with 50.00 in the first and nothing in the second."""

    def __init__(self, app: App, mint: Mint, ada: UUID, first: UUID, second: UUID) -> None:
        self.app, self.http, self.mint = app, app.http, mint
        self.ada_id, self.first, self.second = ada, first, second
        self.ada = mint.person(ada)

    async def send(self, cents: int = 2_000, *, key: str = "key-00001", **more: Any) -> Any:
        body = {"to": str(self.second), "amount_cents": cents, "description": "For the stamps", "key": key, **more}
        return await self.http.post(f"/api/wallets/{self.first}/transfers", json=body, headers=self.ada)

    async def balances(self) -> tuple[int, int]:
        return await balance_of(self.app.at.database, self.first), await balance_of(self.app.at.database, self.second)


@pytest_asyncio.fixture
async def two(client_of: ClientOf, mint: Mint) -> Two:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        ada, first, second = new_id(), await open_filled(db), await open_filled(db, cents=0)
        for organisation_id in (first, second):
            await upsert_member(db, organisation_id, ada, manager=True)
        return Two(app, mint, ada, first, second)


async def test_a_transfer_moves_money_and_both_sides_hear_of_it(two: Two) -> None:
    answer = await two.send()
    assert answer.status_code == 201
    made = answer.json()
    assert (made["balance_cents"], made["other_balance_cents"]) == (3_000, 2_000)
    assert await two.balances() == (3_000, 2_000)
    assert await faults_of(two.app.at.database) == []
    events = await published(two.app.at.database, "WalletTransferred")
    assert [
        (one["wallet_id"], one["other_wallet_id"], one["amount_cents"], one["balance_cents"]) for one in events
    ] == [
        (str(two.first), str(two.second), -2_000, 3_000),
        (str(two.second), str(two.first), 2_000, 2_000),
    ]
    path = f"/api/wallets/{two.first}/transfers/{made['transfer_id']}"
    assert (await two.http.get(path, headers=two.ada)).json() == made


async def test_the_same_form_sent_twice_moves_money_once(two: Two) -> None:
    first, again = await two.send(), await two.send()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = await two.send(1_000)
    assert (other.status_code, other.json()["code"]) == (409, "transfer-mismatch")
    assert await two.balances() == (3_000, 2_000)


async def test_a_form_sent_ten_times_at_once_moves_money_once(two: Two) -> None:
    answers = await asyncio.gather(*(two.send() for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["transfer_id"] for answer in answers}) == 1
    assert await two.balances() == (3_000, 2_000)


async def test_transfers_in_both_directions_at_once_lose_nothing(two: Two) -> None:
    await two.send(2_500)
    there = [two.send(100, key=f"there-{n:04}") for n in range(15)]
    back_path, body = f"/api/wallets/{two.second}/transfers", {"to": str(two.first), "amount_cents": 100}
    back = [
        two.http.post(back_path, json={**body, "description": "Back", "key": f"back-{n:05}"}, headers=two.ada)
        for n in range(15)
    ]
    answers = await asyncio.gather(*there, *back)
    assert [answer.status_code for answer in answers] == [201] * 30
    assert await two.balances() == (2_500, 2_500)
    assert await faults_of(two.app.at.database) == []


async def test_what_cannot_be_transferred_is_refused_and_changes_nothing(two: Two, mint: Mint) -> None:
    stranger_wallet = new_id()
    async with two.app.at.database.transaction() as db:
        not_hers = await open_filled(db)
        colleague_wallet = await open_filled(db)
        await upsert_member(db, colleague_wallet, two.ada_id, manager=False)
    expected: list[tuple[dict[str, Any], int, str]] = [
        ({"cents": 5_001}, 402, "balance-short"),
        ({"to": str(two.first)}, 422, "same-wallet"),
        ({"to": str(stranger_wallet)}, 404, "other-wallet-not-found"),
        ({"to": str(not_hers)}, 404, "other-wallet-not-found"),
        ({"to": str(colleague_wallet)}, 404, "other-wallet-not-found"),
        ({"cents": 100_000_001}, 422, "transfer-too-large"),
        ({"cents": 0}, 422, "transfer-nothing"),
        ({"cents": -500}, 422, "transfer-nothing"),
    ]
    for changes, status, code in expected:
        answer = await two.send(**changes)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    path = f"/api/wallets/{not_hers}/transfers"
    body = {"to": str(two.first), "amount_cents": 1, "description": "x", "key": "12345678"}
    answer = await two.http.post(path, json=body, headers=two.ada)
    assert (answer.status_code, answer.json()["code"]) == (404, "wallet-not-found")
    assert await two.balances() == (5_000, 0)
    # A key whose transfer was refused is free.
    assert (await two.send()).status_code == 201


async def test_a_frozen_wallet_gives_nothing_and_may_receive(two: Two) -> None:
    async with two.app.at.database.transaction() as db:
        await db.execute("UPDATE wallet SET frozen_at = now() WHERE id = $1", two.second)
    assert (await two.send()).status_code == 201
    async with two.app.at.database.transaction() as db:
        await db.execute("UPDATE wallet SET frozen_at = now() WHERE id = $1", two.first)
    answer = await two.send(key="key-00002")
    assert (answer.status_code, answer.json()["code"]) == (402, "wallet-frozen")


async def test_a_closed_organisation_receives_nothing(two: Two) -> None:
    async with two.app.at.database.transaction() as db:
        await close_organisation(db, two.second, now=datetime.now(UTC))
    answer = await two.send()
    assert (answer.status_code, answer.json()["code"]) == (409, "other-wallet-closed")


async def test_who_no_longer_manages_both_transfers_nothing(two: Two) -> None:
    async with two.app.at.database.transaction() as db:
        await set_manager(db, two.second, two.ada_id, manager=False)
    assert (await two.send()).status_code == 404
    async with two.app.at.database.transaction() as db:
        await set_manager(db, two.second, two.ada_id, manager=True)
        await set_active(db, two.second, two.ada_id, active=False)
    assert (await two.send()).status_code == 404
    async with two.app.at.database.transaction() as db:
        await set_active(db, two.second, two.ada_id, active=True)
    assert (await two.send()).status_code == 201


async def test_a_dismissal_waits_for_the_transfer_that_has_begun(two: Two) -> None:
    """Between the look at who manages and the money nobody loses the organisation."""
    from services.wallet.transfers.store import lock_managed

    database = two.app.at.database
    async with database.transaction() as db:
        assert await lock_managed(db, two.ada_id, [two.first, two.second]) == {two.first, two.second}
        async with database.acquire() as other:
            await other.execute("SET lock_timeout = '50ms'")
            error = None
            try:
                await set_manager(other, two.second, two.ada_id, manager=False)
            except Exception as refused:  # whatever the driver calls it
                error = type(refused).__name__
            await other.execute("RESET lock_timeout")
    assert error == "LockNotAvailableError"


async def test_one_side_alone_does_not_show_the_transfer(two: Two, mint: Mint) -> None:
    made = (await two.send()).json()
    half = new_id()
    async with two.app.at.database.transaction() as db:
        await upsert_member(db, two.first, half, manager=True)
    path = f"/api/wallets/{two.first}/transfers/{made['transfer_id']}"
    answer = await two.http.get(path, headers=mint.person(half))
    assert (answer.status_code, answer.json()["code"]) == (404, "transfer-not-found")


async def test_a_transfer_stands_in_the_export_and_in_both_records(two: Two, mint: Mint) -> None:
    await two.send()
    known = (await two.http.get(f"/internal/export/{two.ada_id}", headers=mint.peer("identity", "wallet"))).json()
    assert [(one["organisation_id"], one["amount_cents"]) for one in known["transfers"]] == [(str(two.first), 2_000)]
    for wallet_id, action in ((two.first, "transferred"), (two.second, "received")):
        record = (await two.http.get(f"/api/wallets/{wallet_id}/record", headers=two.ada)).json()["entries"]
        assert [one["action"] for one in record] == [action]
