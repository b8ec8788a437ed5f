"""Plans: bought from the wallet, counted a use at a time, given back, over."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from services.wallet.ledger.rules import BalanceShort, WalletFrozen
from services.wallet.plans.jobs import LOOK_AT_PLAN_JOB
from services.wallet.plans.looks import look_at
from services.wallet.plans.rules import PurchaseMismatch
from services.wallet.refunds.handlers import refund
from services.wallet.refunds.rules import RefundRequest
from shared.db import constraint_of
from tests.conftest import DatabaseOf
from tests.wallet.book import TOOL, balance_of, published, together
from tests.wallet.shop import Shop


@pytest.fixture
async def shop(database_of: DatabaseOf) -> Shop:
    return await Shop.open(await database_of("wallet"))


async def give_back(shop: Shop, charge_id: UUID | None, key: str) -> None:
    assert charge_id is not None
    async with shop.database.transaction() as db:
        await refund(db, RefundRequest(shop.wallet_id, TOOL, key, charge_id, 0, "A mistake"))


async def look(shop: Shop, plan_id: UUID, now: datetime | None = None) -> None:
    async with shop.database.transaction() as db:
        await look_at(db, plan_id, now=now or datetime.now(UTC))


async def test_a_plan_is_paid_from_the_wallet_with_its_vat(shop: Shop) -> None:
    bought = await shop.buy("20-uses")
    assert (bought.amount_incl_cents, bought.balance_cents) == (27_104, 500_000 - 27_104)
    [event] = await published(shop.database, "PlanBought")
    assert (event["plan_id"], event["uses"], event["name"]) == (str(bought.id), 20, "20 uses")
    assert event["bought_by"] == str(shop.ada)
    async with shop.database.acquire() as db:
        rows = await db.fetch(
            "SELECT account, amount_cents FROM ledger_entry WHERE transaction_id = $1 ORDER BY line", bought.id
        )
    assert [tuple(row) for row in rows] == [("wallet", -27_104), ("revenue", 22_400), ("vat", 4_704)]
    assert await shop.all_faults() == []


async def test_the_same_form_sent_ten_times_at_once_buys_one_plan(shop: Shop) -> None:
    bought = await asyncio.gather(*(shop.buy("20-uses", "the-key-1") for _ in range(10)))
    assert len({one.id for one in bought}) == 1
    assert await balance_of(shop.database, shop.wallet_id) == 500_000 - 27_104
    with pytest.raises(PurchaseMismatch):
        await shop.buy("unlimited", "the-key-1")


async def test_two_buyers_at_once_with_money_for_one_buy_one(database_of: DatabaseOf) -> None:
    shop = await Shop.open(await database_of("wallet"), cents=30_000)
    results = await together(shop.buy("20-uses"), shop.buy("20-uses"))
    assert sorted(type(one).__name__ for one in results) == ["BalanceShort", "Bought"]
    assert await balance_of(shop.database, shop.wallet_id) == 30_000 - 27_104
    assert await shop.all_faults() == []


async def test_a_frozen_wallet_buys_nothing(shop: Shop) -> None:
    async with shop.database.transaction() as db:
        await db.execute("UPDATE wallet SET frozen_at = now()")
    with pytest.raises(WalletFrozen):
        await shop.buy("20-uses")
    with pytest.raises(WalletFrozen):
        await shop.buy("10-tours")


async def test_within_a_group_the_first_uses_are_free_in_their_order_and_the_rest_pays(shop: Shop) -> None:
    plan = await shop.buy("3-uses")
    before = await balance_of(shop.database, shop.wallet_id)
    answers = await shop.use("a", "b", "c", "d", "e")
    assert [one.plan_id for one in answers] == [plan.id] * 3 + [None, None]
    assert [before - (one.balance_cents or 0) for one in answers] == [0, 0, 0, 2_299, 4_598]
    again = await shop.use("c", "d")
    assert [(one.outcome, one.plan_id) for one in again] == [("repeated", plan.id), ("repeated", None)]
    assert (await shop.row(plan.id))["used"] == 3
    assert await shop.all_faults() == []


async def test_charges_at_once_from_many_callers_take_each_use_once(shop: Shop) -> None:
    plan = await shop.buy("20-uses")
    before = await balance_of(shop.database, shop.wallet_id)
    groups = [shop.use(*(f"{caller}-{n}" for n in range(4))) for caller in range(8)]
    answers = [answer for group in await asyncio.gather(*groups) for answer in group]
    assert sum(answer.plan_id == plan.id for answer in answers) == 20
    assert await balance_of(shop.database, shop.wallet_id) == before - 12 * 2_299
    assert await shop.all_faults() == []


async def test_the_same_use_asked_for_by_many_at_once_is_counted_once(shop: Shop) -> None:
    plan = await shop.buy("3-uses")
    answers = await together(*(shop.use("one-key") for _ in range(8)))
    assert {answer[0].charge_id for answer in answers} == {answers[0][0].charge_id}
    assert (await shop.row(plan.id))["used"] == 1


async def test_a_charge_that_is_no_use_leaves_the_plan_alone(shop: Shop) -> None:
    plan = await shop.buy("unlimited")
    [answer] = await shop.use("a", plan_use=False)
    assert (answer.outcome, answer.plan_id) == ("charged", None)
    assert (await shop.row(plan.id))["used"] == 0


async def test_a_plan_pays_in_an_empty_wallet_and_not_in_a_frozen_one(database_of: DatabaseOf) -> None:
    shop = await Shop.open(await database_of("wallet"), cents=27_104)
    await shop.buy("20-uses")
    assert [one.outcome for one in await shop.use("a")] == ["charged"]
    async with shop.database.transaction() as db:
        await db.execute("UPDATE wallet SET frozen_at = now()")
    assert [one.outcome for one in await shop.use("b")] == ["frozen"]


async def test_the_plan_that_ends_first_pays_first(shop: Shop) -> None:
    later = await shop.buy("unlimited")
    sooner = await shop.buy("3-uses")
    soon = datetime.now(UTC) + timedelta(days=40)
    await shop.age(sooner.id, ends_at=soon)
    answers = await shop.use("a", "b", "c", "d")
    assert [one.plan_id for one in answers] == [sooner.id] * 3 + [later.id]


async def test_a_plan_that_is_over_pays_nothing_even_when_nobody_has_looked(shop: Shop) -> None:
    plan = await shop.buy("unlimited")
    now = datetime.now(UTC)
    await shop.age(plan.id, starts_at=now - timedelta(days=366), ends_at=now - timedelta(seconds=1))
    assert [one.plan_id for one in await shop.use("a")] == [None]


async def test_a_refund_gives_the_use_back_once(shop: Shop) -> None:
    plan = await shop.buy("3-uses")
    answers = await shop.use("a", "b", "c")
    await give_back(shop, answers[1].charge_id, "r1")
    await give_back(shop, answers[1].charge_id, "r1")
    assert (await shop.row(plan.id))["used"] == 2
    again = await shop.use("d", "e")
    assert [one.plan_id for one in again] == [plan.id, None]
    assert await shop.all_faults() == []


async def test_used_up_is_said_once_even_when_a_use_comes_back(shop: Shop) -> None:
    plan = await shop.buy("3-uses")
    answers = await shop.use("a", "b", "c")
    async with shop.database.acquire() as db:
        kinds = [row["kind"] for row in await db.fetch("SELECT kind FROM job")]
    assert kinds.count(LOOK_AT_PLAN_JOB) == 1
    await look(shop, plan.id)
    await look(shop, plan.id)
    await give_back(shop, answers[0].charge_id, "r1")
    await shop.use("d")
    await look(shop, plan.id)
    [ended] = await published(shop.database, "PlanEnded")
    assert (ended["reason"], ended["is_renewed"]) == ("used-up", False)


async def test_few_uses_are_said_once(shop: Shop) -> None:
    plan = await shop.buy("20-uses")
    await shop.use(*(f"k{n}" for n in range(17)))
    await look(shop, plan.id)
    assert await published(shop.database, "PlanEnding") == []
    await shop.use("k17")
    await look(shop, plan.id)
    await shop.use("k18")
    await look(shop, plan.id)
    [ending] = await published(shop.database, "PlanEnding")
    assert (ending["uses_left"], ending["is_renewed"]) == (2, False)


async def test_the_terms_of_a_plan_never_change(shop: Shop) -> None:
    plan = await shop.buy("3-uses")
    async with shop.database.acquire() as db:
        with pytest.raises(asyncpg.RestrictViolationError) as refused:
            await db.execute("UPDATE plan SET uses = 1000 WHERE id = $1", plan.id)
        assert constraint_of(refused.value) == "plan_keeps_its_terms"
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute("UPDATE offer SET price_incl_cents = 1")


async def test_too_little_money_says_how_much_is_missing(database_of: DatabaseOf) -> None:
    shop = await Shop.open(await database_of("wallet"), cents=1_000)
    with pytest.raises(BalanceShort) as refused:
        await shop.buy("20-uses")
    assert refused.value.params["short_cents"] == 26_104
