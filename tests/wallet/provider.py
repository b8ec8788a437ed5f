"""The payment provider's simulator in the test's process, on a port of its own, and the wallet where its webhooks reach it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from services.wallet.payments.mollie import value_of
from tools.world.app import create_app
from tools.world.settings import Settings


def bound_socket() -> socket.socket:
    """Listening nowhere yet; its port is taken from now on."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


def origin_of(bound: socket.socket) -> str:
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


@asynccontextmanager
async def serving(app: FastAPI, at: socket.socket, *, lifespan: bool) -> AsyncIterator[str]:
    """Serve the application at this socket until the block ends. lifespan: False for one whose lifespan runs already."""
    config = uvicorn.Config(app, log_config=None, lifespan="on" if lifespan else "off", loop="none")
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve([at]))
    while not server.started:
        assert not task.done(), "the server ended before it started"
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{at.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class Simulator:
    """The provider as a test handles it: its manners, and what payers do."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/payments/v1"
        self._http = httpx.AsyncClient(base_url=f"{url}/payments/control", trust_env=False)

    async def behave(self, *modes: str, delay_s: float = 0.3) -> None:
        await self._post("/behaviour", {"modes": list(modes), "delay_s": delay_s})

    async def end(self, reference: str, status: str = "paid", method: str = "bancontact") -> None:
        await self._post(f"/payments/{reference}/end", {"status": status, "method": method})

    async def pay_late(self, reference: str) -> None:
        await self._post(f"/payments/{reference}/pay-late")

    async def refund_at_the_dashboard(self, reference: str, cents: int | None = None) -> str:
        """Returns the provider's id of the refund."""
        return (await self._post(f"/payments/{reference}/refund", _part(cents)))["_embedded"]["refunds"][-1]["id"]

    async def end_refund(self, reference: str, refund: str, status: str) -> None:
        await self._post(f"/payments/{reference}/refunds/{refund}/end", {"status": status})

    async def charge_back(self, reference: str, cents: int | None = None) -> None:
        await self._post(f"/payments/{reference}/chargeback", _part(cents))

    async def reverse_chargebacks(self, reference: str) -> None:
        await self._post(f"/payments/{reference}/reverse-chargebacks")

    async def announce(self, reference: str) -> None:
        await self._post(f"/payments/{reference}/announce")

    async def shown(self, reference: str) -> Any:
        """The payment as the provider itself shows it, however badly it behaves to us."""
        answer = await self._http.get(f"/payments/{reference}")
        return answer.raise_for_status().json()

    async def close(self) -> None:
        await self._http.aclose()

    async def _post(self, path: str, body: Any = None) -> Any:
        answer = (await self._http.post(path, json=body)).raise_for_status()
        return answer.json() if answer.content else None


def _part(cents: int | None) -> Any:
    return {"amount": {"currency": "EUR", "value": value_of(cents)}} if cents is not None else {}


@asynccontextmanager
async def simulator(data: Path) -> AsyncIterator[Simulator]:
    bound = bound_socket()
    port = bound.getsockname()[1]
    settings = Settings.model_validate(
        {"IMMO_PORT": port, "IMMO_WORLD_SMTP_PORT": 0, "IMMO_WORLD_DATA": data, "IMMO_WORLD_REFUND_S": 3_600}
    )
    async with serving(create_app(settings), bound, lifespan=True) as url:
        simulated = Simulator(url)
        try:
            yield simulated
        finally:
            await simulated.close()


def _no_signals() -> Any:
    """The signals belong to pytest."""
    return nullcontext()
