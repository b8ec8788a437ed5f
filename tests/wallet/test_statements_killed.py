"""A process that credits transfers, killed without a word in the middle: the next one goes on, and each wallet has its money once."""

from pathlib import Path

from services.wallet.bank import store
from tests.conftest import DatabaseOf
from tests.support.events import fetch
from tests.wallet.book import balance_of, faults_of, open_filled
from tests.wallet.coda_writer import coda
from tests.wallet.killing import kill_where_it_waits, run_to_its_end, until_it_is_gone
from tests.wallet.statements import movement, statement

CENTS = 1_000
PROGRAM = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from services.wallet.bank.handlers import import_file
from services.wallet.bank.jobs import received_transfers
from services.wallet.bank.reading import read

async def main():
    database = open_database()
    await database.open()
    data = Path(sys.argv[1]).read_bytes()
    async with database.transaction() as db:
        await import_file(db, "file.cod", data, read(data), only_iban=None, now=datetime.now(UTC))
    await received_transfers(database)()
    await database.close()

asyncio.run(main())
"""
"""What the service does with a file."""


async def test_an_import_that_is_killed_while_it_credits_goes_on_and_credits_once(
    database_of: DatabaseOf, tmp_path: Path
) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        first, second = [await open_filled(db, cents=0) for _ in range(2)]
        digits = [await store.find_communication(db, one) for one in (first, second)]
    # A round is 200 movements: those of the first wallet are credited, then it waits for the second.
    movements = [movement(CENTS, structured=digits[at // 200], bank_reference=f"R{at:05}") for at in range(300)]
    path = tmp_path / "file.cod"
    path.write_bytes(coda(statement(*movements)))
    async with database.transaction() as db:
        await db.execute("SELECT FROM wallet WHERE id = $1 FOR UPDATE", second)
        await kill_where_it_waits(database, PROGRAM, str(path))
    await until_it_is_gone(database)
    assert await faults_of(database) == []
    assert [await balance_of(database, one) for one in (first, second)] == [200 * CENTS, 0]
    await run_to_its_end(database, PROGRAM, str(path))
    assert [await balance_of(database, one) for one in (first, second)] == [200 * CENTS, 100 * CENTS]
    assert await faults_of(database) == []
    states = await fetch(database, "SELECT state, count(*) AS movements FROM bank_movement GROUP BY state")
    assert [(row["state"], row["movements"]) for row in states] == [("credited", 300)]
    assert len(await fetch(database, "SELECT FROM bank_file")) == 1
