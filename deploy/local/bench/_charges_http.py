"""Charges end to end: requests of a tool to the service in a process of its own, each signed, parsed, booked and answered."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from deploy.local.bench._charges import EXCL_CENTS, INCL_CENTS, RATE_BP, TOOL, Book, Load, load
from deploy.local.bench._http_load import connect
from deploy.local.bench._service_process import running

_SETTINGS = {"IMMO_WALLET_PAYMENTS_URL": "http://127.0.0.1:9/v2"}
_CREATED = 201
_BODY = json.dumps(
    {
        "amount_excl_cents": EXCL_CENTS,
        "amount_incl_cents": INCL_CENTS,
        "vat_rate_bp": RATE_BP,
        "description": "A charge of the bench",
    }
)


@dataclass(frozen=True)
class Desk:
    """A tool in front of the service."""

    port: int
    book: Book
    token: str

    async def charges(self, callers: int, seconds: float) -> Load:
        """Each caller has a connection of its own. Raises RuntimeError for an answer that is not 201."""
        connections = await connect(self.port, callers)
        wallets = self.book.wallets

        async def ask(caller: int, number: int) -> None:
            wallet_id = wallets[(number * callers + caller) % len(wallets)]
            status = await connections[caller].send(
                f"POST /api/wallets/{wallet_id}/charges HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self.token}\r\n"
                f"Idempotency-Key: {uuid4()}\r\nContent-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n{_BODY}".encode()
            )
            if status != _CREATED:
                raise RuntimeError(f"a charge was answered {status}")

        try:
            return await load(callers, seconds, ask)
        finally:
            for connection in connections:
                connection.close()


@asynccontextmanager
async def served(book: Book) -> AsyncIterator[Desk]:
    """The wallet service on this book."""
    async with running("wallet", book.database.dsn, [TOOL], "charges", settings=_SETTINGS) as (port, tokens):
        yield Desk(port, book, tokens[TOOL])
