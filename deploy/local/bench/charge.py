"""Charges through the wallet's handler: [charges] against pgbench's TPC-B on the same server, taking turns."""

import asyncio
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import uvloop

from deploy.local.bench import Figure
from deploy.local.data_folder import DataFolder
from deploy.local.postgres import Postgres, program_folder
from services.wallet.access.store import upsert_registration
from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import charge
from services.wallet.charges.rules import ChargeRequest
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_wallet
from shared.db import Database
from shared.ids import new_id
from shared.migrate import migrate

CALLERS = 8
WALLETS = 1_000
FILLED_CENTS = 10_000_000
SCALE = 10
ROUNDS = 3
ROUND_S = 6
WARM_UP_S = 2
TOOL = "bench"
MIGRATIONS = Path(__file__).parents[3] / "services" / "wallet" / "migrations"


async def run(postgres: Postgres) -> list[Figure]:
    """pgbench and the handler take turns with as many callers; the medians are compared. Every commit is on disk (fsync)."""
    dsn = postgres.dsn(f"bench_charge_{uuid4().hex[:8]}")
    await migrate(dsn, [MIGRATIONS])
    database = Database(dsn, application_name="bench")
    await database.open()
    try:
        wallets = await _open_wallets(database)
        await asyncio.to_thread(_pgbench, postgres, "--initialize", "--quiet", f"--scale={SCALE}")
        groups = ChargeGroups(database)
        await _charges_per_s(database, groups, wallets, WARM_UP_S)
        charged: list[float] = []
        tpc_b: list[float] = []
        for _ in range(ROUNDS):
            tpc_b.append(await asyncio.to_thread(_tpc_b_per_s, postgres))
            charged.append(await _charges_per_s(database, groups, wallets, ROUND_S))
        await _check_book(database)
    finally:
        await database.close()
    value, against = statistics.median(charged), statistics.median(tpc_b)
    return [Figure("charges", round(value), "charges/s", f"pgbench TPC-B {against:.0f} tps", round(value / against, 2))]


async def _open_wallets(database: Database) -> list[UUID]:
    now = datetime.now(UTC)
    wallets = [new_id() for _ in range(WALLETS)]
    async with database.transaction() as db:
        for wallet_id in wallets:
            await open_wallet(db, wallet_id, low_threshold_cents=0, now=now)
            await upsert_registration(db, new_id(), wallet_id, TOOL, active=True)
            postings = [
                Posting("wallet", FILLED_CENTS, wallet_id=wallet_id),
                Posting("clearing", -FILLED_CENTS, party="bench"),
            ]
            await book(db, "top-up", "bench", postings)
    return wallets


async def _charges_per_s(database: Database, groups: ChargeGroups, wallets: Sequence[UUID], seconds: float) -> float:
    """CALLERS that each charge one wallet after the other, waiting for each answer."""
    began = time.perf_counter()

    async def call(caller: int) -> int:
        number = 0
        while time.perf_counter() - began < seconds:
            wallet_id = wallets[(number * CALLERS + caller) % len(wallets)]
            request = ChargeRequest(wallet_id, TOOL, str(new_id()), 19, 23, 2_100, "A charge of the bench")
            await charge(groups, database, request, top_up_url="")
            number += 1
        return number

    numbers = await asyncio.gather(*(call(caller) for caller in range(CALLERS)))
    return sum(numbers) / (time.perf_counter() - began)


async def _check_book(database: Database) -> None:
    async with database.acquire() as db:
        faults = await db.fetch("SELECT rule, subject FROM ledger_check()", timeout=120)
    if faults:
        raise RuntimeError(f"the book is wrong after the bench: {faults[:3]}")


def _tpc_b_per_s(postgres: Postgres) -> float:
    said = _pgbench(postgres, f"--client={CALLERS}", "--jobs=2", f"--time={ROUND_S}")
    found = re.search(r"tps = ([0-9.]+)", said)
    if found is None:
        raise RuntimeError(f"pgbench said nothing that could be read: {said[:300]}")
    return float(found[1])


def _pgbench(postgres: Postgres, *arguments: str) -> str:
    done = subprocess.run(
        [str(program_folder() / "pgbench"), *arguments, postgres.dsn("postgres")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def measure(_: DataFolder) -> list[Figure]:
    """On a server of its own: no running stack disturbs it, and it disturbs none."""
    with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder, Postgres(Path(folder) / "postgres") as postgres:
        return uvloop.run(run(postgres))  # as the service runs
