"""Staff correct balances: small sums alone, large ones with a second pair of eyes; and they freeze wallets."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from services.wallet.adjustments import handlers
from services.wallet.adjustments.rules import (
    Adjustment,
    AdjustmentDecided,
    Limits,
    NotYourRequest,
    Reason,
    SecondPersonNeeded,
    State,
    Wish,
    needs_second,
)
from services.wallet.adjustments.store import expire
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.book import TOOL, add_manager, balance_of, faults_of, open_filled, published

WHY = "The tool charged the same extract twice."
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ADA, BRAM = new_id(), new_id()


class Support:
    """A wallet with 50.00 in it, and two of staff."""

    def __init__(self, app: App, mint: Mint, wallet_id: UUID, manager: UUID) -> None:
        self.app, self.http, self.wallet_id = app, app.http, wallet_id
        self.first_id, self.second_id = new_id(), new_id()
        self.first, self.second = (
            mint.person(one, acr="mfa", claims={"staff": "support"}) for one in (self.first_id, self.second_id)
        )
        self.manager = mint.person(manager)

    async def ask(self, cents: int, **more: Any) -> Any:
        body = {"id": str(new_id()), "amount_cents": cents, "reason": "correction", "description": WHY, **more}
        path = f"/api/support/wallets/{self.wallet_id}/adjustments"
        return await self.http.post(path, json=body, headers=self.first)

    async def decide(self, adjustment: Any, action: str, headers: Headers) -> Any:
        body = {"reason": "Nobody can tell what this is for."} if action == "reject" else None
        return await self.http.post(f"/api/support/adjustments/{adjustment['id']}/{action}", json=body, headers=headers)

    async def waiting(self) -> list[str]:
        answer = await self.http.get("/api/support/adjustments", headers=self.second)
        return [one["id"] for one in answer.json()["adjustments"]]

    async def balance(self) -> int:
        return await balance_of(self.app.at.database, self.wallet_id)


@pytest_asyncio.fixture
async def support(client_of: ClientOf, mint: Mint) -> Support:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        wallet_id = await open_filled(db)
        return Support(app, mint, wallet_id, await add_manager(db, wallet_id))


async def test_a_small_adjustment_is_booked_at_once_with_its_reason(support: Support) -> None:
    answer = await support.ask(2_299)
    assert (answer.status_code, answer.json()["state"]) == (201, "booked")
    assert await support.balance() == 7_299
    assert await faults_of(support.app.at.database) == []
    [event] = await published(support.app.at.database, "WalletAdjusted")
    assert (event["amount_cents"], event["balance_cents"], event["unit"]) == (2_299, 7_299, "EUR")
    async with support.app.at.database.acquire() as db:
        against = await db.fetchval("SELECT balance_cents FROM ledger_balance WHERE party = 'correction'")
    assert against == -2_299
    shown = (await support.http.get(f"/api/support/wallets/{support.wallet_id}", headers=support.second)).json()
    assert shown["lines"][-1]["description"] == "Rechargement par test"
    assert [(one["action"], one["actor"], one["reason"]) for one in shown["entries"]] == [
        ("adjustment-booked", str(support.first_id), WHY)
    ]
    path = f"/api/wallets/{support.wallet_id}/record"
    [entry] = (await support.http.get(path, headers=support.manager)).json()["entries"]
    assert (entry["action"], entry["actor"]) == ("adjustment-booked", None)


async def test_a_large_adjustment_waits_for_somebody_else(support: Support) -> None:
    asked = (await support.ask(20_000)).json()
    assert asked["state"] == "requested"
    assert await support.balance() == 5_000
    assert await support.waiting() == [asked["id"]]
    own = await support.decide(asked, "approve", support.first)
    assert (own.status_code, own.json()["code"]) == (403, "second-person-needed")
    assert (await support.decide(asked, "approve", support.second)).status_code == 204
    assert await support.balance() == 25_000
    assert await support.waiting() == []
    again = await support.decide(asked, "approve", support.second)
    assert (again.status_code, again.json()["code"]) == (409, "adjustment-decided")
    assert await support.balance() == 25_000


async def test_two_who_approve_at_once_book_it_once(support: Support, mint: Mint) -> None:
    asked = (await support.ask(20_000)).json()
    third = mint.person(new_id(), acr="mfa", claims={"staff": "support"})
    answers = await asyncio.gather(
        *(support.decide(asked, "approve", one) for one in (support.second, third, support.second))
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409]
    assert await support.balance() == 25_000


async def test_what_is_rejected_or_withdrawn_is_not_booked(support: Support) -> None:
    first, second = (await support.ask(20_000)).json(), (await support.ask(30_000)).json()
    own = await support.decide(first, "reject", support.first)
    assert (own.status_code, own.json()["code"]) == (403, "second-person-needed")
    assert (await support.decide(first, "reject", support.second)).status_code == 204
    other = await support.decide(second, "withdraw", support.second)
    assert (other.status_code, other.json()["code"]) == (403, "not-your-request")
    assert (await support.decide(second, "withdraw", support.first)).status_code == 204
    for asked in (first, second):
        assert (await support.decide(asked, "approve", support.second)).status_code == 409
    assert await support.balance() == 5_000


async def test_small_steps_do_not_get_around_the_second_person(support: Support) -> None:
    states = [(await support.ask(4_000)).json()["state"] for _ in range(3)]
    assert states == ["booked", "booked", "requested"]
    assert await support.balance() == 13_000


async def test_steps_taken_at_the_same_moment_count_together(support: Support) -> None:
    answers = await asyncio.gather(*(support.ask(6_000) for _ in range(4)))
    assert sorted(answer.json()["state"] for answer in answers) == ["booked", "requested", "requested", "requested"]


async def test_the_same_form_sent_twice_adjusts_once(support: Support) -> None:
    adjustment_id = str(new_id())
    first, again = await support.ask(100, id=adjustment_id), await support.ask(100, id=adjustment_id)
    assert first.json() == again.json()
    assert await support.balance() == 5_100
    other = await support.ask(200, id=adjustment_id)
    assert (other.status_code, other.json()["code"]) == (409, "adjustment-mismatch")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"cents": -5_001}, 409, "available-short"),
        ({"cents": -20_000}, 409, "available-short"),
        ({"cents": 0}, 422, "adjusts-nothing"),
        ({"cents": 100_000_001}, 422, "adjustment-too-large"),
        ({"cents": 1, "description": "because"}, 422, "reason-missing"),
        ({"cents": 1, "unit": "credits/nobody-has-it"}, 422, "unit-unknown"),
        ({"cents": -1, "unit": f"credits/{TOOL}"}, 409, "available-short"),
    ],
)
async def test_what_cannot_be_adjusted_is_refused(
    support: Support, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await support.ask(**body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await support.balance() == 5_000
    assert await support.waiting() == []


async def test_credits_are_adjusted_in_whole_credits_and_never_below_none(support: Support) -> None:
    unit = f"credits/{TOOL}"
    assert (await support.ask(5, unit=unit)).json()["state"] == "booked"
    assert (await support.ask(-6, unit=unit)).json()["code"] == "available-short"
    [event] = await published(support.app.at.database, "WalletAdjusted")
    assert (event["unit"], event["amount_cents"], event["balance_cents"]) == (unit, 5, 5)
    shown = (await support.http.get(f"/api/wallets/{support.wallet_id}", headers=support.manager)).json()
    assert (shown["credits"], shown["balance_cents"]) == ([{"tool_id": TOOL, "balance": 5, "available": 5}], 5_000)
    assert await faults_of(support.app.at.database) == []


async def test_what_nobody_decides_expires(support: Support) -> None:
    asked = (await support.ask(20_000)).json()
    async with support.app.at.database.transaction() as db:
        await expire(db, now=datetime.now(UTC) + timedelta(hours=73))
    answer = await support.decide(asked, "approve", support.second)
    assert (answer.status_code, answer.json()["code"]) == (409, "adjustment-decided")


async def test_the_database_itself_wants_a_second_person(support: Support) -> None:
    asked = (await support.ask(20_000)).json()
    async with support.app.at.database.acquire() as db:
        for state in ("rejected", "booked"):
            query = "UPDATE adjustment SET state = $2, decided_by = requested_by, decided_at = now() WHERE id = $1"
            with pytest.raises(asyncpg.CheckViolationError):
                await db.execute(query, UUID(asked["id"]), state)
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute("UPDATE adjustment SET amount_cents = 1 WHERE id = $1", UUID(asked["id"]))


async def test_a_frozen_wallet_gives_nothing_until_staff_let_it(support: Support) -> None:
    async def act(action: str, reason: str = "The bank took a payment back.") -> Any:
        path = f"/api/support/wallets/{support.wallet_id}/{action}"
        return await support.http.post(path, json={"reason": reason}, headers=support.first)

    assert (await act("unfreeze")).json()["code"] == "wallet-not-frozen"
    assert (await act("freeze", "so")).json()["code"] == "reason-missing"
    assert (await act("freeze")).status_code == 204
    assert (await act("freeze")).json()["code"] == "wallet-frozen-already"
    shown = (await support.http.get(f"/api/wallets/{support.wallet_id}", headers=support.manager)).json()
    assert shown["is_frozen"] is True
    assert (await support.ask(-100)).json()["code"] == "wallet-frozen"
    assert (await support.ask(100)).status_code == 201
    assert (await act("unfreeze")).status_code == 204
    assert (await support.ask(-100)).status_code == 201
    said = [one["type"] for one in await published(support.app.at.database) if "rozen" in one["type"]]
    assert said == ["WalletFrozen", "WalletUnfrozen"]
    async with support.app.at.database.acquire() as db:
        await db.execute("UPDATE wallet SET frozen_at = now(), held_cents = 9000 WHERE id = $1", support.wallet_id)
    assert (await act("unfreeze")).json()["code"] == "wallet-below-zero"


async def test_only_support_comes_in_and_only_with_a_second_factor(support: Support, mint: Mint) -> None:
    weak = mint.person(new_id(), claims={"staff": "support"})
    other = mint.person(new_id(), acr="mfa", claims={"staff": "catalogue"})
    paths = (f"/api/support/wallets/{support.wallet_id}", "/api/support/adjustments")
    for headers in (support.manager, weak, other):
        assert [(await support.http.get(path, headers=headers)).status_code for path in paths] == [403, 403]


def wish(cents: int, unit: str = "EUR") -> Wish:
    return Wish(new_id(), unit, cents, Reason.CORRECTION, WHY)


@pytest.mark.parametrize(
    ("cents", "unit", "alone", "expected"),
    [
        (10_000, "EUR", 0, False),
        (-10_000, "EUR", 0, False),
        (10_001, "EUR", 0, True),
        (-10_001, "EUR", 0, True),
        (1, "EUR", 10_000, True),
        (5, f"credits/{TOOL}", 0, False),
        (6, f"credits/{TOOL}", 0, True),
    ],
)
def test_the_limit_counts_both_ways_and_for_each_unit(cents: int, unit: str, alone: int, expected: bool) -> None:
    assert needs_second(wish(cents, unit), Limits(10_000, 5), alone_lately=alone) is expected


def test_who_may_decide_and_until_when() -> None:
    asked = Adjustment(new_id(), wish(1), True, State.REQUESTED, ADA, NOW, NOW + timedelta(hours=1))
    asked.check_second(BRAM, now=NOW)
    asked.check_own(ADA, now=NOW)
    with pytest.raises(SecondPersonNeeded):
        asked.check_second(ADA, now=NOW)
    with pytest.raises(NotYourRequest):
        asked.check_own(BRAM, now=NOW)
    with pytest.raises(AdjustmentDecided):
        asked.check_second(BRAM, now=NOW + timedelta(hours=1))


async def test_the_person_is_not_in_the_book(support: Support) -> None:
    """An organisation that reads its transactions does not learn who of staff it was."""
    await support.ask(100)
    async with support.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT account_id FROM ledger_transaction WHERE kind = 'adjustment'") is None
    assert handlers.WalletAdjusted.model_fields.keys().isdisjoint({"account_id", "requested_by"})
