"""Programs of all operations of a tool, against a model: after each step the money is compared, at the end the book is proven."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import charge
from services.wallet.charges.rules import ChargeRequest
from services.wallet.keys.handlers import once
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_credits
from services.wallet.ledger.rules import EUR, credits_of, wallet_id_of
from services.wallet.refunds.handlers import refund
from services.wallet.refunds.rules import RefundRequest
from services.wallet.reservations.handlers import capture, release, reserve
from services.wallet.reservations.jobs import overdue_reservations
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReserveRequest
from shared.errors import Problem
from tests.wallet.book import NOW, TOOL, faults_of, fill, open_filled, published
from tests.wallet.machines import Machine, run_machine
from tests.wallet.operations_model import Model, Purse, Request
from tests.wallet.reservation_desk import make_overdue

CREDITS = credits_of(TOOL)
KEYS = st.integers(0, 99).map(lambda number: f"k{number}")
AMOUNTS = st.sampled_from([1, 7, 100, 333, 1_999])
PLACES = st.integers(0, 1)
UNITS = st.sampled_from([EUR, EUR, CREDITS])


class Programs(Machine):
    """Two organisations with euros and credits. Keys are few, so that they meet."""

    def __init__(self) -> None:
        super().__init__()
        self.groups = ChargeGroups(self.database)
        self.model = Model()
        self.asked: list[Request] = []
        self.answers: dict[str, UUID] = {}
        self.wallets: list[UUID] = []
        for _ in range(2):
            self.finish(self._open())
        # Keys are the tool's, and the database has seen other programs.
        self.prefix = f"{self.wallets[0]}-"

    async def _open(self) -> None:
        async with self.database.transaction() as db:
            wallet_id = await open_filled(db, cents=3_000)
            await open_credits(db, wallet_id, TOOL, now=NOW)
            await self._credit(db, wallet_id, 300)
        self.wallets.append(wallet_id)
        self.model.purses |= {(wallet_id, EUR): Purse(3_000), (wallet_id, CREDITS): Purse(300)}

    @staticmethod
    async def _credit(db: Any, wallet_id: UUID, number: int) -> None:
        postings = [
            Posting("wallet", number, wallet_id=wallet_id_of(wallet_id, CREDITS), unit=CREDITS),
            Posting("issued", -number, party=TOOL, unit=CREDITS),
        ]
        await book(db, "credits", "test", postings, tool_id=TOOL)

    @rule(key=KEYS, place=PLACES, excl=AMOUNTS, unit=UNITS, reserves=st.booleans())
    def take(self, key: str, place: int, excl: int, unit: str, reserves: bool) -> None:
        kind = ReserveRequest if reserves else ChargeRequest
        rate_bp = 2_100 if unit == EUR else 0
        incl = excl + (excl * rate_bp + 5_000) // 10_000
        self._ask(kind(self.wallets[place], TOOL, self.prefix + key, excl, incl, rate_bp, "x", unit=unit))

    @precondition(lambda self: self.model.held)
    @rule(key=KEYS, which=st.integers(0, 50), excl=AMOUNTS, whole=st.booleans(), releases=st.booleans())
    def end(self, key: str, which: int, excl: int, whole: bool, releases: bool) -> None:
        reservation_id = list(self.model.held)[which % len(self.model.held)]
        made = next(one for one in self.asked if self.answers.get(one.idempotency_key) == reservation_id)
        assert isinstance(made, ReserveRequest)
        if releases:
            self._ask(ReleaseRequest(made.wallet_id, TOOL, self.prefix + key, reservation_id))
            return
        excl = made.amount_excl_cents if whole else excl
        incl = excl + (excl * made.vat_rate_bp + 5_000) // 10_000
        self._ask(CaptureRequest(made.wallet_id, TOOL, self.prefix + key, reservation_id, excl, incl))

    @precondition(lambda self: self.model.taken)
    @rule(key=KEYS, which=st.integers(0, 50), cents=AMOUNTS)
    def give_back(self, key: str, which: int, cents: int) -> None:
        charge_id, taken = list(self.model.taken.items())[which % len(self.model.taken)]
        wallet_id = next(place for (place, _), purse in self.model.purses.items() if purse is taken.purse)
        self._ask(RefundRequest(wallet_id, TOOL, self.prefix + key, charge_id, cents, "x"))

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 50))
    def ask_again(self, which: int) -> None:
        self._ask(self.asked[which % len(self.asked)])

    @rule(place=PLACES, cents=AMOUNTS)
    def fill(self, place: int, cents: int) -> None:
        async def work() -> None:
            async with self.database.transaction() as db:
                await fill(db, self.wallets[place], cents)

        self.finish(work())
        self.model.purses[self.wallets[place], EUR].balance += cents

    @rule(place=PLACES, freezes=st.booleans())
    def freeze_or_thaw(self, place: int, freezes: bool) -> None:
        async def work() -> None:
            async with self.database.transaction() as db:
                frozen_at = NOW if freezes else None
                await db.execute("UPDATE wallet SET frozen_at = $2 WHERE id = $1", self.wallets[place], frozen_at)

        self.finish(work())
        (self.model.frozen.add if freezes else self.model.frozen.discard)(self.wallets[place])

    @precondition(lambda self: any(held.state == "open" for held in self.model.held.values()))
    @rule(which=st.integers(0, 50), noticed=st.booleans())
    def time_passes(self, which: int, noticed: bool) -> None:
        still_open = [one for one, held in self.model.held.items() if held.state == "open"]
        reservation_id = still_open[which % len(still_open)]

        async def work() -> None:
            async with self.database.transaction() as db:
                await make_overdue(db, reservation_id)
            if noticed:
                await overdue_reservations(self.database)()

        self.finish(work())
        self.model.held[reservation_id].state = "overdue"
        if noticed:
            self.model.expire()

    def _ask(self, request: Request) -> None:
        expected = self.model.outcome(request)
        found, subject_id = self.finish(self._perform(request))
        assert found == expected, request
        if subject_id is not None:
            assert self.answers.setdefault(request.idempotency_key, subject_id) == subject_id
        if found == "done" and subject_id is not None:
            self.model.learn(request, subject_id)
        self.asked.append(request)
        self.finish(self._compare())

    async def _perform(self, request: Request) -> tuple[str, UUID | None]:
        try:
            match request:
                case ChargeRequest():
                    charged = await charge(self.groups, self.database, request, top_up_url="")
                    done, subject_id = charged, charged.charge_id
                case ReserveRequest():
                    done = await once(self.database, lambda db: reserve(db, request))
                    subject_id = done.reservation.id
                case CaptureRequest():
                    done = await once(self.database, lambda db: capture(db, request))
                    subject_id = done.charge.charge_id
                case ReleaseRequest():
                    done = await once(self.database, lambda db: release(db, request))
                    subject_id = done.reservation.id
                case RefundRequest():
                    done = await once(self.database, lambda db: refund(db, request))
                    subject_id = done.refund.refund_id
        except Problem as problem:
            return problem.code, None
        return ("repeated" if done.repeated else "done"), subject_id

    async def _compare(self) -> None:
        async with self.database.acquire() as db:
            rows = await db.fetch(
                "SELECT organisation_id, unit, balance_cents, held_cents FROM wallet WHERE organisation_id = ANY ($1)",
                self.wallets,
            )
        found = {(row["organisation_id"], row["unit"]): Purse(row["balance_cents"], row["held_cents"]) for row in rows}
        assert found == self.model.purses

    def teardown(self) -> None:
        self.finish(self._prove())

    async def _prove(self) -> None:
        assert await faults_of(self.database) == []
        events = await published(self.database)
        for wallet_id in self.wallets:
            versions = [event["version"] for event in events if event["wallet_id"] == str(wallet_id)]
            assert versions == sorted(set(versions))


def test_every_operation_does_what_the_model_says(postgres_dsn: str) -> None:
    run_machine(Programs, postgres_dsn, programs=15, steps=40)
