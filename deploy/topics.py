"""`python -m deploy.topics`: create the topics that are missing on the Kafka of IMMO_KAFKA, IMMO_KAFKA_REPLICATION times each."""

import asyncio
import os
import sys

from shared.events.registry import TOPICS
from shared.kafka import Kafka


def main() -> None:
    kafka = Kafka(os.environ["IMMO_KAFKA"])
    replication = int(os.environ.get("IMMO_KAFKA_REPLICATION", "1"))
    created = asyncio.run(kafka.create_topics(TOPICS, replication=replication))
    sys.stdout.write("".join(f"{name}\n" for name in created) or "no topic was missing\n")


if __name__ == "__main__":
    main()
