"""Who shares a statement with whom: two at once stay out of each other's way where the wallets allow it."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.wallet.charges import store
from services.wallet.charges.groups import WORTH_A_LANE, ChargeGroups
from services.wallet.charges.handlers import prepare
from services.wallet.charges.store import Answered, Prepared
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_credits
from services.wallet.ledger.rules import credits_of
from shared.db import Connection, Database
from tests.conftest import DatabaseOf
from tests.wallet.book import NOW, TOOL, faults_of, open_filled, published, request_of


@dataclass
class Watched:
    """The statements that ran: the keys of each, and which wallets two at once had in common."""

    keys: list[set[str]] = field(default_factory=list[set[str]])
    shared: set[UUID] = field(default_factory=set[UUID])
    most_at_once: int = 0
    _running: list[set[UUID]] = field(default_factory=list[set[UUID]])

    async def charge(self, db: Connection, prepared: Sequence[Prepared]) -> list[Answered]:
        wallets = {one.request.wallet_id for one in prepared}
        self.keys.append({one.request.idempotency_key for one in prepared})
        for others in self._running:
            self.shared |= wallets & others
        self._running.append(wallets)
        self.most_at_once = max(self.most_at_once, len(self._running))
        try:
            return await store_charge(db, prepared)
        finally:
            self._running.remove(wallets)

    @property
    def sizes(self) -> list[int]:
        return [len(keys) for keys in self.keys]


store_charge = store.charge
_WAITS = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%wallet_charge%'
    )
"""


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    watched = Watched()
    monkeypatch.setattr(store, "charge", watched.charge)
    return watched


async def wallets_in(database: Database, count: int) -> list[UUID]:
    async with database.transaction() as db:
        return [await open_filled(db, cents=1_000_000) for _ in range(count)]


async def charge_often(group: ChargeGroups, wallets: Sequence[UUID], *, callers: int, times: int) -> list[Answered]:
    """Each caller waits for its answer before it goes on, with any other wallet."""

    async def call(caller: int) -> list[Answered]:
        answers: list[Answered] = []
        chance = random.Random(caller)
        for n in range(times):
            wallet_id = chance.choice(wallets)
            request = request_of(wallet_id, f"{wallet_id}-{caller}-{n}", excl=10, incl=12)
            answers.append(await group.charge(prepare(request)))
        return answers

    return [answer for answers in await asyncio.gather(*map(call, range(callers))) for answer in answers]


async def test_two_statements_at_once_have_no_wallet_in_common(database_of: DatabaseOf, watched: Watched) -> None:
    database = await database_of("wallet")
    wallets = await wallets_in(database, 400)
    answers = await charge_often(ChargeGroups(database), wallets, callers=4 * WORTH_A_LANE, times=12)
    assert {answer.outcome for answer in answers} == {"charged"}
    assert (watched.most_at_once, watched.shared) == (2, set())
    assert sum(watched.sizes) == len(answers), "each was asked once"


async def test_one_wallet_of_many_callers_keeps_both_statements_busy(database_of: DatabaseOf, watched: Watched) -> None:
    database = await database_of("wallet")
    [wallet_id] = await wallets_in(database, 1)
    answers = await charge_often(ChargeGroups(database), [wallet_id], callers=4 * WORTH_A_LANE, times=6)
    assert {answer.outcome for answer in answers} == {"charged"}
    assert watched.most_at_once == 2
    assert sorted(watched.sizes)[len(watched.sizes) // 2] >= WORTH_A_LANE


async def test_few_share_one_statement(database_of: DatabaseOf, watched: Watched) -> None:
    database = await database_of("wallet")
    wallets = await wallets_in(database, 20)
    await charge_often(ChargeGroups(database), wallets, callers=8, times=10)
    assert watched.most_at_once == 1
    assert watched.sizes[1:] == [8] * 9


async def test_who_waits_behind_a_wallet_that_is_always_held_comes_next(
    database_of: DatabaseOf, watched: Watched
) -> None:
    """Two crowds at two wallets, and one more who wants the wallet of the larger crowd."""
    database = await database_of("wallet")
    first, second = await wallets_in(database, 2)
    group = ChargeGroups(database)
    crowds = [
        asyncio.create_task(charge_often(group, [wallet], callers=callers, times=8))
        for wallet, callers in ((first, 64), (second, 32))
    ]
    await asyncio.sleep(0.05)
    before = len(watched.keys)
    await group.charge(prepare(request_of(first, "in between", excl=10, incl=12)))
    [mine] = [n for n, keys in enumerate(watched.keys) if "in between" in keys]
    assert mine - before <= 4
    await asyncio.gather(*crowds)


async def test_a_lane_whose_connection_breaks_is_followed_by_another(
    database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await database_of("wallet")
    [wallet_id] = await wallets_in(database, 1)
    broken: list[int] = []

    async def breaking(db: Connection, prepared: Sequence[Prepared]) -> list[Answered]:
        if not broken:
            broken.append(len(prepared))
            db.terminate()
        return await store_charge(db, prepared)

    monkeypatch.setattr(store, "charge", breaking)
    group = ChargeGroups(database)
    refused = await asyncio.gather(
        *(group.charge(prepare(request_of(wallet_id, f"a{n}", excl=1, incl=1))) for n in range(3)),
        return_exceptions=True,
    )
    assert broken == [3]
    assert all(isinstance(answer, asyncpg.InterfaceError | asyncpg.PostgresError) for answer in refused)
    answer = await group.charge(prepare(request_of(wallet_id, "b", excl=1, incl=1)))
    assert answer.outcome == "charged"


async def test_euros_and_credits_of_one_organisation_in_one_group_are_numbered_together(
    database_of: DatabaseOf,
) -> None:
    database = await database_of("wallet")
    [wallet_id] = await wallets_in(database, 1)
    unit = credits_of(TOOL)
    async with database.transaction() as db:
        credits_id = await open_credits(db, wallet_id, TOOL, now=NOW)
        postings = [
            Posting("wallet", 5, wallet_id=credits_id, unit=unit),
            Posting("issued", -5, party=TOOL, unit=unit),
        ]
        await book(db, "credits", TOOL, postings, tool_id=TOOL)
    credit: dict[str, Any] = {"excl": 1, "incl": 1, "vat_rate_bp": 0, "unit": unit}
    requests = [request_of(wallet_id, f"k{n}", **(credit if n % 2 else {"excl": 10, "incl": 12})) for n in range(11)]
    group = ChargeGroups(database)
    answers = await asyncio.gather(*(group.charge(prepare(request)) for request in requests))
    assert {answer.outcome for answer in answers} == {"charged"}
    versions = [event["version"] for event in await published(database, "WalletCharged")]
    assert versions == list(range(versions[0], versions[0] + 11))
    async with database.acquire() as db:
        assert await db.fetchval("SELECT version FROM wallet WHERE id = $1", wallet_id) == versions[-1]
    assert await faults_of(database) == []


async def lock_waited_for(database: Database) -> None:
    async with database.acquire() as db:
        while not await db.fetchval(_WAITS):
            await asyncio.sleep(0.01)


async def test_a_key_that_another_takes_at_this_moment_costs_the_group_one_more_statement(
    database_of: DatabaseOf, watched: Watched
) -> None:
    database = await database_of("wallet")
    [wallet_id] = await wallets_in(database, 1)
    group = ChargeGroups(database)
    async with database.transaction() as other:
        [first] = await store_charge(other, [prepare(request_of(wallet_id, "k3", excl=10, incl=12))])
        waiting = asyncio.gather(
            *(group.charge(prepare(request_of(wallet_id, f"k{n}", excl=10, incl=12))) for n in range(8))
        )
        await lock_waited_for(database)
    answers = await waiting
    assert [answer.outcome for answer in answers] == ["repeated" if n == 3 else "charged" for n in range(8)]
    assert answers[3].charge_id == first.charge_id
    assert watched.sizes == [8, 8]
    assert await faults_of(database) == []


async def test_a_wallet_that_is_emptied_while_a_group_waits_for_it_refuses_what_it_no_longer_holds(
    database_of: DatabaseOf, watched: Watched
) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=100)
    group = ChargeGroups(database)
    requests = [request_of(wallet_id, f"k{n}", excl=10, incl=12) for n in range(8)]
    async with database.transaction() as other:
        await store_charge(other, [prepare(request_of(wallet_id, "first", excl=50, incl=60))])
        waiting = asyncio.gather(*(group.charge(prepare(request)) for request in requests))
        await lock_waited_for(database)
    answers = await waiting
    assert [answer.outcome for answer in answers] == ["charged"] * 3 + ["short"] * 5
    assert [answer.balance_cents for answer in answers] == [28, 16] + [4] * 6
    assert watched.sizes == [8]
    async with database.acquire() as db:
        kept = await db.fetch("SELECT idempotency_key FROM tool_request ORDER BY idempotency_key")
    assert [row["idempotency_key"] for row in kept] == ["first", "k0", "k1", "k2"]
    assert await faults_of(database) == []


async def test_the_same_keys_from_two_processes_are_charged_once_and_nobody_deadlocks(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    wallets = await wallets_in(database, 5)
    requests = [request_of(wallets[n % 5], f"k{n}", excl=10, incl=12) for n in range(300)]

    async def charge_all(seed: int) -> dict[str, Answered]:
        group, mine = ChargeGroups(database), random.Random(seed).sample(requests, len(requests))
        answers = await asyncio.gather(*(group.charge(prepare(request)) for request in mine))
        return {request.idempotency_key: answer for request, answer in zip(mine, answers, strict=True)}

    first, second = await asyncio.gather(charge_all(1), charge_all(2))
    for key, answer in first.items():
        assert {answer.outcome, second[key].outcome} == {"charged", "repeated"}
        assert answer.charge_id == second[key].charge_id
    async with database.acquire() as db:
        assert await db.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0
        assert await db.fetchval("SELECT sum(balance_cents) FROM wallet") == 5 * 1_000_000 - 300 * 12
    assert await faults_of(database) == []
