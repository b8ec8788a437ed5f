"""PostgreSQL and Kafka as children: what survives a kill, and what does not stand in the way of a start."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.local.kafka import Kafka
from deploy.local.memory_broker import MemoryBroker
from deploy.local.postgres import SOCKET_PATH_MAX_BYTES, Postgres
from deploy.local.processes import StartFailed
from shared.events.registry import TopicSpec
from shared.kafka import Kafka as KafkaClient


async def ask(postgres: Postgres, query: str) -> object:
    db = await asyncpg.connect(postgres.dsn("postgres"))
    try:
        return await db.fetchval(query)
    finally:
        await db.close()


@pytest.fixture
def postgres(tmp_path: Path):
    with Postgres(tmp_path / "my data" / "postgres") as server:
        yield server


async def test_what_was_committed_survives_a_kill(postgres: Postgres) -> None:
    await ask(postgres, "CREATE TABLE kept AS SELECT 7 AS number")
    postgres.kill()
    postgres.start()
    assert await ask(postgres, "SELECT number FROM kept") == 7


async def test_a_pid_file_whose_number_another_program_got_does_not_stop_the_start(postgres: Postgres) -> None:
    postgres.kill()
    pid_file = postgres.folder / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")
    postgres.start()
    assert await ask(postgres, "SELECT 1") == 1


async def test_an_interrupted_first_start_is_made_good_by_the_next(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with Postgres(tmp_path / "postgres") as server:
        assert await ask(server, "SELECT 1") == 1
    assert not unfinished.exists()


async def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * SOCKET_PATH_MAX_BYTES) / "postgres"
    with Postgres(deep) as server:
        assert await ask(server, "SELECT 1") == 1
        assert not server.socket_folder.is_relative_to(tmp_path)
    assert not server.socket_folder.exists()


async def test_data_is_on_disk_before_a_commit_is_answered(postgres: Postgres) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await ask(postgres, f"SHOW {setting}") == "on"


async def test_nobody_else_can_reach_the_server(postgres: Postgres) -> None:
    assert await ask(postgres, "SHOW listen_addresses") == ""
    assert postgres.socket_folder.stat().st_mode & 0o077 == 0


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", settings={"shared_buffers": "not a size"})
    with pytest.raises(StartFailed, match="shared_buffers"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another identity to take")
def test_root_runs_the_server_as_somebody_else() -> None:
    launcher = Path(__file__).parents[2] / "deploy" / "local" / "launch.py"
    start = [sys.executable, "-I", "-S", str(launcher), str(os.getpid()), "15", "ordinary"]
    told = subprocess.run([*start, "/usr/bin/id", "-u"], capture_output=True, text=True, check=True)
    assert told.stdout.strip() != "0"


async def produce_and_read(address: str, value: bytes) -> list[bytes]:
    async with AIOKafkaProducer(bootstrap_servers=address) as producer:
        await producer.send_and_wait("letters", value, key=b"k", partition=0)
    async with AIOKafkaConsumer("letters", bootstrap_servers=address, auto_offset_reset="earliest") as consumer:
        read: list[bytes] = []
        async with asyncio.timeout(20):
            while value not in read:
                read += [
                    record.value or b"" for rows in (await consumer.getmany(timeout_ms=500)).values() for record in rows
                ]
    return read


@pytest.mark.slow
async def test_what_kafka_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    with Kafka(tmp_path / "my data" / "kafka") as kafka:
        await KafkaClient(kafka.address).create_topics({"letters": TopicSpec(None, partitions=1)})
        await produce_and_read(kafka.address, b"first")
        kafka.kill()
        kafka.start()
        assert await produce_and_read(kafka.address, b"second") == [b"first", b"second"]


async def test_the_memory_broker_carries_messages(tmp_path: Path) -> None:
    with MemoryBroker(tmp_path / "memory") as broker:
        await KafkaClient(broker.address, engine="memory").create_topics({"letters": TopicSpec(None, partitions=1)})
        assert await produce_and_read(broker.address, b"first") == [b"first"]
