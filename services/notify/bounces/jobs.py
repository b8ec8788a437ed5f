"""Looking into the mailbox of reports now and then. Each is counted in its own transaction, and then taken out."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

from services.notify.bounces import folders, handlers, store
from services.notify.bounces.folders import Held, MailboxMissing
from services.notify.bounces.metrics import ASIDE, MARKED, REPORTS
from services.notify.bounces.reports import AutoReply, NoReport, read_report
from services.notify.bounces.return_paths import ReturnPaths
from shared.db import Database

_LOG = structlog.get_logger(__name__)


class Inspector:
    """folder: None where reports come by HTTP only, or not at all. domain: of our Message-IDs."""

    def __init__(self, database: Database, folder: Path | None, paths: ReturnPaths, domain: str) -> None:
        self._database = database
        self._folder = folder
        self._paths = paths
        self._domain = domain

    async def look(self) -> None:
        """All that has come. A mail is taken out only when what it says is committed, so a kill counts nothing twice or never."""
        if self._folder is None:
            return
        outcomes: Counter[str] = Counter()
        portions = folders.held_in(self._folder)
        try:
            while (held := await asyncio.to_thread(_next, portions)) is not None:
                for one in held:
                    outcomes[await self._take(self._folder, one)] += 1
        except MailboxMissing:
            _LOG.error("bounce_mailbox_missing")
        finally:
            await asyncio.to_thread(portions.close)
        ASIDE.set(await asyncio.to_thread(folders.sweep_aside, self._folder, now_s=time.time()))
        if outcomes:
            _LOG.info("bounces_read", **outcomes)

    async def take(self, raw: bytes) -> str:
        """What came of it. Raises NoReport, AutoReply."""
        report = read_report(raw)
        async with self._database.transaction() as db:
            outcome = await handlers.take_report(
                db, report, paths=self._paths, domain=self._domain, now=datetime.now(UTC)
            )
        REPORTS.labels(outcome).inc()
        return outcome

    async def _take(self, folder: Path, held: Held) -> str:
        try:
            outcome = await self.take(held.raw)
        except AutoReply:
            outcome = "auto-reply"
            REPORTS.labels(outcome).inc()
        except NoReport:
            outcome = "unreadable"
            REPORTS.labels(outcome).inc()
            await asyncio.to_thread(folders.put_aside, folder, held.raw)
        await asyncio.to_thread(held.take_out)
        return outcome


async def measure(database: Database) -> None:
    async with database.acquire() as db:
        MARKED.set(await store.marked(db))


async def prune(database: Database) -> None:
    async with database.transaction() as db:
        await handlers.prune(db)


def _next(portions: "Iterator[list[Held]]") -> list[Held] | None:
    return next(portions, None)
