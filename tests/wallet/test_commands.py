"""Money set aside, taken and given back by command; every answer is an event."""

from typing import Any
from uuid import UUID

import pytest

from services.wallet.commands import COMMANDS
from shared.db import Database
from shared.events.wallet_commands import (
    CaptureReservation,
    ChargeWallet,
    RefundCharge,
    ReleaseReservation,
    ReserveWallet,
    WalletCommand,
)
from shared.ids import new_id
from shared.sealed import Keyring
from tests.conftest import DatabaseOf
from tests.wallet.book import TOOL, balance_of, faults_of, open_filled, published

PRICE = {"amount_excl_cents": 1_900, "amount_incl_cents": 2_299, "vat_rate_bp": 2_100, "description": "An extract"}
PART = {"amount_excl_cents": 1_000, "amount_incl_cents": 1_210}


class Desk:
    def __init__(self, database: Database, keyring: Keyring, wallet_id: UUID) -> None:
        self.database = database
        self.keyring = keyring
        self.wallet_id = wallet_id

    async def send(self, kind: type[WalletCommand], key: str, **fields: Any) -> dict[str, Any]:
        """Handle the command, and return the last event after it."""
        usual = {"wallet_id": self.wallet_id, "tool_id": TOOL, "idempotency_key": key}
        async with self.database.transaction() as db:
            await COMMANDS.handlers[kind](db, kind(**{**usual, **fields}), self.keyring)
        return (await published(self.database))[-1]


@pytest.fixture
async def desk(database_of: DatabaseOf, keyring: Keyring) -> Desk:
    database = await database_of("wallet")
    async with database.transaction() as db:
        return Desk(database, keyring, await open_filled(db))


async def test_from_the_reservation_to_the_refund_by_command(desk: Desk) -> None:
    reserved = await desk.send(ReserveWallet, "k1", **PRICE, valid_s=600)
    assert (reserved["type"], reserved["amount_incl_cents"]) == ("ChargeReserved", 2_299)
    released = await desk.send(CaptureReservation, "k2", reservation_id=reserved["reservation_id"], **PART)
    assert (released["type"], released["reason"]) == ("ReservationReleased", "captured-in-part")
    [charged] = await published(desk.database, "WalletCharged")
    refund = {"charge_id": charged["charge_id"], "amount_incl_cents": 210, "description": "Too late"}
    refunded = await desk.send(RefundCharge, "k3", **refund)
    assert (refunded["type"], refunded["balance_cents"]) == ("WalletRefunded", 4_000)
    second = await desk.send(ReserveWallet, "k4", **PRICE)
    released = await desk.send(ReleaseReservation, "k5", reservation_id=second["reservation_id"])
    assert (released["type"], released["reason"]) == ("ReservationReleased", "released")

    before = len(await published(desk.database))
    await desk.send(ReserveWallet, "k1", **PRICE, valid_s=600)
    await desk.send(CaptureReservation, "k2", reservation_id=reserved["reservation_id"], **PART)
    await desk.send(RefundCharge, "k3", **refund)
    await desk.send(ReleaseReservation, "k5", reservation_id=second["reservation_id"])
    assert len(await published(desk.database)) == before
    assert await balance_of(desk.database, desk.wallet_id) == 4_000
    assert await faults_of(desk.database) == []


async def test_every_refusal_is_answered_with_the_operation_and_holds_nothing_back(desk: Desk) -> None:
    reserved = (await desk.send(ReserveWallet, "k1", **PRICE))["reservation_id"]
    charged = (await desk.send(ChargeWallet, "k2", **{**PRICE, **PART}))["charge_id"]
    refund = {"charge_id": charged, "amount_incl_cents": 1, "description": "x"}
    cases: list[tuple[type[WalletCommand], dict[str, Any], str, str]] = [
        (ReserveWallet, {**PRICE, "amount_excl_cents": 9_000, "amount_incl_cents": 10_890}, "reserve", "balance-short"),
        (ReserveWallet, {**PRICE, "tool_id": "romi"}, "reserve", "not-registered"),
        (ReserveWallet, {**PRICE, "wallet_id": new_id()}, "reserve", "not-registered"),
        (ReserveWallet, {**PRICE, "amount_excl_cents": 0, "amount_incl_cents": 0}, "reserve", "invalid"),
        (ReserveWallet, {**PRICE, "idempotency_key": "k2"}, "reserve", "key-reused"),
        (ReserveWallet, {**PRICE, "description": "a\x00b"}, "reserve", "invalid"),
        (ChargeWallet, {**PRICE, **PART, "unit": f"credits/{TOOL}"}, "charge", "invalid"),
        (CaptureReservation, {"reservation_id": new_id(), **PART}, "capture", "reservation-not-found"),
        (
            CaptureReservation,
            {"reservation_id": reserved, "amount_excl_cents": 2_000, "amount_incl_cents": 2_420},
            "capture",
            "capture-too-large",
        ),
        (ReleaseReservation, {"reservation_id": new_id()}, "release", "reservation-not-found"),
        (RefundCharge, {**refund, "amount_incl_cents": 1_211}, "refund", "refund-too-large"),
        (RefundCharge, {**refund, "charge_id": new_id()}, "refund", "charge-not-found"),
        (RefundCharge, {**refund, "amount_incl_cents": 0}, "refund", "invalid"),
        (RefundCharge, {**refund, "idempotency_key": "k1"}, "refund", "key-reused"),
        (RefundCharge, {**refund, "description": "a\x00b"}, "refund", "invalid"),
    ]
    for kind, fields, operation, reason in cases:
        event = await desk.send(kind, "k9", **fields)
        assert (event["type"], event["operation"], event["reason"]) == ("ChargeRefused", operation, reason), fields
    await desk.send(ReleaseReservation, "k3", reservation_id=reserved)
    event = await desk.send(CaptureReservation, "k9", reservation_id=reserved, **PART)
    assert (event["operation"], event["reason"]) == ("capture", "reservation-ended")
    async with desk.database.transaction() as db:
        await db.execute("UPDATE wallet SET frozen_at = now()")
    for kind, operation in ((ReserveWallet, "reserve"), (ChargeWallet, "charge")):
        event = await desk.send(kind, "k9", **PRICE)
        assert (event["operation"], event["reason"]) == (operation, "wallet-frozen")
    assert await balance_of(desk.database, desk.wallet_id) == 5_000 - 1_210
    assert await faults_of(desk.database) == []
