"""Money that is set aside: it cannot be taken twice, and it comes back."""

from datetime import timedelta

import asyncpg
import pytest

from services.wallet.access.store import upsert_registration
from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import charge
from services.wallet.charges.rules import CreditsHaveNoVat, OrganisationNotRegistered, UnitForeign, VatMismatch
from services.wallet.keys.rules import IdempotencyMismatch
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_credits
from services.wallet.ledger.rules import BalanceShort, CreditsShort, WalletFrozen, credits_of, wallet_id_of
from services.wallet.reservations import handlers
from services.wallet.reservations.jobs import overdue_reservations
from services.wallet.reservations.rules import (
    MAX_VALID_S,
    CaptureTooLarge,
    NothingAsked,
    ReservationEnded,
    ReservationExpired,
    ReservationNotFound,
    State,
    ValidityTooLong,
)
from shared.db import constraint_of
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.book import NOW, TOOL, balance_of, faults_of, fill, open_filled, published, request_of, together
from tests.wallet.reservation_desk import ReservationDesk as Desk
from tests.wallet.reservation_desk import make_overdue


@pytest.fixture
async def desk(database_of: DatabaseOf) -> Desk:
    database = await database_of("wallet")
    async with database.transaction() as db:
        return Desk(database, await open_filled(db))


async def test_what_is_reserved_stays_in_the_wallet_but_cannot_be_charged(desk: Desk) -> None:
    reserved = await desk.reserve("r1")
    assert await desk.money() == (5_000, 2_299)
    assert reserved.reservation.expires_at - reserved.reservation.reserved_at == timedelta(hours=1)
    with pytest.raises(BalanceShort) as refused:
        await charge(
            ChargeGroups(desk.database),
            desk.database,
            request_of(desk.wallet_id, "c1", excl=3_000, incl=3_630),
            top_up_url="",
        )
    assert refused.value.params["short_cents"] == 3_630 - 2_701
    with pytest.raises(BalanceShort):
        await desk.reserve("r2", excl=3_000, incl=3_630)
    [event] = await desk.events("ChargeReserved")
    assert (event["reservation_id"], event["amount_incl_cents"]) == (str(reserved.reservation.id), 2_299)
    assert await faults_of(desk.database) == []


async def test_a_capture_of_all_is_a_charge(desk: Desk) -> None:
    account_id = new_id()
    reserved = await desk.reserve("r1", account_id=account_id)
    captured = await desk.capture("c1", reserved.reservation.id)
    assert await desk.money() == (2_701, 0)
    assert (captured.charge.balance_cents, captured.charge.reservation_id) == (2_701, reserved.reservation.id)
    assert captured.charge.account_id == account_id
    [event] = await desk.events("WalletCharged", "ReservationReleased")
    assert (event["charge_id"], event["reservation_id"]) == (
        str(captured.charge.charge_id),
        str(reserved.reservation.id),
    )
    async with desk.database.acquire() as db:
        found = await handlers.get_reservation(db, TOOL, desk.wallet_id, reserved.reservation.id)
        rows = await db.fetch("SELECT account, balance_cents FROM ledger_balance ORDER BY account")
    assert (found.state, found.charge_id) == (State.CAPTURED, captured.charge.charge_id)
    assert [tuple(row) for row in rows] == [("clearing", -5_000), ("revenue", 1_900), ("vat", 399), ("wallet", 2_701)]
    assert await faults_of(desk.database) == []


async def test_a_capture_of_a_part_gives_the_rest_back_and_says_so(desk: Desk) -> None:
    reserved = await desk.reserve("r1")
    await desk.capture("c1", reserved.reservation.id, excl=1_000, incl=1_210)
    assert await desk.money() == (3_790, 0)
    charged, released = await desk.events("WalletCharged", "ReservationReleased")
    assert (released["reason"], released["amount_incl_cents"]) == ("captured-in-part", 1_089)
    assert charged["version"] < released["version"]
    assert await faults_of(desk.database) == []


async def test_a_release_gives_all_back(desk: Desk) -> None:
    reserved = await desk.reserve("r1")
    released = await desk.release("x1", reserved.reservation.id)
    assert await desk.money() == (5_000, 0)
    assert (released.reservation.state, released.repeated) == (State.RELEASED, False)
    again = await desk.release("x1", reserved.reservation.id)
    assert (again.reservation, again.repeated) == (released.reservation, True)
    assert [event["reason"] for event in await desk.events("ReservationReleased")] == ["released"]


async def test_what_is_overdue_comes_back_by_itself_once(desk: Desk) -> None:
    kept = await desk.reserve("r0", excl=100, incl=121)
    late = [await desk.reserve(f"r{number}", excl=200, incl=242) for number in (1, 2)]
    async with desk.database.transaction() as db:
        for one in late:
            await make_overdue(db, one.reservation.id)
    await together(*(overdue_reservations(desk.database)() for _ in range(3)))
    assert await desk.money() == (5_000, 121)
    events = await desk.events("ReservationReleased")
    assert [event["reason"] for event in events] == ["expired", "expired"]
    assert [event["version"] for event in events] == sorted({event["version"] for event in events})
    with pytest.raises(ReservationExpired):
        await desk.capture("c1", late[0].reservation.id, excl=200, incl=242)
    await desk.capture("c0", kept.reservation.id, excl=100, incl=121)
    assert await faults_of(desk.database) == []


async def test_a_capture_after_the_time_is_refused_also_when_nobody_has_looked_yet(desk: Desk) -> None:
    reserved = await desk.reserve("r1")
    async with desk.database.transaction() as db:
        await make_overdue(db, reserved.reservation.id)
    for refused in (desk.capture("c1", reserved.reservation.id), desk.release("x1", reserved.reservation.id)):
        with pytest.raises(ReservationExpired):
            await refused
    assert await desk.money() == (5_000, 2_299)


async def test_more_than_was_reserved_cannot_be_captured(desk: Desk) -> None:
    reserved = (await desk.reserve("r1")).reservation
    for excl, incl, error in (
        (1_901, 2_300, CaptureTooLarge),
        (1_900, 2_000, VatMismatch),
        (0, 0, NothingAsked),
    ):
        with pytest.raises(error):
            await desk.capture("c1", reserved.id, excl=excl, incl=incl)
    assert await desk.money() == (5_000, 2_299)


async def test_what_ended_does_not_end_again(desk: Desk) -> None:
    reserved = (await desk.reserve("r1")).reservation
    await desk.capture("c1", reserved.id, excl=100, incl=121)
    for refused in (desk.capture("c2", reserved.id, excl=100, incl=121), desk.release("x1", reserved.id)):
        with pytest.raises(ReservationEnded) as error:
            await refused
        assert error.value.params == {"state": "captured"}


async def test_of_many_at_once_one_captures(desk: Desk) -> None:
    reserved = (await desk.reserve("r1")).reservation
    attempts = [desk.capture(f"c{number}", reserved.id) for number in range(4)]
    releases = [desk.release(f"x{number}", reserved.id) for number in range(4)]
    answers = await together(*attempts, *releases)
    assert sorted(type(answer).__name__ for answer in answers).count("ReservationEnded") == 7
    assert await faults_of(desk.database) == []


async def test_a_key_gets_its_first_answer_again_and_serves_one_request(desk: Desk) -> None:
    reserved = await desk.reserve("k1")
    captured = await desk.capture("k2", reserved.reservation.id)
    again = await desk.reserve("k1")
    assert again.repeated
    assert again.reservation.expires_at == reserved.reservation.expires_at
    repeated = await desk.capture("k2", reserved.reservation.id)
    assert (repeated.charge, repeated.repeated) == (captured.charge, True)
    groups = ChargeGroups(desk.database)
    for refused in (
        desk.reserve("k2"),
        desk.reserve("k1", excl=100, incl=121),
        desk.reserve("k1", valid_s=60),
        desk.capture("k1", reserved.reservation.id),
        desk.release("k2", reserved.reservation.id),
        charge(groups, desk.database, request_of(desk.wallet_id, "k1"), top_up_url=""),
        charge(groups, desk.database, request_of(desk.wallet_id, "k2"), top_up_url=""),
    ):
        with pytest.raises(IdempotencyMismatch):
            await refused
    assert await desk.money() == (2_701, 0)


async def test_one_key_for_a_charge_and_a_reservation_at_once_does_one_of_them(desk: Desk) -> None:
    async with desk.database.transaction() as db:
        other = await open_filled(db)
    groups = ChargeGroups(desk.database)
    for number in range(5):
        answers = await together(
            charge(groups, desk.database, request_of(other, f"k{number}", excl=10, incl=12), top_up_url=""),
            desk.reserve(f"k{number}", excl=10, incl=12),
        )
        assert [type(answer).__name__ for answer in answers].count("IdempotencyMismatch") == 1


async def test_a_frozen_wallet_reserves_nothing_but_what_stands_is_captured(desk: Desk) -> None:
    reserved = (await desk.reserve("r1")).reservation
    async with desk.database.transaction() as db:
        taken_back = [Posting("wallet", -4_000, wallet_id=desk.wallet_id), Posting("clearing", 4_000, party="test")]
        booked = await book(db, "chargeback", "test", taken_back, overdraw=True)
    assert booked.wallets[desk.wallet_id].frozen
    with pytest.raises(WalletFrozen):
        await desk.reserve("r2", excl=10, incl=12)
    with pytest.raises(WalletFrozen):
        await charge(ChargeGroups(desk.database), desk.database, request_of(desk.wallet_id, "c2"), top_up_url="")
    await desk.capture("c1", reserved.id)
    assert await desk.money() == (1_000 - 2_299, 0)
    assert await faults_of(desk.database) == []


async def test_a_tool_that_was_deregistered_ends_what_it_began_and_begins_nothing(desk: Desk) -> None:
    first, second = [(await desk.reserve(f"r{number}", excl=100, incl=121)).reservation for number in (1, 2)]
    async with desk.database.transaction() as db:
        await db.execute("UPDATE registration SET active = false")
    await desk.capture("c1", first.id, excl=100, incl=121)
    await desk.release("x1", second.id)
    with pytest.raises(OrganisationNotRegistered):
        await desk.reserve("r3", excl=100, incl=121)


async def test_another_tool_finds_no_reservation(desk: Desk) -> None:
    reserved = (await desk.reserve("r1")).reservation
    with pytest.raises(ReservationNotFound):
        await desk.capture("c1", reserved.id, tool_id="romi")


async def test_a_tool_reserves_its_own_credits_in_whole(desk: Desk) -> None:
    unit = credits_of(TOOL)
    with pytest.raises(CreditsShort):
        await desk.reserve("r0", excl=3, incl=3, vat_rate_bp=0, unit=unit)
    async with desk.database.transaction() as db:
        credits_id = await open_credits(db, desk.wallet_id, TOOL, now=NOW)
        bought = [Posting("wallet", 10, wallet_id=credits_id, unit=unit), Posting("issued", -10, party=TOOL, unit=unit)]
        await book(db, "credits", "ten", bought, tool_id=TOOL)
    assert credits_id == wallet_id_of(desk.wallet_id, unit)
    reserved = (await desk.reserve("r1", excl=8, incl=8, vat_rate_bp=0, unit=unit)).reservation
    with pytest.raises(CreditsShort) as refused:
        await desk.reserve("r2", excl=3, incl=3, vat_rate_bp=0, unit=unit)
    assert refused.value.params["short_cents"] == 1
    captured = await desk.capture("c1", reserved.id, excl=5, incl=5)
    assert (captured.charge.balance_cents, captured.charge.unit) == (5, unit)
    assert await balance_of(desk.database, desk.wallet_id) == 5_000
    events = await published(desk.database)
    assert [event["version"] for event in events] == sorted({event["version"] for event in events})
    assert {event["wallet_id"] for event in events} == {str(desk.wallet_id)}
    assert await faults_of(desk.database) == []


async def test_what_cannot_be_reserved_is_refused(desk: Desk) -> None:
    for more, error in (
        ({"unit": "credits/romi"}, UnitForeign),
        ({"unit": credits_of(TOOL)}, CreditsHaveNoVat),
        ({"excl": 0, "incl": 0}, NothingAsked),
        ({"valid_s": MAX_VALID_S + 1}, ValidityTooLong),
        ({"incl": 2_400}, VatMismatch),
    ):
        with pytest.raises(error):
            await desk.reserve("r1", **more)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE reservation SET amount_incl_cents = 1",
        "UPDATE reservation SET expires_at = expires_at + interval '1 day'",
        "UPDATE reservation SET state = 'captured', ended_at = now(), tool_id = 'romi'",
        "DELETE FROM reservation",
        "TRUNCATE reservation CASCADE",
    ],
)
async def test_the_database_lets_nothing_but_the_state_of_a_reservation_go_forward(desk: Desk, change: str) -> None:
    reserved = (await desk.reserve("r1")).reservation
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with desk.database.transaction() as db:
            await db.execute(change)
    await desk.release("x1", reserved.id)
    for state in ("open", "captured", "expired"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            async with desk.database.transaction() as db:
                await db.execute("UPDATE reservation SET state = $1", state)
        assert constraint_of(refused.value) == "reservation_goes_forward"


async def test_the_money_of_a_reservation_lowers_no_balance(desk: Desk) -> None:
    await desk.reserve("r1", excl=4_000, incl=4_840)
    async with desk.database.transaction() as db:
        await upsert_registration(db, new_id(), desk.wallet_id, "romi", active=True)
        await fill(db, desk.wallet_id, 1)
    assert await desk.events("BalanceLow") == []
    assert await desk.money() == (5_001, 4_840)
