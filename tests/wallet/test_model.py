"""Random programs from many callers at once, cut off at random, against a model that knows only sums.

Charges, reservations with their ends, refunds and top-ups; step by step and exactly they are compared in test_operations_model.py.
"""

import asyncio
import contextlib
import random
from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import Charged, charge
from services.wallet.charges.rules import ChargeRequest
from services.wallet.keys.handlers import once
from services.wallet.keys.rules import IdempotencyMismatch
from services.wallet.ledger.rules import BalanceShort
from services.wallet.refunds.handlers import refund
from services.wallet.refunds.rules import RefundRequest, RefundTooLarge
from services.wallet.reservations.handlers import capture, release, reserve
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReservationEnded, ReserveRequest
from shared.db import Database
from tests.conftest import DatabaseOf
from tests.wallet.book import TOOL, faults_of, fill, open_filled, published, request_of

CALLERS = 12
STEPS = 100
KEYS = 400


@dataclass
class History:
    """What callers were told. charged: all answers by key; filled: top-ups by wallet."""

    charged: dict[str, list[tuple[ChargeRequest, Charged]]] = field(default_factory=lambda: defaultdict(list))
    refused: list[tuple[ChargeRequest, BalanceShort]] = field(default_factory=list)
    mismatched: list[ChargeRequest] = field(default_factory=list)
    filled: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    cut_off: list[ChargeRequest] = field(default_factory=list)


class Caller:
    """One program. Two processes share the work: each has groups of its own."""

    def __init__(self, database: Database, groups: ChargeGroups, history: History, chance: random.Random) -> None:
        self._database = database
        self._groups = groups
        self._history = history
        self._chance = chance

    async def run(self, wallets: list[UUID]) -> None:
        for _ in range(STEPS):
            wallet_id = self._chance.choice(wallets)
            if self._chance.random() < 0.15:
                await self._top_up(wallet_id, self._chance.randint(1, 4_000))
                continue
            if self._chance.random() < 0.2:
                await self._set_aside(wallet_id, self._chance.randint(1, 900))
                continue
            if self._chance.random() < 0.15:
                await self._give_back(self._chance.randint(1, 900))
                continue
            key = f"k{self._chance.randrange(KEYS)}"
            # A key mostly means one charge; now and then somebody reuses it for another.
            steady = random.Random(key)
            excl = steady.randint(0, 1_500) if self._chance.random() < 0.95 else 7
            wallet_id = steady.choice(wallets)
            request = request_of(wallet_id, key, excl=excl, incl=excl + round(excl * 0.21))
            await self.charge(request, cut_off_after_s=self._chance.choice([None, None, None, 0.0, 0.001, 0.004]))

    async def charge(self, request: ChargeRequest, *, cut_off_after_s: float | None = None) -> None:
        work = asyncio.create_task(charge(self._groups, self._database, request, top_up_url=""))
        if cut_off_after_s is not None:
            await asyncio.wait([work], timeout=cut_off_after_s)
            work.cancel()
        try:
            charged = await work
            self._history.charged[request.idempotency_key].append((request, charged))
        except BalanceShort as refusal:
            self._history.refused.append((request, refusal))
        except IdempotencyMismatch:
            self._history.mismatched.append(request)
        except asyncio.CancelledError:
            self._history.cut_off.append(request)

    async def _set_aside(self, wallet_id: UUID, cents: int) -> None:
        """Reserve, and mostly end it: in part, in whole, or both at once from two sides."""
        key = f"{id(self)}-{self._chance.random()}"
        asked = ReserveRequest(wallet_id, TOOL, key, cents, cents, 0, "x")
        take = self._chance.randint(1, cents)
        with contextlib.suppress(BalanceShort):
            reservation_id = (await once(self._database, lambda db: reserve(db, asked))).reservation.id
            capturing = CaptureRequest(wallet_id, TOOL, f"{key}-c", reservation_id, take, take)
            releasing = ReleaseRequest(wallet_id, TOOL, f"{key}-r", reservation_id)
            ends = [
                once(self._database, lambda db: capture(db, capturing)),
                once(self._database, lambda db: capture(db, capturing)),
                once(self._database, lambda db: release(db, releasing)),
            ]
            chosen = self._chance.sample(ends, self._chance.randint(0, 3))
            for left in set(ends) - set(chosen):
                left.close()
            for answer in await asyncio.gather(*chosen, return_exceptions=True):
                assert not isinstance(answer, BaseException) or isinstance(answer, ReservationEnded)

    async def _give_back(self, cents: int) -> None:
        """A part of some charge; two at once with one key."""
        told = [answers[0] for answers in self._history.charged.values()]
        if told:
            request, charged = self._chance.choice(told)
            key = f"{id(self)}-{self._chance.random()}"
            asked = RefundRequest(request.wallet_id, TOOL, key, charged.charge_id, cents, "x")
            refunds = [once(self._database, lambda db: refund(db, asked)) for _ in range(2)]
            for answer in await asyncio.gather(*refunds, return_exceptions=True):
                assert not isinstance(answer, BaseException) or isinstance(answer, RefundTooLarge)

    async def _top_up(self, wallet_id: UUID, cents: int) -> None:
        async with self._database.transaction() as db:
            await fill(db, wallet_id, cents)
        self._history.filled[wallet_id] += cents


@pytest.mark.parametrize("program", ["first", "second"])
async def test_random_programs_leave_a_book_without_faults_and_one_effect_for_each_key(
    database_of: DatabaseOf, program: str
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    database = await database_of("wallet")
    history = History()
    async with database.transaction() as db:
        wallets = [await open_filled(db, cents=0) for _ in range(4)]
    processes = [ChargeGroups(database), ChargeGroups(database, lanes=1)]
    callers = [
        Caller(database, processes[number % 2], history, random.Random(seed * 100 + number))
        for number in range(CALLERS)
    ]
    await asyncio.gather(*(caller.run(wallets) for caller in callers))
    for request in list(history.cut_off):  # whoever was cut off asks again with the same key
        with contextlib.suppress(asyncio.CancelledError):
            await callers[0].charge(request)

    assert await faults_of(database) == []
    await check_one_effect_per_key(database, history)
    await check_balances(database, history, wallets)
    await check_refusals(database, history)
    await check_events(database, wallets)


async def check_one_effect_per_key(database: Database, history: History) -> None:
    async with database.acquire() as db:
        rows = await db.fetch(
            "SELECT subject_id AS id, idempotency_key, request_hash FROM tool_request WHERE operation = 'charge'"
        )
    booked = {row["idempotency_key"]: row for row in rows}
    assert len(booked) == len(rows)
    for key, answers in history.charged.items():
        assert {answer.charge_id for _, answer in answers} == {booked[key]["id"]}
        assert len({(answer.balance_cents, answer.booked_at) for _, answer in answers}) == 1
        assert {request.fingerprint() for request, _ in answers} == {booked[key]["request_hash"]}
    # Nothing was booked that nobody was told of in the end.
    assert set(booked) <= set(history.charged) | {request.idempotency_key for request in history.mismatched}


async def check_balances(database: Database, history: History, wallets: list[UUID]) -> None:
    async with database.acquire() as db:
        rows = await db.fetch(
            "SELECT wallet_id, sum(amount_incl_cents)::bigint AS cents FROM charge GROUP BY wallet_id"
        )
        taken = {row["wallet_id"]: row["cents"] for row in rows}
        rows = await db.fetch(
            """
            SELECT c.wallet_id, sum(r.amount_incl_cents)::bigint AS cents FROM refund r JOIN charge c ON c.id = r.charge_id
            GROUP BY c.wallet_id
            """
        )
        given_back = {row["wallet_id"]: row["cents"] for row in rows}
        balances = {row["id"]: row["balance_cents"] for row in await db.fetch("SELECT id, balance_cents FROM wallet")}
    for wallet_id in wallets:
        expected = history.filled[wallet_id] - taken.get(wallet_id, 0) + given_back.get(wallet_id, 0)
        assert balances[wallet_id] == expected >= 0


async def check_refusals(database: Database, history: History) -> None:
    """Each refusal was right at a moment that really was: the wallet did hold that little."""
    async with database.acquire() as db:
        rows = await db.fetch("SELECT wallet_id, balance_after_cents FROM ledger_entry WHERE wallet_id IS NOT NULL")
    held = defaultdict(lambda: {0})
    for row in rows:
        held[row["wallet_id"]].add(row["balance_after_cents"])
    for request, refusal in history.refused:
        balance_cents = int(str(refusal.params["balance_cents"]))
        assert balance_cents in held[request.wallet_id]
        # What was set aside at that moment was missing, too.
        assert balance_cents + int(str(refusal.params["short_cents"])) >= request.amount_incl_cents


async def check_events(database: Database, wallets: list[UUID]) -> None:
    """One event for each charge, and versions that run as the outbox does."""
    events = await published(database)
    async with database.acquire() as db:
        charges = await db.fetchval("SELECT count(*) FROM charge")
    assert len([event for event in events if event["type"] == "WalletCharged"]) == charges
    for wallet_id in wallets:
        versions = [event["version"] for event in events if event["wallet_id"] == str(wallet_id)]
        assert versions == sorted(set(versions))
