"""A worker that renews a plan, killed after the money was taken: the next one goes on, and the year is paid once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.wallet.plans.jobs import due_plans
from services.wallet.plans.rules import BELGIUM, start_of
from tests.conftest import DatabaseOf
from tests.wallet.book import balance_of, published
from tests.wallet.killing import kill_where_it_waits, run_to_its_end, until_it_is_gone
from tests.wallet.shop import Shop

DAY, PRICE = timedelta(days=1), 27_104
WORKER = """
import asyncio
from services.wallet.plans.jobs import LOOK_AT_PLAN_JOB, look_at_plan_job
from shared.jobs import Worker

async def main():
    database = open_database()
    await database.open()
    stop = asyncio.Event()
    worker = Worker("wallet", database, {LOOK_AT_PLAN_JOB: look_at_plan_job(database)}, lease_s=2.0)
    working = asyncio.create_task(worker.run(stop))
    left = 1
    while left:
        await asyncio.sleep(0.05)
        async with database.acquire() as db:
            left = await db.fetchval("SELECT count(*) FROM job WHERE kind = $1", LOOK_AT_PLAN_JOB)
    stop.set()
    await working
    await database.close()

asyncio.run(main())
"""
"""Until there is nothing more to do."""


async def test_a_renewal_that_is_killed_after_it_took_the_money_is_paid_once(database_of: DatabaseOf) -> None:
    shop = await Shop.open(await database_of("wallet"), cents=3 * PRICE)
    plan = await shop.buy("20-uses", renews=True)
    await _be_on_its_last_day(shop, plan.id)
    await due_plans(shop.database)()
    # Money moves before the plan that follows is written, which waits here.
    async with shop.database.transaction() as db:
        await db.execute("LOCK TABLE plan IN SHARE MODE")
        await kill_where_it_waits(shop.database, WORKER)
    await until_it_is_gone(shop.database)
    assert await balance_of(shop.database, shop.wallet_id) == 2 * PRICE
    assert (await shop.row(plan.id))["renewed_as"] is None
    assert await shop.all_faults() == []

    await due_plans(shop.database)()
    await run_to_its_end(shop.database, WORKER)
    assert await balance_of(shop.database, shop.wallet_id) == PRICE
    following = await shop.row((await shop.row(plan.id))["renewed_as"])
    assert following["starts_at"] == (await shop.row(plan.id))["ends_at"]
    said = [one["type"] for one in await published(shop.database) if one.get("plan_id")]
    assert said == ["PlanBought", "PlanEnding", "PlanBought"]
    assert await shop.all_faults() == []


async def _be_on_its_last_day(shop: Shop, plan_id: UUID) -> None:
    now = datetime.now(UTC)
    today = now.astimezone(BELGIUM).date()
    times = {"starts_at": now - 365 * DAY, "ends_on": today, "ends_at": start_of(today + DAY), "next_look_at": now}
    await shop.age(plan_id, **times)
