"""Starts the stack layer by layer, keeps it running, and stops it in reverse order.

Layers: PostgreSQL and the broker; databases, migrations and topics; services and tools; demo data.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy.local import leftovers
from deploy.local.addresses import SERVICES, Addresses, External, addresses
from deploy.local.broker import choose_broker, create_topics
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.databases import create_databases, dsns, migrate_all
from deploy.local.errors import Refused
from deploy.local.kafka_archive import make_archive
from deploy.local.keys import Keys, keys_of
from deploy.local.leftovers import Recorded
from deploy.local.parts import service_parts, tool_parts
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import Postgres
from deploy.local.processes import start_time
from deploy.local.progress import Progress
from deploy.local.runner import Runner

STOP_LAYERS = (
    ("gateway", "demo-tool"),
    tuple(s for s in SERVICES if s != "gateway"),
    ("world",),
    ("kafka", "postgres"),
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Options:
    """kafka: "kafka", "memory", or None: Kafka where its jars can be had, else the in-memory broker. host: of the pages."""

    port: int
    demo_data: bool = True
    kafka: str | None = None
    host: str = HOST


class Supervisor:
    def __init__(self, data: DataFolder, options: Options, on_change: Callable[[Progress], None]) -> None:
        self._data = data
        self._options = options
        self._external = External.from_environment()
        self.progress = Progress({"pid": os.getpid(), "started_at": start_time(os.getpid())}, on_change)
        self.progress.facts = {"port": options.port}
        self._runner = Runner(data, self.progress)
        self._stop_asked = asyncio.Event()

    async def run(self) -> None:
        """Until a signal asks to stop. Raises Refused and StartFailed; what was started is stopped then."""
        self._data.create()
        with self._data.lock():
            self._clean()
            Ports(self._options.port).refuse_taken()
            self._listen_to_signals()
            try:
                await self._until_asked(self._start_all())
                if not self._stop_asked.is_set():
                    self.progress.enter("ready")
                    await self._until_asked(together(self._runner.watch(), self._learn()))
                await self._stop_all("stopped")
            except BaseException as error:
                await self._stop_all("failed", str(error))
                raise

    def ask_to_stop(self) -> None:
        """The first time drains; the second time ends everything at once."""
        if self._stop_asked.is_set():
            self._runner.kill()
        self._stop_asked.set()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.ask_to_stop)

    async def _until_asked(self, work: Any) -> None:
        """Run `work` to its end, or cancel it when someone asks to stop."""
        task, asked = asyncio.ensure_future(work), asyncio.ensure_future(self._stop_asked.wait())
        await asyncio.wait((task, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error

    def _clean(self) -> None:
        for hold in self._data.holds.iterdir():
            hold.unlink()
        # Kept on record until they are gone, in case this start is killed as well.
        self.progress.children = [Recorded.read(row) for row in self._data.state().get("children", [])]
        self.progress.enter("starting")
        found = leftovers.clean(self.progress.children)
        self.progress.children = []
        if found:
            self.progress.notice(f"an earlier start was killed; ended what it had left: {', '.join(found)}")

    async def _start_all(self) -> None:
        ports = Ports(self._options.port)
        self.progress.expect(["postgres", "databases", "kafka", "topics", "world", *SERVICES, "demo-tool", "demo data"])
        keys = await asyncio.to_thread(keys_of, self._data)
        databases, engine, _ = await together(
            self._databases(), self._broker(ports), asyncio.to_thread(self._prepare_files)
        )
        at = addresses(ports, self._external, embedded_postgres=databases, kafka_engine=engine, host=self._options.host)
        self.progress.facts = facts(at, self._options)
        parts = [*service_parts(self._data, at, keys), *tool_parts(self._data, at, keys)]
        await together(*(self._runner.start(part.name, part) for part in parts))
        await self._seed(at, keys)

    async def _databases(self) -> dict[str, str]:
        """The dsn of each service, ready to be used."""
        embedded: dict[str, str] = {}
        if not self._external.has_all_databases:
            postgres = Postgres(self._data.postgres, log=self._data.log("postgres"))
            await self._runner.start("postgres", postgres)
            await create_databases(postgres.dsn("postgres"))
            embedded = dsns(postgres)
        with self.progress.step("databases"):
            await migrate_all({**embedded, **self._external.postgres})
        return embedded

    async def _broker(self, ports: Ports) -> str:
        """The engine that runs, with all topics."""
        engine, address = "kafka", self._external.kafka
        if address is None:
            broker = await choose_broker(self._data, ports, self._options.kafka, partial(self._note, "kafka"))
            if broker.warning:
                self.progress.notice(broker.warning)
            await self._runner.start("kafka", broker.server)
            engine, address = broker.server.engine, broker.server.address
        with self.progress.step("topics"):
            await create_topics(address, engine)
        return engine

    def _note(self, name: str, text: str) -> None:
        self.progress.mark(name, "starting", text)

    def _prepare_files(self) -> None:
        """What would otherwise be made by several parts at the same time."""
        from shared.catalogues import compile_catalogues
        from tools.world.pki import make_pki

        # A program that is installed for all to read, and not to write: services then read the sources themselves.
        with suppress(PermissionError):
            compile_catalogues(REPOSITORY)
        make_pki(self._data.world / "pki")

    async def _learn(self) -> None:
        """For the next starts; this one does not need it."""
        if self.progress.facts["kafka"]["engine"] != "kafka" or self._external.kafka:
            return
        try:
            await make_archive()
        except (Refused, OSError) as error:
            self.progress.notice(f"Kafka's next start will not be faster: {str(error).splitlines()[0]}")

    async def _seed(self, at: Addresses, keys: Keys) -> None:
        if not self._options.demo_data:
            self.progress.mark("demo data", "stopped", "not wanted")
            return
        from deploy.local.demo_accounts import demo_accounts
        from deploy.local.seed import seed

        with self.progress.step("demo data"):
            for notice in await seed(self._data, at, keys):
                self.progress.notice(notice)
            if self._external.smtp is None:
                self.progress.facts["accounts"] = await demo_accounts(self._data, at, keys)

    async def _stop_all(self, phase: Any, message: str = "") -> None:
        self.progress.enter("stopping", message)
        for layer in STOP_LAYERS:
            await self._runner.stop(layer)
        self.progress.children = []
        self.progress.enter(phase, message)


def facts(at: Addresses, options: Options) -> dict[str, Any]:
    return {
        "url": at.public_origin,
        "port": options.port,
        "demo_data": options.demo_data,
        "kafka": {"engine": at.kafka_engine, "address": at.kafka},
        "postgres": dict(at.postgres),
        "mail": at.mail,
        "smtp": at.smtp,
    }


async def together(*work: Any) -> list[Any]:
    """All at once; the first failure cancels the others before it is raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def supervise(data: DataFolder, options: Options) -> int:
    """The body of the process that `./immo up --detach` leaves behind; what goes wrong is said on standard error."""

    async def run() -> None:
        await Supervisor(data, options, partial(write_state, data)).run()

    try:
        asyncio.run(run())
    except Refused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def write_state(data: DataFolder, progress: Progress) -> None:
    """A full disk must not end what runs: the file is then older than the truth, for a while."""
    try:
        data.write_state(progress.document())
    except OSError as error:
        # Standard error is most likely a file on the same disk.
        with suppress(OSError):
            sys.stderr.write(f"the state could not be written: {error.strerror}\n")
            sys.stderr.flush()
