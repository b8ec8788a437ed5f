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

# Each test has a database of its own, which is hundreds of files: in memory that takes a tenth of the time.
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 6 * 2**30
_PREFIX = "immo-test-"


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
            self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_in_memory()))
            self._folder.chmod(0o755)  # PostgreSQL does not run as root, and must get to its folder below
        return self._folder


def _in_memory() -> Path | None:
    """None where there is no room: then in the folder for temporary files."""
    if not os.access(MEMORY, os.W_OK):
        return None
    for left in MEMORY.glob(f"{_PREFIX}*"):  # by a run that was killed
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return MEMORY if shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES else None


async def delete_topics(kafka: PlatformKafka, names: Iterable[str]) -> None:
    """So that a long run does not end with thousands of partitions. The in-memory broker may not know how."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    with suppress(KafkaError, OSError):
        await admin.start()
        await admin.delete_topics([kafka.topic(name) for name in names], timeout_ms=5_000)
    await admin.close()
