"""Charges are given back: never more than was taken, VAT to the cent, and what a plan paid for can be used again."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import Charged, charge
from services.wallet.charges.rules import ChargeNotFound
from services.wallet.keys.handlers import once
from services.wallet.keys.rules import IdempotencyMismatch
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_credits
from services.wallet.ledger.rules import credits_of
from services.wallet.refunds import handlers
from services.wallet.refunds.handlers import Refunded
from services.wallet.refunds.rules import NothingToRefund, Refundable, RefundRequest, RefundTooLarge, excl_share
from services.wallet.refunds.store import refunds_of
from shared.db import Database, constraint_of
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.book import NOW, TOOL, balance_of, faults_of, open_filled, published, request_of, together


class Desk:
    """A wallet with 50 euros, and a tool in front of it."""

    def __init__(self, database: Database, wallet_id: UUID) -> None:
        self.database = database
        self.wallet_id = wallet_id

    async def charge(self, key: str, **more: Any) -> Charged:
        request = request_of(self.wallet_id, key, **more)
        return await charge(ChargeGroups(self.database), self.database, request, top_up_url="")

    async def refund(self, key: str, charge_id: UUID, cents: int, *, tool_id: str = TOOL) -> Refunded:
        request = RefundRequest(self.wallet_id, tool_id, key, charge_id, cents, "It failed")
        return await once(self.database, lambda db: handlers.refund(db, request))


@pytest.fixture
async def desk(database_of: DatabaseOf) -> Desk:
    database = await database_of("wallet")
    async with database.transaction() as db:
        return Desk(database, await open_filled(db))


async def platform_accounts(database: Database) -> dict[str, int]:
    async with database.acquire() as db:
        rows = await db.fetch(
            "SELECT account, sum(balance_cents)::bigint AS cents FROM ledger_balance GROUP BY account"
        )
    return {row["account"]: row["cents"] for row in rows}


async def test_a_whole_refund_undoes_the_charge(desk: Desk) -> None:
    charged = await desk.charge("k1")
    refunded = await desk.refund("r1", charged.charge_id, 2_299)
    assert (refunded.refund.balance_cents, refunded.refund.amount_excl_cents) == (5_000, 1_900)
    assert await platform_accounts(desk.database) == {"clearing": -5_000, "revenue": 0, "vat": 0, "wallet": 5_000}
    [event] = await published(desk.database, "WalletRefunded")
    assert (event["refund_id"], event["charge_id"]) == (str(refunded.refund.refund_id), str(charged.charge_id))
    assert (event["amount_incl_cents"], event["balance_cents"]) == (2_299, 5_000)
    async with desk.database.acquire() as db:
        related = await db.fetchval("SELECT related_id FROM ledger_transaction WHERE kind = 'refund'")
    assert related == charged.charge_id
    assert await faults_of(desk.database) == []


async def test_several_parts_give_back_the_charge_and_its_vat_to_the_cent_and_no_more(desk: Desk) -> None:
    charged = await desk.charge("k1")
    for number, cents in enumerate((1, 766, 766, 766)):
        await desk.refund(f"r{number}", charged.charge_id, cents)
    accounts = await platform_accounts(desk.database)
    assert (accounts["revenue"], accounts["vat"]) == (0, 0)
    with pytest.raises(RefundTooLarge) as refused:
        await desk.refund("r9", charged.charge_id, 1)
    assert refused.value.params == {"left_cents": 0}
    assert await faults_of(desk.database) == []


@given(excl=st.integers(0, 5_000), vat=st.integers(0, 1_100), parts=st.lists(st.integers(1, 900), max_size=30))
def test_whatever_the_parts_each_share_is_possible_and_the_last_one_makes_it_exact(
    excl: int, vat: int, parts: list[int]
) -> None:
    incl = excl + vat
    refunded_excl = refunded_incl = 0
    for part in [*parts, incl]:
        cents = min(part, incl - refunded_incl)
        if cents <= 0:
            break
        share = excl_share(Refundable(excl, incl, False, 0, refunded_excl, refunded_incl), cents)
        assert 0 <= share <= cents
        refunded_excl += share
        refunded_incl += cents
    assert (refunded_excl, refunded_incl) == (excl, incl)


async def test_of_many_at_once_only_as_much_as_was_charged_is_given_back(desk: Desk) -> None:
    charged = await desk.charge("k1")
    answers = await together(*(desk.refund(f"r{number}", charged.charge_id, 500) for number in range(8)))
    assert [type(answer).__name__ for answer in answers].count("Refunded") == 4
    assert await balance_of(desk.database, desk.wallet_id) == 5_000 - 2_299 + 2_000
    assert await faults_of(desk.database) == []


async def test_the_database_refuses_what_goes_beyond_the_charge_whoever_asks(desk: Desk) -> None:
    charged = await desk.charge("k1")

    async def straight(cents: int) -> None:
        async with desk.database.transaction() as db:
            postings = [Posting("wallet", cents, wallet_id=desk.wallet_id), Posting("revenue", -cents, party=TOOL)]
            refund_id = (await book(db, "refund", "x", postings, tool_id=TOOL)).transaction_id
            await db.execute("INSERT INTO refund VALUES ($1, $2, $3, $3)", refund_id, charged.charge_id, cents)

    answers = await together(straight(1_500), straight(1_500), straight(0), straight(2_300))
    refused = [answer for answer in answers if isinstance(answer, asyncpg.CheckViolationError)]
    assert [constraint_of(one) for one in refused] == ["refund_within_charge"] * 3


async def test_a_key_gets_its_first_answer_again_and_serves_one_refund(desk: Desk) -> None:
    charged = await desk.charge("k1")
    first = await desk.refund("r1", charged.charge_id, 1_000)
    await desk.refund("r2", charged.charge_id, 299)
    again = await desk.refund("r1", charged.charge_id, 1_000)
    assert (again.refund, again.repeated) == (first.refund, True)
    for key, cents in (("r1", 999), ("k1", 1_000)):
        with pytest.raises(IdempotencyMismatch):
            await desk.refund(key, charged.charge_id, cents)
    with pytest.raises(IdempotencyMismatch):
        await desk.charge("r1")
    async with desk.database.acquire() as db:
        assert [one.amount_incl_cents for one in await refunds_of(db, charged.charge_id)] == [1_000, 299]


async def test_only_the_tool_that_charged_gives_back_and_also_after_its_registration_ended(desk: Desk) -> None:
    charged = await desk.charge("k1")
    async with desk.database.transaction() as db:
        await db.execute("UPDATE registration SET active = false")
    for refused in (desk.refund("r1", charged.charge_id, 1, tool_id="romi"), desk.refund("r1", new_id(), 1)):
        with pytest.raises(ChargeNotFound):
            await refused
    with pytest.raises(NothingToRefund):
        await desk.refund("r1", charged.charge_id, 0)
    assert (await desk.refund("r1", charged.charge_id, 1)).refund.balance_cents == 2_702


async def test_credits_come_back_as_credits(desk: Desk) -> None:
    unit = credits_of(TOOL)
    async with desk.database.transaction() as db:
        credits_id = await open_credits(db, desk.wallet_id, TOOL, now=NOW)
        bought = [Posting("wallet", 10, wallet_id=credits_id, unit=unit), Posting("issued", -10, party=TOOL, unit=unit)]
        await book(db, "credits", "ten", bought, tool_id=TOOL)
    charged = await desk.charge("k1", excl=3, incl=3, vat_rate_bp=0, unit=unit)
    refunded = await desk.refund("r1", charged.charge_id, 2)
    assert (refunded.refund.balance_cents, refunded.unit) == (9, unit)
    accounts = await platform_accounts(desk.database)
    assert (accounts["issued"], accounts["used"]) == (-10, 1)
    assert await faults_of(desk.database) == []


async def test_a_use_that_a_plan_paid_is_given_back_once_and_costs_nothing(desk: Desk) -> None:
    plan_id = new_id()
    async with desk.database.transaction() as db:
        await db.execute("CREATE TABLE uses (plan_id uuid, left_over integer)")
        await db.execute("INSERT INTO uses VALUES ($1, 1)", plan_id)
        await db.execute(
            """
            CREATE OR REPLACE FUNCTION plan_take_use(_organisation_id uuid, _tool_id text, _at timestamptz) RETURNS uuid LANGUAGE sql AS
            'UPDATE uses SET left_over = left_over - 1 WHERE left_over > 0 RETURNING plan_id';
            CREATE OR REPLACE FUNCTION plan_give_back_use(_plan_id uuid, _at timestamptz) RETURNS void LANGUAGE sql AS
            'UPDATE uses SET left_over = left_over + 1 WHERE plan_id = _plan_id'
            """
        )
    groups = ChargeGroups(desk.database)
    asked = [request_of(desk.wallet_id, f"k{number}", plan_use=number != 0) for number in range(3)]
    answers = await together(*(charge(groups, desk.database, one, top_up_url="") for one in asked))
    assert [answer.plan_id for answer in answers] == [None, plan_id, None]
    assert await balance_of(desk.database, desk.wallet_id) == 5_000 - 2 * 2_299
    by_plan = [event for event in await published(desk.database, "WalletCharged") if event["plan_id"]]
    assert [(event["plan_id"], event["amount_incl_cents"]) for event in by_plan] == [(str(plan_id), 0)]
    again = await charge(groups, desk.database, asked[1], top_up_url="")
    assert (again.charge_id, again.plan_id, again.repeated) == (answers[1].charge_id, plan_id, True)

    with pytest.raises(RefundTooLarge):
        await desk.refund("r1", again.charge_id, 1)
    refunded = await desk.refund("r1", again.charge_id, 0)
    assert refunded.refund.balance_cents == 5_000 - 2 * 2_299
    with pytest.raises(RefundTooLarge):
        await desk.refund("r2", again.charge_id, 0)
    assert (await desk.charge("k3", plan_use=True)).plan_id == plan_id
    assert await faults_of(desk.database) == []
