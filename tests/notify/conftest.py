"""A running notify service with its workers, and the mail server that it sends to."""

from collections.abc import AsyncIterator

import pytest_asyncio

from shared.kafka import Kafka
from tests.conftest import ClientOf
from tests.notify.scenes import Elsewhere, MailServer


@pytest_asyncio.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def elsewhere(client_of: ClientOf, kafka: Kafka, mail_server: MailServer) -> Elsewhere:
    return Elsewhere(await client_of("notify", role="all", smtp=f"smtp://127.0.0.1:{mail_server.port}"))
