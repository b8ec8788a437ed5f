"""Topping up in tests of wallets. A module whose webhooks should arrive has a `mint` of its own: `Mint(origin_of(listening))`."""

from collections.abc import AsyncIterator
from socket import socket

import pytest
import pytest_asyncio

from tests.conftest import ClientOf
from tests.support.mint import Mint
from tests.wallet.provider import Simulator, bound_socket, simulator
from tests.wallet.topping_up import Start, starting


@pytest.fixture(scope="module")
def listening() -> socket:
    """Where the wallet of this module listens."""
    return bound_socket()


@pytest_asyncio.fixture(scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    async with simulator(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest_asyncio.fixture
async def start(client_of: ClientOf, provider: Simulator, mint: Mint, listening: socket) -> AsyncIterator[Start]:
    async with starting(client_of, provider, mint, listening) as begin:
        yield begin
