"""One running identity service for each test that asks for it."""

from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import ECKey, RSAKey

from services.identity.keys import signers
from services.identity.keys.rotation import Algorithm
from tests.conftest import ClientOf
from tests.identity.world import World
from tests.support.mint import Mint

WorldOf = Callable[..., Awaitable[World]]


@pytest.fixture(autouse=True, scope="session")
def few_rsa_keys() -> Iterator[None]:
    """Each service makes one at its start, and that takes longer than most tests."""
    generate, turns = signers.generate, count()

    @cache
    def made(turn: int) -> ECKey | RSAKey:
        return generate("RS256")

    def generated(algorithm: Algorithm) -> ECKey | RSAKey:
        return generate(algorithm) if algorithm == "ES256" else made(next(turns) % 3)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signers, "generate", generated)
        yield


@pytest.fixture
def world_of(client_of: ClientOf, mint: Mint) -> WorldOf:
    """`await world_of(code_tries=2)`: with settings of its own."""

    async def make(**settings: Any) -> World:
        return World(await client_of("identity", **settings), mint)

    return make


@pytest_asyncio.fixture
async def world(world_of: WorldOf) -> World:
    return await world_of()
