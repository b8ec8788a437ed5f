"""What every test can ask for: real servers, a database and topics of its own, and applications that run in its process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import settings
from xdist.scheduler.loadscope import LoadScopeScheduling

from shared.db import Database
from shared.events.registry import TOPICS, TopicSpec
from shared.ids import new_id
from shared.kafka import Kafka
from shared.logs import setup_logs
from shared.sealed import Keyring
from tests.support import apps, databases
from tests.support.apps import App
from tests.support.mint import DataKeys, Mint
from tests.support.servers import Broker, Servers, delete_topics

DatabaseOf = Callable[[str], Awaitable[Database]]
ClientOf = Callable[..., Awaitable[App]]

PARTITIONS = 3
_SERVERS = pytest.StashKey[Servers]()

# The same examples in each run, so that a change fails for what it changed; `--hypothesis-profile=default` looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    given: dict[str, str] | None = getattr(config, "workerinput", {}).get("immo_servers")
    config.stash[_SERVERS] = Servers(given)
    setup_logs("test", log_format="json", level="warning")


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_SERVERS].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In a parallel run the servers belong to the process that hands out the tests."""
    node.workerinput["immo_servers"] = node.config.stash[_SERVERS].addresses()


def _together(nodeid: str) -> str:
    """The tests of one file stay together; those of e2e share one platform."""
    file = nodeid.split("::", 1)[0]
    return "e2e" if "/e2e/" in file else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long first: at the end of a parallel run one process would wait for another's."""
    long = {_together(item.nodeid) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: _together(item.nodeid) not in long)


class _ByFile(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _together(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile:
    return _ByFile(config, log)


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    return pytestconfig.stash[_SERVERS]


@pytest.fixture(scope="session")
def postgres_dsn(servers: Servers) -> str:
    """Of the database `postgres`, as a superuser."""
    return servers.postgres()


@pytest.fixture(scope="session")
def broker(servers: Servers) -> Broker:
    """Apache Kafka, unless it cannot be had here."""
    return servers.kafka()


@pytest.fixture
def no_broker() -> Broker:
    """For tests whose services publish into the outbox and nothing more."""
    return Broker("127.0.0.1:9", "kafka")


@pytest.fixture(scope="session")
def mint() -> Mint:
    return Mint()


@pytest.fixture
def data_keys() -> DataKeys:
    return DataKeys()


@pytest.fixture
def keyring(data_keys: DataKeys) -> Keyring:
    return Keyring(data_keys)


@pytest_asyncio.fixture
async def dsn_of(postgres_dsn: str) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """`await dsn_of("wallet")`: the dsn of a fresh, migrated database; "kit" for the kit's tables only."""
    made: list[str] = []

    async def make(service: str) -> str:
        template = await databases.template_for(postgres_dsn, service)
        made.append(await databases.create_from(postgres_dsn, template))
        return made[-1]

    yield make
    for dsn in made:
        await databases.drop(postgres_dsn, dsn)


@pytest_asyncio.fixture
async def database_of(dsn_of: Callable[[str], Awaitable[str]]) -> AsyncIterator[DatabaseOf]:
    """`await database_of("wallet")`: an open Database on a fresh, migrated database."""
    async with AsyncExitStack() as stack:

        async def make(service: str) -> Database:
            database = Database(await dsn_of(service), application_name=f"test-{service}", max_size=5)
            await database.open()
            stack.push_async_callback(database.close)
            return database

        yield make


@pytest.fixture
def topic_prefix() -> str:
    """A name that makes a test's topics and groups its own."""
    return f"t{new_id().hex[-12:]}."


@pytest_asyncio.fixture
async def kafka(broker: Broker, topic_prefix: str) -> AsyncIterator[Kafka]:
    """Kafka with all topics of the platform, three partitions each, that are this test's own."""
    own = Kafka(broker.address, engine=broker.engine, topic_prefix=topic_prefix)
    specs = {name: TopicSpec(spec.owner, PARTITIONS, spec.compacted) for name, spec in TOPICS.items()}
    await own.create_topics(specs)
    yield own
    await delete_topics(own, specs)


@pytest_asyncio.fixture
async def client_of(
    dsn_of: Callable[[str], Awaitable[str]],
    mint: Mint,
    data_keys: DataKeys,
    request: pytest.FixtureRequest,
) -> AsyncIterator[ClientOf]:
    """`await client_of("wallet")`: its application, running in this process on a fresh database, as an `App`.

    role: "api" unless told otherwise; "worker" and "all" need the fixture `kafka` in the test. peers: applications, or transports of
    httpx, that answer for other services. Whatever else is given is a setting, such as `postgres=` to share a database.
    """
    async with AsyncExitStack() as stack:

        async def start(service: str, *, role: str = "api", peers: Any = None, wait: bool = True, **values: Any) -> App:
            has_kafka = "kafka" in request.fixturenames
            broker: Broker = request.getfixturevalue("broker" if has_kafka else "no_broker")
            if has_kafka:
                values.setdefault("topic_prefix", request.getfixturevalue("topic_prefix"))
            described = apps.service_named(service)
            dsn = values.pop("postgres", None) or await dsn_of(service)
            settings = apps.settings_for(described.settings, dsn, broker, mint, **values)
            running = apps.running(described, settings, mint, data_keys, role=role, peers=peers, wait=wait)  # pyright: ignore[reportArgumentType]
            return await stack.enter_async_context(running)

        yield start
