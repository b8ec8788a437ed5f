"""How the platform talks to Kafka: one place for names, safety settings and the limits of the in-memory engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.events.registry import TopicSpec

# The driver's methods have no types that a checker could use.
KafkaConsumer = Any
KafkaProducer = Any

# One relay batch always fits into one producer batch of a partition (relay.MAX_BATCH_BYTES is half of it): nothing overtakes.
MAX_PRODUCER_BATCH_BYTES = 1_048_576
MAX_POLL_INTERVAL_MS = 300_000
REBALANCE_TIMEOUT_MS = 60_000
SESSION_TIMEOUT_MS = 10_000


@dataclass(frozen=True)
class Kafka:
    """Where Kafka is and how this process names things there.

    engine: "memory" is the broker for machines without Java; it has no idempotent producer and forgets everything on a restart.
    topic_prefix: put before the name of every topic and group; tests isolate themselves with it.
    instance: a name that this process keeps over restarts and shares with no other; Kafka then waits for it instead of rebalancing.
    """

    bootstrap: str
    engine: Literal["kafka", "memory"] = "kafka"
    topic_prefix: str = ""
    instance: str | None = None

    def topic(self, name: str) -> str:
        """The real name of a topic."""
        return f"{self.topic_prefix}{name}"

    def name_of(self, topic: str) -> str:
        """The name of a real topic, as contracts know it."""
        return topic.removeprefix(self.topic_prefix)

    def group(self, name: str) -> str:
        return f"{self.topic_prefix}immo.{name}"

    def producer(self, client_id: str) -> KafkaProducer:
        """Acknowledged by all replicas, and in order even when a request is repeated."""
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            client_id=client_id,
            acks="all",
            enable_idempotence=self.engine == "kafka",
            compression_type="lz4",
            max_batch_size=MAX_PRODUCER_BATCH_BYTES,
            max_request_size=MAX_PRODUCER_BATCH_BYTES,
            request_timeout_ms=10_000,
            retry_backoff_ms=100,
        )

    def consumer(self, group: str, topics: Iterable[str], listener: ConsumerRebalanceListener) -> KafkaConsumer:
        """Commits nothing by itself; a new group starts at the beginning."""
        consumer: KafkaConsumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            client_id=group,
            group_id=self.group(group),
            group_instance_id=f"{group}.{self.instance}" if self.instance and self.engine == "kafka" else None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            request_timeout_ms=40_000,
            retry_backoff_ms=100,
            fetch_max_wait_ms=500,
            max_poll_records=None,
        )
        consumer.subscribe([self.topic(name) for name in topics], listener=listener)
        return consumer

    def reader(self, client_id: str, topics: Iterable[str]) -> KafkaConsumer:
        """Belongs to no group and commits nothing: it has all partitions of these topics, from where it is told to begin."""
        return AIOKafkaConsumer(
            *(self.topic(name) for name in topics),
            bootstrap_servers=self.bootstrap,
            client_id=client_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_bytes=16_777_216,
            request_timeout_ms=40_000,
            retry_backoff_ms=100,
        )

    async def create_topics(self, topics: Mapping[str, TopicSpec], *, replication: int = 1) -> list[str]:
        """Create the topics that are missing and return their names. Raises KafkaError when a broker refuses."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            existing = set(await admin.list_topics())
            missing = [name for name in topics if self.topic(name) not in existing]
            if missing:
                response = await admin.create_topics(
                    [self._new_topic(name, topics[name], replication) for name in missing]
                )
                _raise_refused(response)
            return missing
        finally:
            await admin.close()

    def _new_topic(self, name: str, spec: TopicSpec, replication: int) -> NewTopic:
        policy = {"cleanup.policy": "compact"} if spec.compacted else {}
        return NewTopic(self.topic(name), spec.partitions, replication, topic_configs=policy)


def _raise_refused(response: Any) -> None:
    """The driver returns refusals instead of raising them; one who created the same topic at the same time is welcome."""
    for topic, code, *message in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(f"{topic}: {message}")
