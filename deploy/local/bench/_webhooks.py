"""Webhooks, against bare posts by httpx over as many connections to the same receiver, which takes everything at once.

PostgreSQL and the receiver share the machine; worker and yardstick take turns, and the ratio is the median of the turns.

[webhooks] deliveries/s of one worker to one address while many wait: claimed, looked up, signed, posted, written down. The yardstick
posts one body that was made before, over and over. [webhooks-cpu], [posts-cpu]: of the process that sends, a delivery.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx

from deploy.local.bench import Figure
from deploy.local.data_folder import REPOSITORY
from deploy.local.postgres import Postgres
from services.notify.webhooks import endpoint_store, rules, sealing
from services.notify.webhooks.endpoint_store import Endpoint
from services.notify.webhooks.outlet import Outlet
from services.notify.webhooks.rules import Health
from services.notify.webhooks.sender import CONNECTIONS_EACH, Outside, WebhookSender
from services.notify.webhooks.subjects import Subjects
from shared.client import ServiceClient
from shared.db import Database
from shared.ids import new_id
from shared.migrate import migrate
from shared.sealed import DataKey, Keyring

TOOL = "bench"
ORGANISATIONS = 500
ROUNDS = 3
A_ROUND = 2_000
SEED = Path(__file__).parent / "_webhooks_seed.sql"


async def webhook_figures(postgres: Postgres) -> list[Figure]:
    """On a database of its own of this PostgreSQL, and a receiver in a process of its own."""
    dsn = postgres.dsn("bench_webhooks")
    await migrate(dsn, [REPOSITORY / "services" / "notify" / "migrations"])
    database = Database(dsn, application_name="bench")
    await database.open()
    try:
        async with _receiver() as url:
            return await _compare(database, url)
    finally:
        await database.close()


async def _compare(database: Database, url: str) -> list[Figure]:
    keyring = Keyring(_keys)
    endpoint_id = await _register(database, keyring, url)
    outside = Outside(Outlet(own_machine=True), _Public(_nobody), keyring, "https://immo.example")
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        bare.append(await _bare(url))
        ours.append(await _worker(database, outside, endpoint_id))
    await outside.outlet.close()
    ratio = statistics.median(mine[0] / its[0] for mine, its in zip(ours, bare, strict=True))
    against = f"{statistics.median(rate for rate, _ in bare):.0f}/s of bare httpx posts, {CONNECTIONS_EACH} connections"
    return [
        Figure(
            "webhooks", round(statistics.median(rate for rate, _ in ours)), "deliveries/s", against, round(ratio, 2)
        ),
        Figure("webhooks-cpu", round(statistics.median(cpu for _, cpu in ours), 2), "ms a delivery"),
        Figure("posts-cpu", round(statistics.median(cpu for _, cpu in bare), 2), "ms a post"),
    ]


async def _bare(url: str) -> tuple[float, float]:
    left, body = iter(range(A_ROUND)), b"x" * 600
    limits = httpx.Limits(max_connections=CONNECTIONS_EACH)

    async def line(http: httpx.AsyncClient) -> None:
        for _ in left:
            await http.post(url, content=body, headers={"content-type": "application/json"})

    began, cpu = time.monotonic(), time.process_time()
    async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
        await asyncio.gather(*(line(http) for _ in range(CONNECTIONS_EACH)))
    return A_ROUND / (time.monotonic() - began), 1000 * (time.process_time() - cpu) / A_ROUND


async def _worker(database: Database, outside: Outside, endpoint_id: UUID) -> tuple[float, float]:
    """One worker from its start until all is delivered."""
    async with database.transaction() as db:
        await db.execute(SEED.read_text(), A_ROUND, ORGANISATIONS, TOOL, endpoint_id)
    began, cpu, stop = time.monotonic(), time.process_time(), asyncio.Event()
    running = asyncio.create_task(WebhookSender(database, outside).run(stop))
    async with database.acquire() as db:
        while await db.fetchval("SELECT count(*) FROM webhook_delivery WHERE state = 'waiting'"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    took_s, cpu_s = time.monotonic() - began, time.process_time() - cpu
    stop.set()
    await running
    return A_ROUND / took_s, 1000 * cpu_s / A_ROUND


async def _register(database: Database, keyring: Keyring, url: str) -> UUID:
    endpoint_id = new_id()
    await keyring.fetch([endpoint_id])
    endpoint = Endpoint(
        endpoint_id=endpoint_id,
        tool_id=TOOL,
        client_id=TOOL,
        url=url,
        description="",
        types=(),
        language="en",
        secret=sealing.seal(keyring, endpoint_id, rules.new_secret()),
        old_secret=None,
        old_secret_until=None,
        created_at=datetime.now(UTC),
        created_by="bench",
        off_reason=None,
        off_at=None,
        delivered_at=None,
        health=Health(),
    )
    async with database.transaction() as db:
        await endpoint_store.insert(db, endpoint)
    return endpoint_id


class _Public(Subjects):
    """A client that knows people by the ids of their accounts, as identity would say."""

    async def of(self, client_id: str, tool_id: str, accounts: Iterable[UUID | None]) -> dict[UUID, str]:
        return {account_id: str(account_id) for account_id in accounts if account_id is not None}


def _nobody() -> ServiceClient:
    raise LookupError("nobody is asked")


async def _keys(subjects: list[UUID]) -> dict[UUID, DataKey | None]:
    return {subject: DataKey(1, b"b" * 32) for subject in subjects}


@asynccontextmanager
async def _receiver() -> AsyncIterator[str]:
    """In a process of its own, so that its work is not counted as ours."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).parent / "_webhook_sink.py"), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    port = int(await program.stdout.readline())
    try:
        yield f"http://127.0.0.1:{port}/events"
    finally:
        program.terminate()
        await program.wait()
