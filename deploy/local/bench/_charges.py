"""Charges as a load: wallets that are full, callers that charge one after the other, and pgbench's TPC-B as the yardstick beside them."""

import asyncio
import re
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

import uuid_utils

from deploy.local.postgres import Postgres, program_folder
from services.wallet.access.store import upsert_registration
from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import charge
from services.wallet.charges.rules import ChargeRequest
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_wallet
from services.wallet.proof.handlers import prove
from shared.db import Database
from shared.ids import new_id
from shared.migrate import migrate

TOOL = "bench"
FILLED_CENTS = 100_000_000
EXCL_CENTS, INCL_CENTS, RATE_BP = 19, 23, 2_100
TPC_B_CLIENTS, TPC_B_SCALE = 8, 10
MIGRATIONS = Path(__file__).parents[3] / "services" / "wallet" / "migrations"
_DURABILITY = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method")


@dataclass(frozen=True)
class Load:
    """What callers got in one round: how many charges a second, and within how long 99 of 100 were answered."""

    per_s: float
    p99_ms: float


async def load(callers: int, seconds: float, ask: Callable[[int, int], Awaitable[object]]) -> Load:
    """As many callers, each waiting for its answer before `ask(caller, number)` again."""
    took_s: list[float] = []
    began = time.perf_counter()

    async def call(caller: int) -> None:
        number, now = 0, began
        while now - began < seconds:
            await ask(caller, number)
            now, before = time.perf_counter(), now
            took_s.append(now - before)
            number += 1

    await asyncio.gather(*(call(caller) for caller in range(callers)))
    per_s = len(took_s) / (time.perf_counter() - began)
    return Load(per_s, sorted(took_s)[int(len(took_s) * 0.99)] * 1_000)


class Book:
    """A database of the wallet's with full wallets in it."""

    def __init__(self, database: Database, wallets: Sequence[UUID]) -> None:
        self.database = database
        self.wallets = wallets
        self._groups = ChargeGroups(database)

    @classmethod
    async def create(cls, postgres: Postgres, name: str, wallets: int) -> Self:
        """On a database of its own, open until `close`."""
        dsn = postgres.dsn(f"bench_{name}_{uuid4().hex[:8]}")
        await migrate(dsn, [MIGRATIONS])
        database = Database(dsn, application_name="bench")
        await database.open()
        return cls(database, await _open_wallets(database, wallets))

    async def charges(self, callers: int, seconds: float, *, wallets: int | None = None) -> Load:
        """Through the handler, spread evenly over so many of the wallets."""
        spread = self.wallets[:wallets]

        async def ask(caller: int, number: int) -> None:
            wallet_id = spread[(number * callers + caller) % len(spread)]
            request = ChargeRequest(
                wallet_id, TOOL, str(uuid_utils.uuid4()), EXCL_CENTS, INCL_CENTS, RATE_BP, "A charge of the bench"
            )
            await charge(self._groups, self.database, request, top_up_url="")

        return await load(callers, seconds, ask)

    async def prove(self) -> int:
        """As `./immo wallet check` does. Returns how many entries there are; raises RuntimeError where the book is wrong."""
        proof = await prove(self.database, "whole")
        if proof.faults:
            raise RuntimeError(f"the book is wrong after the bench: {proof.faults[:3]}")
        return proof.counts["entries"]

    async def close(self) -> None:
        await self.database.close()


async def _open_wallets(database: Database, count: int) -> list[UUID]:
    now = datetime.now(UTC)
    wallets = [new_id() for _ in range(count)]
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


async def prepare_tpc_b(postgres: Postgres) -> None:
    await asyncio.to_thread(_pgbench, postgres, "--initialize", "--quiet", f"--scale={TPC_B_SCALE}")


async def tpc_b_per_s(postgres: Postgres, seconds: int) -> float:
    clients = f"--client={TPC_B_CLIENTS}"
    said = await asyncio.to_thread(_pgbench, postgres, clients, "--jobs=2", f"--time={seconds}")
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


async def durability_of(database: Database) -> str:
    """What the server promises of a commit, in its own words."""
    async with database.acquire() as db:
        rows = await db.fetch("SELECT name, setting FROM pg_settings WHERE name = ANY ($1)", list(_DURABILITY))
    said = {row["name"]: row["setting"] for row in rows}
    return ", ".join(f"{name} {said[name]}" for name in _DURABILITY)
