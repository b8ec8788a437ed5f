"""Charges through the handler: once per key, never below zero, an event for each."""

from uuid import UUID

import pytest

from services.wallet.access.store import upsert_registration
from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import Charged, charge
from services.wallet.charges.rules import (
    ChargeRequest,
    NotPrintable,
    OrganisationNotRegistered,
    VatMismatch,
    check_request,
)
from services.wallet.keys.rules import IdempotencyMismatch
from services.wallet.ledger.handlers import announce_low_balance
from services.wallet.ledger.rules import BalanceShort
from shared.db import Database
from shared.events.wallet import WalletCharged
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.book import TOOL, balance_of, faults_of, fill, open_filled, published, request_of, together

URL = "http://here/top-up"


class Desk:
    """A database, its groups, and `charge` with them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.groups = ChargeGroups(database)

    async def charge(self, request: ChargeRequest) -> Charged:
        return await charge(self.groups, self.database, request, top_up_url=URL)

    async def open(self, *, cents: int = 5_000, low_cents: int = 1_000) -> UUID:
        async with self.database.transaction() as db:
            return await open_filled(db, cents=cents, low_cents=low_cents)


@pytest.fixture
async def desk(database_of: DatabaseOf) -> Desk:
    return Desk(await database_of("wallet"))


async def test_a_charge_takes_the_money_and_says_so(desk: Desk) -> None:
    wallet_id = await desk.open()
    account_id = new_id()
    charged = await desk.charge(request_of(wallet_id, "k1", account_id=account_id))
    assert (charged.balance_cents, charged.repeated) == (2_701, False)
    assert await balance_of(desk.database, wallet_id) == 2_701
    assert await faults_of(desk.database) == []
    [event] = await published(desk.database, "WalletCharged")
    assert event.pop("type")
    assert event.pop("sequence") == "3"
    expected = WalletCharged(
        version=3,
        wallet_id=wallet_id,
        charge_id=charged.charge_id,
        tool_id=TOOL,
        amount_excl_cents=1_900,
        amount_incl_cents=2_299,
        balance_cents=2_701,
        account_id=account_id,
    )
    assert WalletCharged.model_validate(event) == expected
    assert event == expected.model_dump(mode="json")


async def test_the_events_headers_are_those_of_the_kit(desk: Desk) -> None:
    wallet_id = await desk.open()
    await desk.charge(request_of(wallet_id, "k1"))
    async with desk.database.acquire() as db:
        opened, charged = await db.fetch("SELECT topic, key, headers FROM outbox ORDER BY id")
    assert charged["topic"] == opened["topic"] == "wallet.events"
    assert charged["key"] == opened["key"] == str(wallet_id).encode()
    assert charged["headers"].keys() == opened["headers"].keys()


async def test_revenue_and_vat_are_booked_apart(desk: Desk) -> None:
    wallet_id = await desk.open()
    await desk.charge(request_of(wallet_id, "k1"))
    async with desk.database.acquire() as db:
        rows = await db.fetch("SELECT account, party, balance_cents FROM ledger_balance ORDER BY account")
    assert [tuple(row) for row in rows] == [
        ("clearing", "test", -5_000),
        ("revenue", TOOL, 1_900),
        ("vat", "BE", 399),
        ("wallet", str(wallet_id), 2_701),
    ]


async def test_the_same_key_gets_the_first_answer_again_even_when_the_wallet_is_empty_by_then(desk: Desk) -> None:
    wallet_id = await desk.open()
    first = await desk.charge(request_of(wallet_id, "k1"))
    await desk.charge(request_of(wallet_id, "k2"))
    again = await desk.charge(request_of(wallet_id, "k1"))
    assert (again.charge_id, again.balance_cents, again.booked_at) == (
        first.charge_id,
        first.balance_cents,
        first.booked_at,
    )
    assert again.repeated
    assert await balance_of(desk.database, wallet_id) == 402


async def test_the_same_key_for_another_charge_is_refused(desk: Desk) -> None:
    wallet_id, other = await desk.open(), await desk.open()
    await desk.charge(request_of(wallet_id, "k1"))
    for request in (request_of(wallet_id, "k1", incl=2_300), request_of(other, "k1")):
        with pytest.raises(IdempotencyMismatch):
            await desk.charge(request)
    assert await balance_of(desk.database, other) == 5_000


async def test_two_tools_may_use_the_same_key(desk: Desk) -> None:
    wallet_id = await desk.open()
    async with desk.database.transaction() as db:
        await upsert_registration(db, new_id(), wallet_id, "romi", active=True)
    first = await desk.charge(request_of(wallet_id, "k1"))
    second = await desk.charge(request_of(wallet_id, "k1", tool_id="romi"))
    assert first.charge_id != second.charge_id


async def test_a_short_wallet_is_refused_with_what_is_missing_and_charged_after_a_top_up(desk: Desk) -> None:
    wallet_id = await desk.open(cents=2_000)
    with pytest.raises(BalanceShort) as refused:
        await desk.charge(request_of(wallet_id, "k1"))
    assert refused.value.params == {"balance_cents": 2_000, "short_cents": 299, "top_up_url": URL}
    [event] = await published(desk.database, "ChargeRefused")
    assert (event["reason"], event["idempotency_key"], event["version"]) == ("balance-short", "k1", 3)
    async with desk.database.transaction() as db:
        await fill(db, wallet_id, 299)
    assert (await desk.charge(request_of(wallet_id, "k1"))).balance_cents == 0


async def test_held_money_cannot_be_charged(desk: Desk) -> None:
    wallet_id = await desk.open()
    async with desk.database.transaction() as db:
        await db.execute("UPDATE wallet SET held_cents = 3000 WHERE id = $1", wallet_id)
    with pytest.raises(BalanceShort) as refused:
        await desk.charge(request_of(wallet_id, "k1"))
    assert refused.value.params["short_cents"] == 299


async def test_only_a_tool_that_is_registered_and_not_suspended_may_charge(desk: Desk) -> None:
    async with desk.database.transaction() as db:
        wallet_id = await open_filled(db, tools=())
        await upsert_registration(db, new_id(), wallet_id, TOOL, active=False)
        await upsert_registration(db, new_id(), wallet_id, "another", active=True)
    for request in (request_of(wallet_id, "k1"), request_of(new_id(), "k2")):
        with pytest.raises(OrganisationNotRegistered):
            await desk.charge(request)
    assert await balance_of(desk.database, wallet_id) == 5_000


async def test_a_hundred_callers_with_one_key_charge_once(desk: Desk) -> None:
    wallet_id = await desk.open(cents=500_000)
    request = request_of(wallet_id, "k1")
    other_process = Desk(desk.database)
    answers = await together(*(place.charge(request) for _ in range(50) for place in (desk, other_process)))
    assert len({answer.charge_id for answer in answers}) == 1
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 99
    assert await balance_of(desk.database, wallet_id) == 500_000 - 2_299


async def test_one_key_on_two_wallets_at_once_charges_one_of_them(desk: Desk) -> None:
    one, other = await desk.open(), await desk.open()
    second = Desk(desk.database)
    for round_ in range(5):
        answers = await together(
            desk.charge(request_of(one, f"k{round_}", excl=100, incl=121)),
            second.charge(request_of(other, f"k{round_}", excl=100, incl=121)),
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["Charged", "IdempotencyMismatch"]
    assert await balance_of(desk.database, one) + await balance_of(desk.database, other) == 10_000 - 5 * 121


async def test_in_a_group_one_refusal_refuses_one_charge(desk: Desk) -> None:
    rich, poor = await desk.open(), await desk.open(cents=100)
    answers = await together(
        desk.charge(request_of(rich, "a")),
        desk.charge(request_of(poor, "b")),
        desk.charge(request_of(rich, "c")),
        desk.charge(request_of(new_id(), "d")),
        desk.charge(request_of(rich, "e")),
        desk.charge(request_of(poor, "f", excl=83, incl=100)),
    )
    names = [type(answer).__name__ for answer in answers]
    assert names == ["Charged", "BalanceShort", "Charged", "OrganisationNotRegistered", "BalanceShort", "Charged"]
    assert await faults_of(desk.database) == []


async def test_charges_of_one_wallet_have_versions_and_outbox_ids_in_one_order(desk: Desk) -> None:
    wallet_id = await desk.open(cents=100_000)
    places = [Desk(desk.database), Desk(desk.database), desk]
    await together(*(places[n % 3].charge(request_of(wallet_id, str(n), excl=10, incl=12)) for n in range(60)))
    versions = [event["version"] for event in await published(desk.database)]
    assert versions == [1, *range(3, 63)]
    assert await faults_of(desk.database) == []


async def test_a_low_balance_is_announced_once_until_the_wallet_was_above_it(desk: Desk) -> None:
    wallet_id = await desk.open(cents=3_000, low_cents=1_000)

    async def announced() -> int:
        async with desk.database.transaction() as db:
            for row in await db.fetch("DELETE FROM job RETURNING kind, payload"):
                assert row["kind"] == "wallet.announce-low-balance"
                await announce_low_balance(db, UUID(row["payload"]["wallet_id"]))
        return len(await published(desk.database, "BalanceLow"))

    await desk.charge(request_of(wallet_id, "1", excl=1_000, incl=1_210))
    assert await announced() == 0
    await desk.charge(request_of(wallet_id, "2", excl=1_000, incl=1_210))
    assert await announced() == 1
    await desk.charge(request_of(wallet_id, "3", excl=100, incl=121))
    assert await announced() == 1
    async with desk.database.transaction() as db:
        await fill(db, wallet_id, 1_000)
    await desk.charge(request_of(wallet_id, "4", excl=900, incl=1_089))
    assert await announced() == 2


@pytest.mark.parametrize(
    ("excl", "incl", "rate", "fits"),
    [
        (1_900, 2_299, 2_100, True),
        (1_900, 2_298, 2_100, True),
        (1_900, 2_297, 2_100, False),
        (1_900, 1_900, 0, True),
        (1_900, 1_899, 0, False),
        (0, 0, 2_100, True),
        (0, 1, 2_100, True),
        (33, 40, 2_100, True),
        (33, 42, 2_100, False),
    ],
)
def test_the_vat_must_fit_its_rate_to_a_cent(excl: int, incl: int, rate: int, fits: bool) -> None:
    request = request_of(new_id(), "k", excl=excl, incl=incl, vat_rate_bp=rate)
    if fits:
        check_request(request)
    else:
        with pytest.raises(VatMismatch):
            check_request(request)


def test_a_text_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(NotPrintable):
        check_request(request_of(new_id(), "k", description="a\x00b"))
