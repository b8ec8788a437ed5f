"""Servers and processes of a fault test: several instances of a small service on a PostgreSQL and a Kafka of their own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from deploy.local.kafka import Kafka as KafkaServer
from deploy.local.kafka import free_port
from deploy.local.postgres import Postgres
from shared.db import DATABASE_AWAY, Database
from shared.errors import DatabaseUnavailable
from shared.events.registry import TOPICS, TopicSpec
from shared.kafka import Kafka
from shared.migrate import migrate
from tests.events.small_service.app import SERVICE, charge_wallet
from tests.support.events import fetch, read_topic, until
from tests.support.mint import Mint

ROOT = Path(__file__).parents[2]
PARTITIONS = 4


@dataclass
class Instance:
    """One process of the small service."""

    name: str
    role: str
    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        own = {"IMMO_PORT": str(self.port), "IMMO_INSTANCE": self.name}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.events.small_service.app", self.role],
                cwd=ROOT,
                env={**os.environ, **self.environment, **own},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing said."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    async def is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
                return (await http.get(f"{self.url}/readyz")).status_code == 200
        return False


class Cluster:
    """One database and one set of topics; any number of instances."""

    def __init__(self, postgres: Postgres, broker: KafkaServer, folder: Path) -> None:
        self.postgres = postgres
        self.broker = broker
        self.mint = Mint()
        self.kafka = Kafka(broker.address, topic_prefix=f"t{uuid4().hex[:8]}.")
        self.database = Database(postgres.dsn(f"wallet_{uuid4().hex[:8]}"), application_name="test")
        self.repaired = folder / "repaired"
        self._folder = folder
        self._instances: list[Instance] = []

    async def open(self) -> None:
        await migrate(self.database.dsn, [SERVICE.migrations])
        await self.kafka.create_topics({name: TopicSpec(spec.owner, PARTITIONS) for name, spec in TOPICS.items()})
        await self.database.open()

    async def close(self) -> None:
        for instance in self._instances:
            if instance.process is not None and instance.process.poll() is None:
                instance.kill()
        await self.database.close()

    async def start(self, *roles: str) -> list[Instance]:
        """Start one process a role and wait until all are ready."""
        started = [self._instance(role) for role in roles]
        for instance in started:
            instance.start()
        for instance in started:
            await until(instance.is_ready, within_s=60, what=f"{instance.name} being ready")
        return started

    @asynccontextmanager
    async def without_kafka(self) -> AsyncIterator[None]:
        await asyncio.to_thread(self.broker.stop)
        try:
            yield
        finally:
            await asyncio.to_thread(self.broker.start)

    @asynccontextmanager
    async def without_postgres(self, *, crash: bool) -> AsyncIterator[None]:
        await asyncio.to_thread(self.postgres.kill if crash else self.postgres.stop)
        try:
            yield
        finally:
            await asyncio.to_thread(self.postgres.start)

    def _instance(self, role: str) -> Instance:
        keys = self.mint.service_settings("wallet")
        environment = {
            "IMMO_ENVIRONMENT": "test",
            "IMMO_PUBLIC_ORIGIN": self.mint.origin,
            "IMMO_KAFKA": self.kafka.bootstrap,
            "IMMO_TOPIC_PREFIX": self.kafka.topic_prefix,
            "IMMO_POSTGRES_WALLET": self.database.dsn,
            "IMMO_SERVICE_KEY": keys["service_key"],
            "IMMO_SERVICE_PUBLIC_KEYS": json.dumps(keys["service_public_keys"]),
            "IMMO_WALLET_REPAIRED": str(self.repaired),
        }
        name = f"{role}-{len(self._instances)}"
        instance = Instance(name, role, environment, self._folder / f"{name}.log")
        self._instances.append(instance)
        return instance

    async def write(self, wallets: list[UUID], stop: asyncio.Event, *, pause_s: float = 0.01) -> None:
        """Charge one wallet after the other until `stop` is set; a charge that fails is simply not repeated."""
        turn = 0
        while not stop.is_set():
            with suppress(*DATABASE_AWAY, DatabaseUnavailable):
                async with self.database.transaction() as db:
                    await charge_wallet(db, wallets[turn % len(wallets)])
            turn += 1
            await asyncio.sleep(pause_s)

    async def settle(self, *, within_s: float) -> dict[UUID, int]:
        """Wait until every charge has had both effects. The versions that the wallets have reached."""
        charges = await fetch(self.database, "SELECT id, version FROM wallet")
        wanted = {row["id"]: row["version"] for row in charges}
        began = time.monotonic()
        await until(lambda: self._has_effects(2 * sum(wanted.values())), within_s=within_s, what="the last effect")
        print(f"{sum(wanted.values())} charges, settled after {time.monotonic() - began:.1f} s")
        return wanted

    async def count_effects(self) -> int:
        return (await fetch(self.database, "SELECT count(*) AS effects FROM effect"))[0]["effects"]

    async def _has_effects(self, wanted: int) -> bool:
        return await self.count_effects() >= wanted

    async def check_effects(self, wanted: dict[UUID, int]) -> None:
        """Each charge and each event that it caused had its effect once, in order."""
        rows = await fetch(self.database, "SELECT kind, wallet_id, version FROM effect ORDER BY n")
        found: dict[tuple[str, UUID], list[int]] = defaultdict(list)
        for row in rows:
            found[row["kind"], row["wallet_id"]].append(row["version"])
        assert found == {
            (kind, wallet): list(range(1, version + 1))
            for wallet, version in wanted.items()
            for kind in ("charge", "low")
        }

    async def check_topic(self, wanted: dict[UUID, int]) -> None:
        """Each event is there once or more, and for the first time in the order of its key."""
        first: dict[tuple[str, str], list[int]] = defaultdict(list)
        seen: set[str] = set()
        messages: list[Any] = await read_topic(self.kafka)
        for message in messages:
            headers = message.headers
            if headers["ce_id"] not in seen:
                seen.add(headers["ce_id"])
                first[headers["ce_type"], headers["ce_subject"]].append(int(headers["ce_sequence"]))
        print(f"{len(messages)} messages, {len(messages) - len(seen)} of them repeated")
        assert len(first) == 2 * len(wanted)
        for (_, subject), versions in first.items():
            assert versions == list(range(1, wanted[UUID(subject)] + 1))
