"""Charges through the wallet's handler: [charges] against pgbench's TPC-B on the same server, taking turns.

The first figure of `./immo bench wallet`, in half a minute.
"""

import statistics
import tempfile
from pathlib import Path

import uvloop

from deploy.local.bench import Figure
from deploy.local.bench._charges import TPC_B_CLIENTS, Book, prepare_tpc_b, tpc_b_per_s
from deploy.local.data_folder import DataFolder
from deploy.local.postgres import Postgres

WALLETS = 1_000
ROUNDS = 3
ROUND_S = 6
WARM_UP_S = 2


async def run(postgres: Postgres) -> list[Figure]:
    """pgbench and the handler take turns with as many callers; the medians are compared. Every commit is on disk (fsync)."""
    book = await Book.create(postgres, "charge", WALLETS)
    try:
        await prepare_tpc_b(postgres)
        await book.charges(TPC_B_CLIENTS, WARM_UP_S)
        charged: list[float] = []
        tpc_b: list[float] = []
        for _ in range(ROUNDS):
            tpc_b.append(await tpc_b_per_s(postgres, ROUND_S))
            charged.append((await book.charges(TPC_B_CLIENTS, ROUND_S)).per_s)
        await book.prove()
    finally:
        await book.close()
    value, against = statistics.median(charged), statistics.median(tpc_b)
    return [Figure("charges", round(value), "charges/s", f"pgbench TPC-B {against:.0f} tps", round(value / against, 2))]


def measure(_: DataFolder) -> list[Figure]:
    """On a server of its own: no running stack disturbs it, and it disturbs none."""
    with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder, Postgres(Path(folder) / "postgres") as postgres:
        return uvloop.run(run(postgres))  # as the service runs
