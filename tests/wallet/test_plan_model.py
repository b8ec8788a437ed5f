"""Programs of purchases, groups of charges, refunds and renewals, against a model that counts the uses of plans."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.wallet.ledger.rules import BalanceShort
from services.wallet.plans.looks import look_at
from services.wallet.plans.rules import BELGIUM
from services.wallet.refunds.handlers import refund
from services.wallet.refunds.rules import RefundRequest, RefundTooLarge
from tests.wallet.book import TOOL, balance_of, fill, published
from tests.wallet.machines import Machine, run_machine
from tests.wallet.shop import Shop

PER_USE = 2_299
PRICES = {"3-uses": 4_840, "20-uses": 27_104, "unlimited": 80_465}
USES = {"3-uses": 3, "20-uses": 20, "unlimited": None}
KEYS = st.integers(0, 60)
GROUPS = st.lists(st.tuples(KEYS, st.booleans()), min_size=1, max_size=8, unique_by=lambda asked: asked[0])
WHICH = st.integers(0, 100)


@dataclass
class Held:
    """A plan. ended: its time is over. tried: its renewal was refused, and is tried again tomorrow at the earliest."""

    slug: str
    order: tuple[datetime, UUID]
    renews: bool
    used: int = 0
    ended: bool = False
    is_renewed: bool = False
    tried: bool = False

    @property
    def is_used_up(self) -> bool:
        return USES[self.slug] is not None and self.used == USES[self.slug]


@dataclass
class Done:
    """What a key was charged for. plan: None where it paid."""

    plan_use: bool
    charge_id: UUID
    plan: UUID | None
    given_back: bool = False


@dataclass
class Model:
    balance: int
    plans: dict[UUID, Held] = field(default_factory=dict[UUID, Held])
    done: dict[int, Done] = field(default_factory=dict[int, Done])

    def charge(self, key: int, plan_use: bool) -> tuple[str, UUID | None]:
        """The outcome, and the plan that pays."""
        known = self.done.get(key)
        if known is not None:
            return ("repeated" if known.plan_use == plan_use else "key-reused"), known.plan
        fitting = [one for one, held in self.plans.items() if not held.ended and not held.is_used_up]
        if plan_use and fitting:
            plan = min(fitting, key=lambda one: self.plans[one].order)
            self.plans[plan].used += 1
            return "charged", plan
        if self.balance < PER_USE:
            return "short", None
        self.balance -= PER_USE
        return "charged", None


class Plans(Machine):
    """One organisation, whose money runs out now and then. Keys are few, so that they meet."""

    def __init__(self) -> None:
        super().__init__()
        self.shop: Shop = self.finish(Shop.open(self.database, cents=40_000))
        self.model = Model(40_000)

    @rule(slug=st.sampled_from(["3-uses", "3-uses", "20-uses", "unlimited"]), renews=st.booleans())
    def buy(self, slug: str, renews: bool) -> None:
        try:
            bought = self.finish(self.shop.buy(slug, renews=renews))
        except BalanceShort:
            assert self.model.balance < PRICES[slug]
            return
        self._hold(bought.id, slug, renews)

    @rule(asked=GROUPS)
    def use(self, asked: list[tuple[int, bool]]) -> None:
        """As one group: what is free in it and what is not, is decided in its order."""
        answers = self.finish(self.shop.use_some([(self._key(key), plan_use) for key, plan_use in asked]))
        for (key, plan_use), answer in zip(asked, answers, strict=True):
            expected, plan = self.model.charge(key, plan_use)
            assert answer.outcome == expected
            if expected in ("charged", "repeated"):
                assert answer.plan_id == plan
            if expected == "charged":
                assert answer.balance_cents == self.model.balance
                self.model.done[key] = Done(plan_use, answer.charge_id, plan)
        self._compare()

    @precondition(lambda self: self.model.done)
    @rule(which=WHICH)
    def give_back(self, which: int) -> None:
        done = list(self.model.done.values())[which % len(self.model.done)]
        cents = 0 if done.plan else PER_USE
        try:
            self.finish(self._refund(done.charge_id, cents))
        except RefundTooLarge:
            assert done.given_back
            return
        assert not done.given_back
        done.given_back = True
        self.model.balance += cents
        if done.plan:
            self.model.plans[done.plan].used -= 1
        self._compare()

    @precondition(lambda self: any(not held.ended for held in self.model.plans.values()))
    @rule(which=WHICH)
    def end(self, which: int) -> None:
        running = [one for one, held in self.model.plans.items() if not held.ended]
        plan_id = running[which % len(running)]
        now = datetime.now(UTC)
        yesterday = now.astimezone(BELGIUM).date() - timedelta(days=1)
        aged = {"starts_at": now - timedelta(days=366), "ends_on": yesterday, "ends_at": now - timedelta(seconds=1)}
        self.finish(self.shop.age(plan_id, **aged))
        self.model.plans[plan_id].ended = True

    @precondition(lambda self: self.model.plans)
    @rule(which=WHICH)
    def look(self, which: int) -> None:
        """What the timer does: a plan that is used up or over is renewed where that is wanted and paid for."""
        plan_id, held = list(self.model.plans.items())[which % len(self.model.plans)]
        wanted = held.renews and not held.is_renewed and not held.tried and (held.is_used_up or held.ended)
        paid = wanted and self.model.balance >= PRICES[held.slug]
        self.finish(self._look(plan_id))
        following = self.finish(self.shop.row(plan_id))["renewed_as"]
        if paid:
            held.is_renewed = True
            self._hold(following, held.slug, renews=True)
        else:
            held.tried = held.tried or wanted
            assert (following is not None) == held.is_renewed
        self._compare()

    @rule(cents=st.sampled_from([5_000, 30_000]))
    def fill(self, cents: int) -> None:
        self.finish(self._fill(cents))
        self.model.balance += cents

    def teardown(self) -> None:
        assert self.finish(self.shop.all_faults()) == []
        said = Counter(
            (one["type"], one["plan_id"]) for one in self.finish(published(self.database)) if "plan_id" in one
        )
        once = {said[name, plan] for name, plan in said if name in ("PlanBought", "PlanEnding", "PlanEnded")}
        assert once <= {1}

    def _key(self, key: int) -> str:
        """Keys are the tool's, and the database has seen other programs."""
        return f"{self.shop.wallet_id}-{key}"

    def _hold(self, plan_id: UUID, slug: str, renews: bool) -> None:
        row: dict[str, Any] = self.finish(self.shop.row(plan_id))
        assert (row["uses"], row["renews"]) == (USES[slug], renews)
        self.model.plans[plan_id] = Held(slug, (row["ends_at"], plan_id), renews)
        self.model.balance -= PRICES[slug]
        self._compare()

    def _compare(self) -> None:
        assert self.finish(balance_of(self.database, self.shop.wallet_id)) == self.model.balance
        for plan_id, held in self.model.plans.items():
            assert self.finish(self.shop.row(plan_id))["used"] == held.used

    async def _refund(self, charge_id: UUID, cents: int) -> None:
        asked = RefundRequest(self.shop.wallet_id, TOOL, f"{charge_id}-{datetime.now(UTC)}", charge_id, cents, "x")
        async with self.database.transaction() as db:
            await refund(db, asked)

    async def _look(self, plan_id: UUID) -> None:
        async with self.database.transaction() as db:
            await look_at(db, plan_id, now=datetime.now(UTC))

    async def _fill(self, cents: int) -> None:
        async with self.database.transaction() as db:
            await fill(db, self.shop.wallet_id, cents)


def test_each_use_is_counted_once_and_what_is_not_covered_is_paid(postgres_dsn: str) -> None:
    run_machine(Plans, postgres_dsn, programs=15, steps=30)
