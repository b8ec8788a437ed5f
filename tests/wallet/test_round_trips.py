"""What a tool does with money beside charging it asks the database three times at most: it may be far away."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.wallet.refunds.handlers import refund
from services.wallet.refunds.rules import RefundRequest
from services.wallet.reservations.handlers import capture, release, reserve
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReserveRequest
from shared.db import Connection
from tests.conftest import DatabaseOf
from tests.wallet.book import TOOL, faults_of, open_filled

MOST = 3


async def test_reserve_capture_release_and_refund_take_three_round_trips(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)

    async def counted(work: Callable[[Connection], Awaitable[Any]]) -> Any:
        said: list[Any] = []
        async with database.transaction() as db:
            with db.query_logger(said.append):
                done = await work(db)
        assert len(said) <= MOST, [one.query for one in said]
        return done

    def reserving(key: str) -> ReserveRequest:
        return ReserveRequest(wallet_id, TOOL, key, 1_000, 1_210, 2_100, "x")

    first = (await counted(lambda db: reserve(db, reserving("r1")))).reservation.id
    second = (await counted(lambda db: reserve(db, reserving("r2")))).reservation.id
    capturing = CaptureRequest(wallet_id, TOOL, "c1", first, 500, 605)
    charge_id = (await counted(lambda db: capture(db, capturing))).charge.charge_id
    await counted(lambda db: release(db, ReleaseRequest(wallet_id, TOOL, "l1", second)))
    refunding = RefundRequest(wallet_id, TOOL, "f1", charge_id, 605, "x")
    assert not (await counted(lambda db: refund(db, refunding))).repeated
    assert (await counted(lambda db: refund(db, refunding))).repeated
    assert await faults_of(database) == []
