"""What meets at one moment: a capture and the end of its reservation, a refund by support and a chargeback of the same payment."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.wallet.payments.port import Chargeback, Payment
from services.wallet.reservations.handlers import expire_due
from services.wallet.reservations.rules import ReservationExpired
from services.wallet.returns.refunds import request_refund
from services.wallet.topups.handlers import settle
from shared.db import Database
from shared.errors import Problem
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.book import balance_of, faults_of, open_filled, published, together
from tests.wallet.reservation_desk import ReservationDesk


async def _at(database: Database, moment: datetime, work: Any) -> Any:
    """Run it in a transaction that begins at this moment of the database."""
    async with database.transaction() as db:
        await db.execute("SELECT pg_sleep(greatest(0, extract(epoch FROM $1 - clock_timestamp())))", moment)
        return await work(db)


async def test_a_capture_at_the_moment_of_its_end_happens_whole_or_not_at_all(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        desk = ReservationDesk(database, await open_filled(db, cents=50_000))
    captured = 0
    for turn in range(6):
        reserved = await desk.reserve(f"reserve-{turn}", valid_s=1)
        end = reserved.reservation.expires_at

        async def capture(key: str = f"capture-{turn}", of: UUID = reserved.reservation.id) -> Any:
            return await desk.capture(key, of)

        await asyncio.sleep((end - datetime.now(UTC)).total_seconds() - 0.02)
        asked = await together(
            _at(database, end - timedelta(milliseconds=2 * turn - 6), expire_due),
            capture(),
            capture(),
            _expire(database),
        )
        failed = [one for one in asked if isinstance(one, BaseException)]
        assert all(isinstance(one, ReservationExpired) for one in failed), failed
        captured += len(failed) == 0
        await asyncio.sleep(0.02)
        await _expire(database)
        assert await desk.money() == (50_000 - captured * 2_299, 0)
    released = await desk.events("ReservationReleased")
    assert len(released) + captured == 6
    assert await faults_of(database) == []


async def _expire(database: Database) -> int:
    async with database.transaction() as db:
        return await expire_due(db)


async def test_a_refund_and_a_chargeback_of_one_payment_at_once_are_each_booked_once(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    top_up_id, now = new_id(), datetime.now(UTC)
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=0)
        await db.execute(
            """
            INSERT INTO top_up (id, wallet_id, amount_cents, currency, method, provider, requested_by, state, created_at)
            VALUES ($1, $2, 5000, 'EUR', 'visa', 'mollie', $1, 'created', now())
            """,
            top_up_id,
            wallet_id,
        )
    paid = Payment("tr_1", "paid", 5_000, "EUR", "visa", top_up_id)
    taken = Chargeback("chb_1", "tr_1", 5_000, "EUR", is_reversed=False, created_at=now)
    back = Payment("tr_1", "paid", 5_000, "EUR", "visa", top_up_id, chargebacks=(taken,))

    async def hear(payment: Payment) -> None:
        async with database.transaction() as db:
            await settle(db, "mollie", payment, now=now)

    async def refund(refund_id: UUID) -> None:
        async with database.transaction() as db:
            await request_refund(db, top_up_id, 2_000, "Paid twice", refund_id=refund_id, by=new_id(), now=now)

    await together(*(hear(paid) for _ in range(4)))
    assert await balance_of(database, wallet_id) == 5_000
    one, other = new_id(), new_id()
    found = await together(hear(back), refund(one), refund(other), hear(back), refund(one), hear(paid), hear(back))
    refused = [error for error in found if error is not None]
    assert all(isinstance(error, Problem) for error in refused), refused
    assert len(await published(database, "WalletChargedBack")) == 1
    refunds = len(await published(database, "TopUpRefunded"))
    assert refunds <= 2
    assert await balance_of(database, wallet_id) == -2_000 * refunds
    async with database.acquire() as db:
        frozen = await db.fetchval("SELECT frozen_at IS NOT NULL FROM wallet WHERE id = $1", wallet_id)
    assert frozen == (refunds > 0)
    assert await faults_of(database) == []
