"""A manager who tops up, with the provider's simulator behind the wallet and its webhooks arriving."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from socket import socket
from typing import Any
from uuid import UUID

from services.wallet.app import SERVICE
from services.wallet.ledger.booking import Posting, book
from shared.ids import new_id
from shared.jobs import Worker
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.events import running as loops
from tests.support.events import until
from tests.support.mint import Headers, Mint
from tests.wallet.book import TOOL, add_manager, balance_of, faults_of, open_filled, published
from tests.wallet.provider import Simulator, serving


class Manager:
    """A manager of one wallet, at its pages."""

    def __init__(self, app: App, wallet_id: UUID, headers: Headers, staff: Headers, worker: AsyncExitStack) -> None:
        self.app = app
        self.wallet_id = wallet_id
        self.headers = headers
        self.staff = staff
        self._worker = worker

    async def stop(self) -> None:
        """No job runs any more."""
        await self._worker.aclose()

    async def work(self) -> None:
        """Jobs run again, until the test ends."""
        worker = Worker("wallet", self.app.at.database, SERVICE.jobs(self.app.at))
        await self._worker.enter_async_context(loops(worker.run))

    async def ask(self, cents: int = 5_000, *, request_id: str | None = None) -> Any:
        back = f"{self.app.at.settings.public_origin}/back"
        body = {"amount_cents": cents, "method": "visa", "return_url": back, "request_id": request_id}
        return await self.app.http.post(f"/api/wallets/{self.wallet_id}/top-ups", json=body, headers=self.headers)

    async def ask_at_once(self, cents: int, *, request_id: str, times: int) -> list[Any]:
        return await asyncio.gather(*(self.ask(cents, request_id=request_id) for _ in range(times)))

    async def listed(self) -> Any:
        answer = await self.app.http.get(f"/api/wallets/{self.wallet_id}/top-ups", headers=self.headers)
        return answer.raise_for_status().json()

    async def cancel(self, top_up_id: str) -> Any:
        return await self.app.http.post(f"/api/top-ups/{top_up_id}/cancel", headers=self.headers)

    async def paid(self, provider: Simulator, cents: int = 5_000) -> tuple[str, str]:
        """A completed top-up and the provider's reference."""
        top_up_id, reference = await self.open(cents)
        before = await self.balance()
        await provider.end(reference)
        await self.has(before + cents)
        return top_up_id, reference

    async def has(self, cents: int) -> None:
        """Wait until this is the balance, and nothing is left to do; then the book is right too."""

        async def is_so() -> bool:
            async with self.app.at.database.acquire() as db:
                busy = await db.fetchval("SELECT count(*) FROM job")
            return not busy and await self.balance() == cents

        await until(is_so, what=f"{cents} in the wallet, and no job", within_s=20)
        assert await faults_of(self.app.at.database) == []

    async def heard(self) -> None:
        """Wait until a notice has come, and nothing is left to do. Before this, `forget_notices`."""

        async def is_so() -> bool:
            async with self.app.at.database.acquire() as db:
                noticed = await db.fetchval("SELECT bool_and(checked_at IS NOT NULL) FROM top_up")
                return noticed and not await db.fetchval("SELECT count(*) FROM job")

        await until(is_so, what="a notice has come, and no job waits", within_s=20)

    async def forget_notices(self) -> None:
        async with self.app.at.database.transaction() as db:
            await db.execute("UPDATE top_up SET checked_at = NULL")

    async def is_frozen(self) -> bool:
        async with self.app.at.database.acquire() as db:
            return await db.fetchval("SELECT frozen_at IS NOT NULL FROM wallet WHERE id = $1", self.wallet_id)

    async def spend(self, cents: int) -> None:
        """A tool takes this."""
        async with self.app.at.database.transaction() as db:
            postings = [
                Posting("wallet", -cents, wallet_id=self.wallet_id),
                Posting("revenue", cents, party=TOOL),
            ]
            await book(db, "charge", "An extract", postings, tool_id=TOOL)

    async def refund(self, top_up_id: str, cents: int, *, refund_id: str | None = None) -> Any:
        """Support gives back."""
        body = {"id": refund_id or str(new_id()), "amount_cents": cents, "reason": "Paid twice by mistake"}
        path = f"/api/support/top-ups/{top_up_id}/refunds"
        return await self.app.http.post(path, json=body, headers=self.staff)

    async def supported(self, top_up_id: str) -> Any:
        answer = await self.app.http.get(f"/api/support/top-ups/{top_up_id}", headers=self.staff)
        return answer.raise_for_status().json()

    async def refund_states(self, top_up_id: str) -> list[str]:
        return [refund["state"] for refund in (await self.supported(top_up_id))["refunds"]]

    async def open(self, cents: int = 5_000) -> tuple[str, str]:
        """The top-up and the provider's reference."""
        answer = await self.ask(cents)
        assert answer.status_code == 201, answer.text
        top_up_id = answer.json()["top_up_id"]
        async with self.app.at.database.acquire() as db:
            return top_up_id, await db.fetchval("SELECT reference FROM top_up WHERE id = $1", UUID(top_up_id))

    async def state(self, top_up_id: str) -> str:
        answer = await self.app.http.get(f"/api/top-ups/{top_up_id}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["state"]

    async def balance(self) -> int:
        return await balance_of(self.app.at.database, self.wallet_id)

    async def events(self) -> list[str]:
        return [event["type"] for event in await published(self.app.at.database)]

    async def settled(self, state: str, cents: int) -> None:
        """Wait until a look at the database says so, without asking the wallet, which would ask the provider."""

        async def is_so() -> bool:
            async with self.app.at.database.acquire() as db:
                found = await db.fetchval("SELECT count(*) FROM top_up WHERE state = $1", state)
                busy = await db.fetchval("SELECT count(*) FROM job")
            return bool(found) and not busy

        await until(is_so, what=f"the top-up is {state}", within_s=10)
        assert await self.balance() == cents
        assert await faults_of(self.app.at.database) == []


Start = Callable[..., Awaitable[Manager]]


@asynccontextmanager
async def starting(client_of: ClientOf, provider: Simulator, mint: Mint, listening: socket) -> AsyncIterator[Start]:
    """Gives `await start()`: the wallet with its jobs running, reachable for webhooks."""
    await provider.behave()
    async with AsyncExitStack() as stack:

        async def wallet(*, payments_url: str = provider.url, heard: bool = True) -> Manager:
            app = await client_of("wallet", payments_url=payments_url)
            if heard:
                await stack.enter_async_context(serving(app.fastapi, listening.dup(), lifespan=False))
            worker = await stack.enter_async_context(AsyncExitStack())
            await worker.enter_async_context(loops(Worker("wallet", app.at.database, SERVICE.jobs(app.at)).run))
            async with app.at.database.transaction() as db:
                wallet_id = await open_filled(db, cents=0)
                account_id = await add_manager(db, wallet_id)
            staff = mint.person(new_id(), acr="mfa", claims={"staff": "support"})
            return Manager(app, wallet_id, mint.person(account_id), staff, worker)

        yield wallet
    await provider.behave()
