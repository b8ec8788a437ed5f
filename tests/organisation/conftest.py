"""A running organisation service on a fresh database, and the simulated outside world."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from shared.db import Connection, Database
from tests.conftest import ClientOf, DatabaseOf
from tests.organisation.inviting import Identity, Inviting
from tests.organisation.scenes import Scene
from tests.support.mint import DataKeys, Mint
from tests.tools.conftest import WorldProcess, running_world


@pytest_asyncio.fixture
async def scene(client_of: ClientOf, mint: Mint) -> Scene:
    return Scene(await client_of("organisation"), mint)


@pytest_asyncio.fixture
async def inviting(client_of: ClientOf, mint: Mint, data_keys: DataKeys) -> Inviting:
    """The same with an identity that knows addresses, and at most five invitations a day."""
    identity = Identity(data_keys)
    app = await client_of("organisation", peers={"identity": identity}, invitations_per_day=5)
    return Inviting(Scene(app, mint), identity)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorldProcess]:
    """The simulated outside world as its own process."""
    with running_world(tmp_path_factory.mktemp("world")) as process:
        yield process


@pytest_asyncio.fixture
async def database(database_of: DatabaseOf) -> Database:
    return await database_of("organisation")


@pytest_asyncio.fixture
async def db(database: Database) -> AsyncIterator[Connection]:
    """As the command has it: a connection of its own."""
    connection = await database.connect()
    yield connection
    await connection.close()
