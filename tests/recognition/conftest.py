"""A running recognition service on a fresh database, with a registry that does as it is told."""

from collections.abc import Iterator

import pytest
import pytest_asyncio

from tests.conftest import ClientOf
from tests.recognition.scenes import Scene, with_registry
from tests.support.mint import Mint
from tests.tools.conftest import WorldProcess, running_world


@pytest_asyncio.fixture
async def scene(client_of: ClientOf, mint: Mint) -> Scene:
    return with_registry(await client_of("recognition"), mint)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorldProcess]:
    """The simulated outside world as its own process."""
    with running_world(tmp_path_factory.mktemp("world")) as process:
        yield process
