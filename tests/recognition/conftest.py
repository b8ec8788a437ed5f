"""A running recognition service on a fresh database, with registries that do as they are told."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.conftest import ClientOf
from tests.recognition.catalogues import one_registry, written
from tests.recognition.scenes import Scene, with_registry
from tests.support.mint import Mint
from tests.tools.conftest import WorldProcess, running_world

SceneOf = Callable[..., Awaitable[Scene]]


@pytest.fixture
def scene_of(client_of: ClientOf, mint: Mint, tmp_path: Path) -> SceneOf:
    """`await scene_of(catalogue, ...)`: with this catalogue, and these settings."""

    async def make(catalogue: Mapping[str, Any] | None = None, **values: Any) -> Scene:
        path = written(tmp_path, catalogue or one_registry())
        return with_registry(await client_of("recognition", kinds=path, **values), mint)

    return make


@pytest_asyncio.fixture
async def scene(scene_of: SceneOf) -> Scene:
    return await scene_of()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorldProcess]:
    """The simulated outside world as its own process."""
    with running_world(tmp_path_factory.mktemp("world")) as process:
        yield process
