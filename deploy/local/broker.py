"""Apache Kafka where its jars can be had, else the in-memory broker with a warning that says what is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.jars import JarsUnavailable, get_jars
from deploy.local.kafka import Kafka
from deploy.local.kafka_archive import archive_file
from deploy.local.memory_broker import WHAT_IS_LOST, MemoryBroker
from deploy.local.ports import Ports
from deploy.local.processes import StartFailed


@dataclass(frozen=True)
class Broker:
    server: Kafka | MemoryBroker
    warning: str = ""


async def choose_broker(
    data: DataFolder, ports: Ports, wanted: str | None, progress: Callable[[str], None] = lambda _: None
) -> Broker:
    """wanted: "kafka", "memory", or None for whichever can be had. Raises Refused."""
    if wanted != "memory":
        try:
            await asyncio.to_thread(get_jars, progress)
        except JarsUnavailable as error:
            if wanted == "kafka":
                raise Refused(f"{error}. ./immo up --kafka memory starts without them: {WHAT_IS_LOST}") from error
            return Broker(_memory(data, ports), f"no Apache Kafka ({error}); an in-memory broker runs. {WHAT_IS_LOST}")
        kafka = Kafka(
            *(data.kafka, ports.of("kafka")),
            controller_port=ports.of("kafka-controller"),
            log=data.log("kafka"),
            archive=archive_file(),
        )
        return Broker(kafka)
    return Broker(_memory(data, ports), f"the in-memory broker runs instead of Apache Kafka. {WHAT_IS_LOST}")


def _memory(data: DataFolder, ports: Ports) -> MemoryBroker:
    return MemoryBroker(data.kafka, ports.of("kafka"), log=data.log("kafka"))


async def create_topics(address: str, engine: str) -> None:
    """Those of the platform that are missing. Raises StartFailed."""
    from aiokafka.errors import KafkaError

    from shared.events.registry import TOPICS
    from shared.kafka import Kafka as Client

    try:
        await Client(address, engine="memory" if engine == "memory" else "kafka").create_topics(TOPICS)
    except KafkaError as error:
        raise StartFailed(f"Kafka at {address} cannot be used: {error}") from error
