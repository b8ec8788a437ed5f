"""One running identity service for each test that asks for it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.conftest import ClientOf
from tests.identity.world import World
from tests.support.mint import Mint

WorldOf = Callable[..., Awaitable[World]]


@pytest.fixture
def world_of(client_of: ClientOf, mint: Mint) -> WorldOf:
    """`await world_of(code_tries=2)`: with settings of its own."""

    async def make(**settings: Any) -> World:
        return World(await client_of("identity", **settings), mint)

    return make


@pytest_asyncio.fixture
async def world(world_of: WorldOf) -> World:
    return await world_of()
