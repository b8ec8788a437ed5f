"""The read model, made anew from the log while the old one serves and follows.

It grows in a schema beside, by the same handlers. Once it has caught up, the writers of the old one are held, what came last is
read, and the tables change places with their inbox and offsets in one transaction. Whoever wrote before finds the new inbox, which
knows every event that the new tables show: nothing is lost, and nothing is done twice. Killed at any moment it leaves a schema that
the next run throws away.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from services.gateway.model import shadow
from services.gateway.model.log import Chunk, Ends, Log, LogCut
from shared.consume import Consumer
from shared.consume_batch import BatchHandler, Slow, Waiting
from shared.db import Connection, Database
from shared.events.registry import TOPICS
from shared.migrate import pending
from shared.runtime import Runtime

BATCH = 1_500
NEAR = 2_000
SWITCH_WITHIN_S = 15.0
SWITCH_TRIES = 20
PAUSE_S = 0.5


class RebuildRefused(Exception):
    """The old model serves on. The text says why."""


@dataclass
class Progress:
    """records: read of the log; total: as many as it had at the last look. events: of those, what changes the model."""

    records: int = 0
    events: int = 0
    total: int = 0
    took_s: float = 0.0

    @property
    def per_s(self) -> float:
        return self.events / self.took_s if self.took_s else 0.0

    @property
    def part(self) -> float:
        return self.records / self.total if self.total else 0.0


Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Options:
    """cut_is_fine: go on although Kafka has forgotten the beginning of a topic."""

    cut_is_fine: bool = False


class Rebuild:
    def __init__(self, at: Runtime[Any], consumer: Consumer, migrations: Path, tell: Tell) -> None:
        self._at = at
        self._consumer = consumer
        self._migrations = migrations
        self._tell = tell
        self._progress = Progress()
        self._began = time.monotonic()
        self._chunk: Chunk | None = None
        self._reading: asyncio.Task[Chunk | None] | None = None
        self._log = Log(at.kafka, consumer)
        self._shadow = Database(shadow.dsn_in_shadow(at.settings.postgres), application_name="immo-rebuild", max_size=2)
        self._handler = BatchHandler("gateway", consumer, self._shadow, at.keyring)

    async def run(self, options: Options) -> Progress:
        """Raises RebuildRefused."""
        if self._at.kafka.engine != "kafka":
            raise RebuildRefused("the broker in memory keeps no log")
        async with self._at.database.holding() as db:
            if not await shadow.lock(db):
                raise RebuildRefused("another rebuild is at work")
            if missing := await pending(db, [self._migrations]):
                raise RebuildRefused(f"migrations are missing: {', '.join(missing)}")
            await shadow.create(db, self._at.settings.postgres, self._migrations)
            await shadow.remember_dropped(db, self._consumer.name)
            async with self._opened(options):
                await self._follow()
                await self._switch(db)
        return self._progress

    @asynccontextmanager
    async def _opened(self, options: Options) -> AsyncIterator[None]:
        try:
            compacted = [name for name in self._consumer.topics if TOPICS[name].compacted or options.cut_is_fine]
            await self._log.open(compacted)
            await self._shadow.open()
            yield
        except LogCut as error:
            raise RebuildRefused(f"the log is not whole: {error}; --anyway takes what is left") from error
        finally:
            if self._reading is not None:
                self._reading.cancel()
                await asyncio.gather(self._reading, return_exceptions=True)
            await self._shadow.close()
            await self._log.close()

    async def _follow(self) -> None:
        """Until almost nothing is left to read."""
        ends = await self._log.ends()
        while (left := self._log.left(ends)) > 0:
            self._progress.total = self._progress.records + left
            await self._read_to(ends)
            ends = await self._log.ends()
            if self._log.left(ends) < NEAR:
                break

    async def _read_to(self, ends: Ends) -> None:
        """One batch is made ready while the one before is written. What was read is kept until it is, whatever interrupts."""
        while (chunk := self._chunk or await self._fetched(ends)) is not None:
            self._chunk = chunk
            self._reading = self._reading or asyncio.create_task(self._log.read(ends, most=BATCH))
            await self._write(chunk)
            self._chunk = None

    async def _fetched(self, ends: Ends) -> Chunk | None:
        while True:
            self._reading = self._reading or asyncio.create_task(self._log.read(ends, most=BATCH))
            chunk = await asyncio.shield(self._reading)
            self._reading = None
            if chunk is not None or self._log.left(ends) <= 0:
                return chunk

    async def _write(self, chunk: Chunk) -> None:
        while True:
            try:
                await self._handler.handle(chunk.received, list(chunk.beats.values()), chunk.next_offsets)
                break
            except (Waiting, Slow):  # the inbox knows what is done already
                await asyncio.sleep(PAUSE_S)
        self._progress.records += chunk.records
        self._progress.events += len(chunk.received)
        self._progress.took_s = time.monotonic() - self._began
        self._tell(self._progress)

    async def _switch(self, db: Connection) -> None:
        """Raises RebuildRefused when the old model is never at rest."""
        await shadow.analyze(db)
        for _ in range(SWITCH_TRIES):
            try:
                async with asyncio.timeout(SWITCH_WITHIN_S), db.transaction():
                    await shadow.stop_writers(db)
                    await self._read_to(await self._log.ends())
                    await shadow.switch(db, self._consumer.name)
                return
            except (shadow.Busy, TimeoutError, asyncpg.TransactionRollbackError):
                await self._follow()
        raise RebuildRefused("the model is in use without a pause; nothing was changed")
