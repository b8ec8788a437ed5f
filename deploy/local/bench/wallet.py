"""The wallet: charges against pgbench's TPC-B on the same server, taking turns, and what else takes long.

[charges] 8 callers, each charging one wallet after the other: should be 1.2 of TPC-B with as many clients. [charges, grouped] 256 callers:
4.0. [charges, one wallet] 64 callers on one wallet: 4.0, and 99 of 100 answered within 50 ms. [charges over HTTP] the same through the
service in its own process. [book-growth] with 10,000,000 entries in the book against 10,000: within 15%. Each book is proven afterwards.
"""

import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from deploy.local.bench import Figure
from deploy.local.bench._bank import coda_figures
from deploy.local.bench._charges import Book, Load, durability_of, prepare_tpc_b, tpc_b_per_s
from deploy.local.bench._charges_http import Desk, served
from deploy.local.bench._invoices import measure_invoices
from deploy.local.bench._large_book import growth_figures
from deploy.local.bench._receipts import receipt_figures
from deploy.local.data_folder import DataFolder
from deploy.local.postgres import Postgres
from shared.garbage import collect_seldom

WALLETS = 1_000
ROUNDS = 5
ROUND_S = 5
WARM_UP_S = 2.0
FEW, MANY, ON_ONE = 8, 256, 64


@dataclass(frozen=True)
class Series:
    """One kind of load, with what each round of it got."""

    name: str
    run: Callable[[float], Awaitable[Load]]
    rounds: list[Load] = field(default_factory=list[Load])

    def figures(self, tpc_b: Sequence[float]) -> list[Figure]:
        """Against the TPC-B of the same rounds; the medians, as single rounds are noisy."""
        per_s = statistics.median(load.per_s for load in self.rounds)
        p99_ms = statistics.median(load.p99_ms for load in self.rounds)
        ratio = statistics.median(load.per_s / tps for load, tps in zip(self.rounds, tpc_b, strict=True))
        against = f"pgbench TPC-B {statistics.median(tpc_b):.0f} tps (8 clients)"
        return [
            Figure(self.name, round(per_s), "charges/s", against, round(ratio, 2)),
            Figure(f"{self.name}, p99", round(p99_ms, 1), "ms"),
        ]


async def _charges(postgres: Postgres) -> list[Figure]:
    book = await Book.create(postgres, "charges", WALLETS)
    try:
        await prepare_tpc_b(postgres)
        async with served(book) as desk:
            series = _loads(book, desk)
            for one in series:
                await one.run(WARM_UP_S)
            tpc_b: list[float] = []
            for _ in range(ROUNDS):
                tpc_b.append(await tpc_b_per_s(postgres, ROUND_S))
                for one in series:
                    one.rounds.append(await one.run(ROUND_S))
        await book.prove()
        sys.stderr.write(f"{await durability_of(book.database)}\n")
    finally:
        await book.close()
    return [figure for one in series for figure in one.figures(tpc_b)]


def _loads(book: Book, desk: Desk) -> list[Series]:
    return [
        Series(f"charges, {FEW} callers", lambda seconds: book.charges(FEW, seconds)),
        Series(f"charges, grouped, {MANY} callers", lambda seconds: book.charges(MANY, seconds)),
        Series(f"charges, one wallet, {ON_ONE} callers", lambda seconds: book.charges(ON_ONE, seconds, wallets=1)),
        Series(f"charges over HTTP, {FEW} callers", lambda seconds: desk.charges(FEW, seconds)),
        Series(f"charges over HTTP, {MANY} callers", lambda seconds: desk.charges(MANY, seconds)),
    ]


async def run(postgres: Postgres) -> list[Figure]:
    collect_seldom()  # as the service does
    return [
        *await _charges(postgres),
        *await growth_figures(postgres, rounds=ROUNDS, round_s=ROUND_S),
        *await measure_invoices(postgres),
    ]


def measure(_: DataFolder) -> list[Figure]:
    """On a server of its own: no running stack disturbs it, and it disturbs none. Some ten minutes, and 5 GB of disk meanwhile."""
    figures = [*receipt_figures(), *coda_figures()]
    with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder, Postgres(Path(folder) / "postgres") as postgres:
        return [*uvloop.run(run(postgres)), *figures]  # as the service runs
