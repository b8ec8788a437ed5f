"""The one PostgreSQL and the one Kafka of a test run, started when first needed; or those that the environment names."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.jars import JarsUnavailable, get_jars
from deploy.local.kafka import Kafka
from deploy.local.memory_broker import MemoryBroker
from deploy.local.postgres import Postgres
from shared.kafka import Kafka as PlatformKafka

# A test's data need not survive a power cut.
POSTGRES_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1h",
    "max_connections": "400",
}


@dataclass(frozen=True)
class Broker:
    address: str
    engine: Literal["kafka", "memory"]


class Servers:
    """Owned by the process that started first; the processes of a parallel run get the addresses from it."""

    def __init__(self, given: dict[str, str] | None = None) -> None:
        self._given = given if given is not None else dict(os.environ)
        self._folder: Path | None = None
        self._postgres: Postgres | None = None
        self._kafka: Kafka | MemoryBroker | None = None

    def postgres(self) -> str:
        """The dsn of its database `postgres`, as a superuser."""
        if dsn := self._given.get("IMMO_TEST_POSTGRES"):
            return dsn
        if self._postgres is None:
            self._postgres = Postgres(self._data() / "postgres", settings=POSTGRES_SETTINGS)
            self._postgres.start()
        return self._postgres.dsn("postgres")

    def kafka(self) -> Broker:
        if address := self._given.get("IMMO_TEST_KAFKA"):
            return Broker(address, "memory" if self._given.get("IMMO_TEST_KAFKA_ENGINE") == "memory" else "kafka")
        if self._kafka is None:
            self._kafka = self._broker(self._data() / "kafka")
            self._kafka.start()
        return Broker(self._kafka.address, "kafka" if isinstance(self._kafka, Kafka) else "memory")

    def addresses(self) -> dict[str, str]:
        """For the processes of a parallel run."""
        broker = self.kafka()
        return {
            "IMMO_TEST_POSTGRES": self.postgres(),
            "IMMO_TEST_KAFKA": broker.address,
            "IMMO_TEST_KAFKA_ENGINE": broker.engine,
        }

    def stop(self) -> None:
        for server in (self._kafka, self._postgres):
            if server is not None:
                server.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _broker(self, folder: Path) -> Kafka | MemoryBroker:
        if self._given.get("IMMO_TEST_KAFKA_ENGINE") == "memory":
            return MemoryBroker(folder)
        try:
            get_jars()
        except JarsUnavailable:
            return MemoryBroker(folder)
        return Kafka(folder, port=0)

    def _data(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="immo-test-"))
            self._folder.chmod(0o755)  # PostgreSQL does not run as root, and must get to its folder below
        return self._folder


async def delete_topics(kafka: PlatformKafka, names: Iterable[str]) -> None:
    """So that a long run does not end with thousands of partitions. The in-memory broker may not know how."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    with suppress(KafkaError, OSError):
        await admin.start()
        await admin.delete_topics([kafka.topic(name) for name in names], timeout_ms=5_000)
    await admin.close()
