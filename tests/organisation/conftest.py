"""A running organisation service on a fresh database."""

import pytest_asyncio

from tests.conftest import ClientOf
from tests.organisation.scenes import Scene
from tests.support.mint import Mint


@pytest_asyncio.fixture
async def scene(client_of: ClientOf, mint: Mint) -> Scene:
    return Scene(await client_of("organisation"), mint)
