"""The timers that prove the book, and what Prometheus sees of it."""

from collections.abc import Awaitable, Callable

from prometheus_client import Gauge

from services.wallet.proof import store
from services.wallet.proof.handlers import prove
from shared.db import Database
from shared.timers import Timer

REPORT_S = 15.0
GENTLY = 1.0

BOOK_FAULTS = Gauge("immo_wallet_book_faults", "What the last proof of the book found wrong; alert on it", ["scope"])
BOOK_CHECK_AGE_S = Gauge("immo_wallet_book_check_age_s", "Since the last proof of the book ended", ["scope"])


def proof_timers(database: Database, *, new_s: float, whole_s: float) -> list[Timer]:
    """new_s, whole_s: how often what is new, and the whole book, is proven."""
    return [
        Timer("new in the book", new_s, _prove_new(database)),
        # Looked at often, so that a restart neither forgets nor repeats a proof that is due once a day.
        Timer("whole book", min(whole_s, 600.0), _prove_whole(database, whole_s)),
        Timer("state of the book", REPORT_S, _report(database), leader_only=False),
    ]


def _prove_new(database: Database) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        await prove(database, "new")

    return work


def _prove_whole(database: Database, every_s: float) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        async with database.acquire() as db:
            last = {check.scope: check for check in await store.checks(db)}.get("whole")
        if last is None or last.age_s >= every_s:
            await prove(database, "whole", rest=GENTLY)

    return work


def _report(database: Database) -> Callable[[], Awaitable[None]]:
    async def report() -> None:
        async with database.acquire() as db:
            found = await store.checks(db)
        for check in found:
            BOOK_FAULTS.labels(check.scope).set(check.faults)
            BOOK_CHECK_AGE_S.labels(check.scope).set(check.age_s)

    return report
