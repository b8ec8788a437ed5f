"""How often the database is asked: three times at most for what a tool does beside charging, as it may be far away; and a wallet of
many charges is looked up as often as one of few, as its row leaves many old versions behind.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from services.wallet.charges import store as charges
from services.wallet.charges.handlers import prepare
from services.wallet.refunds.handlers import refund
from services.wallet.refunds.rules import RefundRequest
from services.wallet.reservations.handlers import capture, release, reserve
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReserveRequest
from shared.db import Connection
from tests.conftest import DatabaseOf
from tests.wallet.book import TOOL, faults_of, open_filled, request_of

MOST = 3
_LOOKS = "SELECT sum(pg_stat_get_xact_numscans(indexrelid)) FROM pg_stat_user_indexes WHERE relname = 'wallet'"


async def test_reserve_capture_release_and_refund_take_three_round_trips(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)

    async def counted(work: Callable[[Connection], Awaitable[Any]]) -> Any:
        said: list[Any] = []
        async with database.transaction() as db:
            with db.query_logger(said.append):
                done = await work(db)
        asked = [
            one.query for one in said if "typeinfo_tree" not in one.query
        ]  # what the driver looks up once a connection
        assert len(asked) <= MOST, asked
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


async def test_a_wallet_is_looked_up_as_often_for_many_charges_as_for_one(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db, cents=1_000_000)

    async def looks(count: int) -> int:
        prepared = [prepare(request_of(wallet_id, f"{count}-{n}", excl=10, incl=12)) for n in range(count)]
        async with database.transaction() as db:
            before = await db.fetchval(_LOOKS)
            answers = await charges.charge(db, prepared)
            assert {answer.outcome for answer in answers} == {"charged"}
            return await db.fetchval(_LOOKS) - before

    few = await looks(1)
    assert few > 0
    assert await looks(50) == few
