"""What happens to a plan by itself: said once, renewed where a manager wants it, tried again where the wallet is short."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.wallet.access.managers import Manager
from services.wallet.access.store import upsert_registration
from services.wallet.plans.handlers import apply_prices, set_renewal
from services.wallet.plans.jobs import due_plans
from services.wallet.plans.looks import look_at
from services.wallet.plans.rules import RENEWAL_TRIES, PlanOver
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.book import TOOL, balance_of, fill, published
from tests.wallet.shop import Shop, prices, texts

DAY = timedelta(days=1)


@pytest.fixture
async def shop(database_of: DatabaseOf) -> Shop:
    return await Shop.open(await database_of("wallet"), cents=30_000)


async def look(shop: Shop, plan_id: UUID, now: datetime) -> None:
    async with shop.database.transaction() as db:
        await look_at(db, plan_id, now=now)


async def last_day_of(shop: Shop, plan_id: UUID) -> datetime:
    return (await shop.row(plan_id))["ends_at"] - timedelta(hours=12)


async def events(shop: Shop, name: str) -> list[dict[str, Any]]:
    return await published(shop.database, name)


async def test_a_plan_that_ends_is_announced_once_before_and_once_after(shop: Shop) -> None:
    plan = await shop.buy("20-uses")
    ends_at = (await shop.row(plan.id))["ends_at"]
    for now in (ends_at - 40 * DAY, ends_at - 25 * DAY, ends_at - 24 * DAY, ends_at + DAY, ends_at + 2 * DAY):
        await look(shop, plan.id, now)
    [ending] = await events(shop, "PlanEnding")
    assert (ending["uses_left"], ending["is_renewed"]) == (20, False)
    [ended] = await events(shop, "PlanEnded")
    assert (ended["reason"], ended["is_renewed"]) == ("expired", False)
    assert (await shop.row(plan.id))["next_look_at"] is None
    versions = [int(one["sequence"]) for one in await published(shop.database)]
    assert versions == sorted(set(versions))


async def test_a_plan_is_renewed_on_its_last_day_without_a_gap(shop: Shop) -> None:
    plan = await shop.buy("20-uses", renews=True)
    async with shop.database.transaction() as db:
        await fill(db, shop.wallet_id, 30_000)
    now = await last_day_of(shop, plan.id)
    # The book's own clock is years behind this `now`; the plan that follows starts where the one before ends.
    await look(shop, plan.id, now)
    await look(shop, plan.id, now)
    first = await shop.row(plan.id)
    second = await shop.row(first["renewed_as"])
    assert second["starts_at"] == first["ends_at"]
    assert second["ends_on"] == first["ends_on"].replace(year=first["ends_on"].year + 1)
    assert (second["renews"], second["renews_plan"]) == (True, plan.id)
    assert await balance_of(shop.database, shop.wallet_id) == 60_000 - 2 * 27_104
    assert [one["renews"] for one in await events(shop, "PlanBought")] == [None, str(plan.id)]
    await look(shop, plan.id, first["ends_at"])
    [ended] = await events(shop, "PlanEnded")
    assert ended["is_renewed"]
    assert await shop.all_faults() == []


async def test_a_plan_that_is_used_up_is_renewed_at_once(shop: Shop) -> None:
    async with shop.database.transaction() as db:
        await fill(db, shop.wallet_id, 30_000)
    plan = await shop.buy("3-uses", renews=True)
    await shop.use("a", "b", "c")
    await look(shop, plan.id, datetime.now(UTC))
    following = (await shop.row(plan.id))["renewed_as"]
    assert [one.plan_id for one in await shop.use("d")] == [following]


async def test_an_empty_wallet_is_asked_each_day_for_a_week_and_told_twice(shop: Shop) -> None:
    plan = await shop.buy("20-uses", renews=True)
    now = await last_day_of(shop, plan.id)
    for _ in range(RENEWAL_TRIES + 3):
        await look(shop, plan.id, now)
        await look(shop, plan.id, now)
        now += DAY
    failed = await events(shop, "PlanRenewalFailed")
    assert [(one["reason"], one["is_final"]) for one in failed] == [("balance-short", False), ("balance-short", True)]
    row = await shop.row(plan.id)
    assert (row["renewal_tries"], row["renews"], row["renewed_as"]) == (RENEWAL_TRIES, False, None)
    assert await balance_of(shop.database, shop.wallet_id) == 30_000 - 27_104


async def test_a_wallet_that_is_filled_meanwhile_renews_at_the_next_try(shop: Shop) -> None:
    plan = await shop.buy("20-uses", renews=True)
    now = await last_day_of(shop, plan.id)
    await look(shop, plan.id, now)
    async with shop.database.transaction() as db:
        await fill(db, shop.wallet_id, 30_000)
    await look(shop, plan.id, now + timedelta(hours=1))
    assert (await shop.row(plan.id))["renewed_as"] is None
    await look(shop, plan.id, now + DAY)
    assert (await shop.row(plan.id))["renewed_as"] is not None


async def test_a_renewal_costs_what_is_asked_then_and_what_was_bought_keeps_its_terms(shop: Shop) -> None:
    async with shop.database.transaction() as db:
        await fill(db, shop.wallet_id, 30_000)
    plan = await shop.buy("3-uses", renews=True)
    dearer = {"id": "3-uses", "names": texts("Four"), "uses": 4, "price": "50.00"}
    async with shop.database.transaction() as db:
        await apply_prices(db, prices(plans=[dearer]), now=datetime.now(UTC), dry_run=False)
    answers = await shop.use("a", "b", "c", "d")
    assert [one.plan_id for one in answers] == [plan.id] * 3 + [None]
    await look(shop, plan.id, datetime.now(UTC))
    following = await shop.row((await shop.row(plan.id))["renewed_as"])
    assert following["uses"] == 4
    assert [one["amount_incl_cents"] for one in await events(shop, "PlanBought")] == [4_840, 6_050]


@pytest.mark.parametrize("gone", ["offer", "registration"])
async def test_what_cannot_be_bought_any_more_is_not_renewed_and_said_once(shop: Shop, gone: str) -> None:
    plan = await shop.buy("20-uses", renews=True)
    async with shop.database.transaction() as db:
        if gone == "offer":
            await apply_prices(db, prices(plans=[]), now=datetime.now(UTC), dry_run=False)
        else:
            await db.execute("DELETE FROM registration")
            await upsert_registration(db, new_id(), shop.wallet_id, TOOL, active=False)
    now = await last_day_of(shop, plan.id)
    for later in (now, now + DAY, now + 2 * DAY):
        await look(shop, plan.id, later)
    [failed] = await events(shop, "PlanRenewalFailed")
    assert (failed["reason"], failed["is_final"]) == ("not-offered", True)


async def test_a_plan_that_is_over_cannot_be_set_to_renew(shop: Shop) -> None:
    plan = await shop.buy("3-uses")
    manager = Manager(shop.wallet_id, shop.ada)
    async with shop.database.transaction() as db:
        changed = await set_renewal(db, manager, plan.id, renews=True, now=datetime.now(UTC))
        assert changed.renews
        assert not (await set_renewal(db, manager, plan.id, renews=False, now=datetime.now(UTC))).renews
    ends_at = (await shop.row(plan.id))["ends_at"]
    with pytest.raises(PlanOver):
        async with shop.database.transaction() as db:
            await set_renewal(db, manager, plan.id, renews=True, now=ends_at)


async def test_the_timer_asks_for_a_job_for_each_plan_that_is_due_and_for_no_other(shop: Shop) -> None:
    async with shop.database.transaction() as db:
        await fill(db, shop.wallet_id, 500_000)
    bought = [await shop.buy("3-uses") for _ in range(5)]
    due = {one.id for one in bought[:3]}
    async with shop.database.transaction() as db:
        await db.execute("UPDATE plan SET next_look_at = now() WHERE id = ANY ($1::uuid[])", list(due))
    await due_plans(shop.database)()
    await due_plans(shop.database)()
    async with shop.database.acquire() as db:
        rows = await db.fetch("SELECT payload FROM job WHERE kind = 'wallet.look-at-plan'")
    assert {UUID(row["payload"]["plan_id"]) for row in rows} == due
    assert len(rows) == 3
