"""While instances are replaced one by one, those of the version before go on with the schema of the new one."""

from services.wallet.charges.handlers import prepare
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.book import TOOL, balance_of, faults_of, open_filled, request_of


async def test_charges_with_an_array_for_each_field_are_still_booked(database_of: DatabaseOf) -> None:
    """As 0015 has it; the events then are those of whoever charges now."""
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
    request = request_of(wallet_id, "k1")
    now = prepare(request)
    async with database.acquire() as db:
        row = await db.fetchrow(
            """
            SELECT outcome, balance_cents
            FROM wallet_charge($1, $2, $2, ARRAY['EUR'], $3, $4, $5, ARRAY[1900::bigint], ARRAY[2299::bigint], ARRAY[2100],
                               ARRAY['An extract'], ARRAY[NULL::uuid], ARRAY[false], $6, $7, $8)
            """,
            [new_id()],
            [wallet_id],
            [TOOL],
            ["k1"],
            [request.fingerprint()],
            [now.topic],
            [now.headers + "}"],
            [now.payload + "}"],
        )
        events = await db.fetch("SELECT headers ->> 'ce_sequence' AS version, payload FROM outbox ORDER BY id")
    assert (row["outcome"], row["balance_cents"]) == ("charged", 2_701)
    assert await balance_of(database, wallet_id) == 2_701
    assert await faults_of(database) == []
    assert events[-1]["version"] == "3"
    assert b'"balance_cents":2701' in events[-1]["payload"]
