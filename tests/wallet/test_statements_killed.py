"""A process that credits transfers, killed without a word in the middle: the next one goes on, and each wallet has its money once."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from uuid import UUID

from services.wallet.bank import store
from shared.db import Database
from tests.conftest import DatabaseOf
from tests.support.events import fetch, until
from tests.wallet.book import balance_of, faults_of, open_filled
from tests.wallet.coda_writer import coda
from tests.wallet.statements import movement, statement

REPOSITORY = Path(__file__).parents[2]
DSN = "IMMO_POSTGRES_WALLET"
NAME, CENTS = "statements", 1_000
PROGRAM = f"""
import asyncio, os, sys
from datetime import UTC, datetime
from pathlib import Path
from services.wallet.bank.handlers import import_file
from services.wallet.bank.jobs import received_transfers
from services.wallet.bank.reading import read
from shared.db import Database

async def main():
    database = Database(os.environ["{DSN}"], application_name="{NAME}")
    await database.open()
    data = Path(sys.argv[1]).read_bytes()
    async with database.transaction() as db:
        await import_file(db, "file.cod", data, read(data), only_iban=None, now=datetime.now(UTC))
    await received_transfers(database)()
    await database.close()

asyncio.run(main())
"""
"""What the service does with a file, in a process that the test can kill."""


async def start(database: Database, path: Path) -> Process:
    environment = {**os.environ, DSN: database.dsn}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(path)), cwd=REPOSITORY, env=environment, stdout=PIPE, stderr=PIPE
    )


async def killed_half_way(database: Database, path: Path, wallet_id: UUID) -> None:
    """While it waits for this wallet, which the test holds."""
    async with database.transaction() as db:
        await db.execute("SELECT FROM wallet WHERE id = $1 FOR UPDATE", wallet_id)
        process = await start(database, path)
        await until(lambda: _waits(database, process), within_s=60, what="the wallet that is held")
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
    await until(lambda: _is_gone(database), what="the end of its connections")


async def _waits(database: Database, process: Process) -> bool:
    assert process.returncode is None, "the program has ended"
    return await _connected(database, "AND wait_event_type = 'Lock'")


async def _is_gone(database: Database) -> bool:
    return not await _connected(database)


async def _connected(database: Database, condition: str = "") -> bool:
    query = f"SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{NAME}' "
    return bool(await fetch(database, query + condition))


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
    await killed_half_way(database, path, second)
    assert await faults_of(database) == []
    assert [await balance_of(database, one) for one in (first, second)] == [200 * CENTS, 0]
    again = await start(database, path)
    _, error = await again.communicate()
    assert again.returncode == 0, error.decode()
    assert [await balance_of(database, one) for one in (first, second)] == [200 * CENTS, 100 * CENTS]
    assert await faults_of(database) == []
    states = await fetch(database, "SELECT state, count(*) AS movements FROM bank_movement GROUP BY state")
    assert [(row["state"], row["movements"]) for row in states] == [("credited", 300)]
    assert len(await fetch(database, "SELECT FROM bank_file")) == 1
