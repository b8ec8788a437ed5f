"""A running notify service with its workers, the mail server that it sends to, and a receiver of webhooks."""

from collections.abc import AsyncIterator

import pytest_asyncio

from shared.kafka import Kafka
from tests.conftest import ClientOf
from tests.notify.scenes import Elsewhere, MailServer
from tests.notify.webhook_scenes import Happening, Identity, Receiver
from tests.support.mint import Mint


@pytest_asyncio.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def elsewhere(client_of: ClientOf, kafka: Kafka, mail_server: MailServer) -> Elsewhere:
    return Elsewhere(await client_of("notify", role="all", smtp=f"smtp://127.0.0.1:{mail_server.port}"))


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    await found.start()
    yield found
    await found.stop()


@pytest_asyncio.fixture
async def identity() -> Identity:
    return Identity()


@pytest_asyncio.fixture
async def at_rest(client_of: ClientOf, mint: Mint, identity: Identity) -> Happening:
    return Happening(await client_of("notify", peers={"identity": identity}), mint)
