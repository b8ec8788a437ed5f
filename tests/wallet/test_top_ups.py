"""Top-ups with the provider's simulator behind them, in its good and its bad manners."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.wallet.app import SERVICE
from services.wallet.topups.handlers import check_overdue
from shared.jobs import Worker
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.events import running as loops
from tests.support.events import until
from tests.support.mint import Headers, Mint
from tests.wallet.book import add_manager, balance_of, faults_of, open_filled, published
from tests.wallet.provider import Simulator, bound_socket, serving, simulator

_SOCKET = bound_socket()


@pytest.fixture(scope="module")
def mint() -> Mint:
    """The public origin is where the wallet itself listens, so that webhooks arrive."""
    return Mint(f"http://127.0.0.1:{_SOCKET.getsockname()[1]}")


@pytest_asyncio.fixture(scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    async with simulator(tmp_path_factory.mktemp("world")) as running:
        yield running


class Manager:
    """A manager of one wallet, at its pages."""

    def __init__(self, app: App, wallet_id: UUID, headers: Headers) -> None:
        self.app = app
        self.wallet_id = wallet_id
        self.headers = headers

    async def ask(self, cents: int = 5_000) -> Any:
        body = {"amount_cents": cents, "method": "visa", "return_url": f"{self.app.at.settings.public_origin}/back"}
        return await self.app.http.post(f"/api/wallets/{self.wallet_id}/top-ups", json=body, headers=self.headers)

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


@pytest_asyncio.fixture
async def start(client_of: ClientOf, provider: Simulator, mint: Mint) -> AsyncIterator[Start]:
    """`await start()`: the wallet with its jobs running, reachable for webhooks."""
    await provider.behave()
    async with AsyncExitStack() as stack:

        async def wallet(*, payments_url: str = provider.url, heard: bool = True) -> Manager:
            app = await client_of("wallet", payments_url=payments_url)
            if heard:
                await stack.enter_async_context(serving(app.fastapi, _SOCKET.dup(), lifespan=False))
            await stack.enter_async_context(loops(Worker("wallet", app.at.database, SERVICE.jobs(app.at)).run))
            async with app.at.database.transaction() as db:
                wallet_id = await open_filled(db, cents=0)
                account_id = await add_manager(db, wallet_id)
            return Manager(app, wallet_id, mint.person(account_id))

        yield wallet
    await provider.behave()


async def test_a_paid_top_up_is_in_the_wallet(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.open(7_500)
    assert await manager.state(top_up_id) == "pending"
    await provider.end(reference)
    await manager.settled("completed", 7_500)
    assert await manager.state(top_up_id) == "completed"
    assert await manager.events() == ["WalletOpened", "TopUpRequested", "WalletToppedUp"]


@pytest.mark.parametrize(
    ("ended", "state", "reason"),
    [("failed", "failed", "failed"), ("canceled", "failed", "canceled"), ("expired", "expired", "expired")],
)
async def test_a_payment_that_fails_leaves_the_wallet_as_it_was(
    start: Start, provider: Simulator, ended: str, state: str, reason: str
) -> None:
    manager = await start()
    _, reference = await manager.open()
    await provider.end(reference, ended)
    await manager.settled(state, 0)
    [failed] = await published(manager.app.at.database, "TopUpFailed")
    assert failed["reason"] == reason


async def test_a_notice_that_comes_three_times_and_out_of_order_credits_once(start: Start, provider: Simulator) -> None:
    manager = await start()
    await provider.behave("duplicate", "reorder", "late")
    _, reference = await manager.open()
    await provider.end(reference)
    await provider.announce(reference)
    await manager.settled("completed", 5_000)
    await provider.announce(reference)
    await provider.behave()
    await until(lambda: _no_webhook_waits(manager), what="all notices have come", within_s=5)
    await manager.settled("completed", 5_000)


async def _no_webhook_waits(manager: Manager) -> bool:
    async with manager.app.at.database.acquire() as db:
        return await db.fetchval("SELECT count(*) = 0 FROM job")


async def test_a_lost_notice_is_made_good_when_the_person_returns_to_the_page(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    await provider.behave("lose")
    top_up_id, reference = await manager.open()
    await provider.end(reference)
    assert await manager.state(top_up_id) == "pending"
    await manager.settled("completed", 5_000)


async def test_a_lost_notice_is_made_good_without_anyone_when_it_is_overdue(start: Start, provider: Simulator) -> None:
    manager = await start()
    await provider.behave("lose")
    _, reference = await manager.open()
    await provider.end(reference)
    async with manager.app.at.database.transaction() as db:
        assert await check_overdue(db, now=datetime.now(UTC)) == 0
        assert await check_overdue(db, now=datetime.now(UTC) + timedelta(minutes=2)) == 1
    await manager.settled("completed", 5_000)


async def test_another_amount_than_was_asked_is_not_credited(start: Start, provider: Simulator) -> None:
    manager = await start()
    _, reference = await manager.open()
    await provider.behave("wrong-amount")
    await provider.end(reference)
    await manager.settled("failed", 0)
    [failed] = await published(manager.app.at.database, "TopUpFailed")
    assert failed["reason"] == "amount-mismatch"


async def test_a_provider_that_is_down_is_said_so_and_loses_nothing(start: Start, provider: Simulator) -> None:
    manager = await start()
    await provider.behave("error")
    answer = await manager.ask()
    assert (answer.status_code, answer.json()["code"]) == (503, "payments-unavailable")
    assert await manager.events() == ["WalletOpened"]
    await provider.behave()
    _, reference = await manager.open()
    await provider.end(reference)
    await manager.settled("completed", 5_000)


async def test_a_provider_that_is_down_when_it_should_be_asked_is_asked_again(
    start: Start, provider: Simulator
) -> None:
    manager = await start()
    _, reference = await manager.open()
    await provider.behave("maintenance")
    await provider.end(reference)
    await until(lambda: _has_failed_once(manager), what="the provider was asked in vain")
    await provider.behave()
    await manager.settled("completed", 5_000)


async def _has_failed_once(manager: Manager) -> bool:
    async with manager.app.at.database.acquire() as db:
        return await db.fetchval("SELECT EXISTS (SELECT FROM job WHERE last_error <> '')")


async def test_a_payment_whose_opening_was_not_noted_is_credited_all_the_same(
    start: Start, provider: Simulator
) -> None:
    """The process died between the provider's answer and the second transaction."""
    manager = await start()
    top_up_id, reference = await manager.open()
    async with manager.app.at.database.transaction() as db:
        await db.execute("UPDATE top_up SET state = 'created', reference = NULL WHERE id = $1", UUID(top_up_id))
    await provider.end(reference)
    await manager.settled("completed", 5_000)


async def test_a_top_up_that_never_reached_the_provider_ends_by_itself(start: Start) -> None:
    manager = await start(heard=False)
    top_up_id, _ = await manager.open()
    async with manager.app.at.database.transaction() as db:
        await db.execute("UPDATE top_up SET state = 'created', reference = NULL WHERE id = $1", UUID(top_up_id))
        await check_overdue(db, now=datetime.now(UTC) + timedelta(minutes=20))
    assert await manager.state(top_up_id) == "failed"


async def test_a_payment_that_was_given_up_and_then_paid_is_credited(start: Start, provider: Simulator) -> None:
    manager = await start()
    top_up_id, reference = await manager.open()
    async with manager.app.at.database.transaction() as db:
        await db.execute(
            "UPDATE top_up SET state = 'expired', reason = 'expired', ended_at = now() WHERE id = $1", UUID(top_up_id)
        )
    await provider.end(reference)
    await manager.settled("completed", 5_000)


@pytest.mark.parametrize("body", ["id=tr_invented", "id=", "", "x" * 6_000, "id=tr_a;id=tr_b", "\x00"])
async def test_a_notice_about_nothing_gets_the_same_answer_and_does_nothing(start: Start, body: str) -> None:
    manager = await start(heard=False)
    answer = await manager.app.http.post(
        "/api/payments/mollie/webhook", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    async with manager.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM job") == 0


async def test_a_notice_for_an_unknown_provider_is_answered_alike(start: Start) -> None:
    manager = await start(heard=False)
    answer = await manager.app.http.post("/api/payments/nobody/webhook", data={"id": "tr_invented"})
    assert (answer.status_code, answer.json()) == (200, {"received": True})
