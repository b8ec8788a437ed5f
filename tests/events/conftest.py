"""A PostgreSQL and a Kafka that may be stopped, which the ones that other tests share may not."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.jars import JarsUnavailable, get_jars
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from tests.events.cluster import Cluster


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Kafka]]:
    try:
        get_jars()
    except JarsUnavailable as error:
        pytest.skip(f"needs Apache Kafka: {error}")
    folder = tmp_path_factory.mktemp("servers")
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)  # PostgreSQL does not run as root, and must get to its folder below
    with Postgres(folder / "postgres") as postgres, Kafka(folder / "kafka") as kafka:
        yield postgres, kafka


@pytest_asyncio.fixture
async def cluster(own_servers: tuple[Postgres, Kafka], tmp_path: Path) -> AsyncIterator[Cluster]:
    cluster = Cluster(*own_servers, tmp_path)
    await cluster.open()
    yield cluster
    await cluster.close()
