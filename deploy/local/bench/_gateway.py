"""Pages of the gateway: what the platform's middleware costs them, and how long each takes on a stack that the main story has filled.

[gateway-middleware] the sign-in page against the same page without the middleware, of the same process; [page-median] the median of the
medians of all kinds of pages, [page-slowest] the greatest of these medians.
"""

import asyncio
import base64
import secrets
import statistics
import tempfile
import time
from pathlib import Path

import requests
import uvloop

from deploy.local.bench import Figure
from deploy.local.bench._gateway_server import BARE
from deploy.local.bench._http_load import connect, throughput
from deploy.local.bench._service_process import running
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.demo import play
from deploy.local.demo.browser import TIMEOUT_S
from deploy.local.demo.walk import Walk
from deploy.local.demo.wallet_story import WalletStory
from deploy.local.postgres import Postgres
from deploy.local.stack import running_or_own
from shared.migrate import migrate

PAGE = "/sign-in"
CONNECTIONS = 8
ROUND_S = 0.25
ROUNDS = 41
TIMES_EACH = 7
MOST_MS = 100.0


def gateway_figures(data: DataFolder) -> list[Figure]:
    """The first on a PostgreSQL and a gateway of its own, the others on the running stack or one of its own."""
    with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder, Postgres(Path(folder) / "postgres") as postgres:
        middleware = uvloop.run(_middleware(postgres.dsn("bench_gateway")))
    return [middleware, *_pages(data)]


async def _middleware(dsn: str) -> Figure:
    """They take turns; the ratio is the median of all turns, so that whatever else the machine does meets both."""
    await migrate(dsn, [REPOSITORY / "services" / "gateway" / "migrations"])
    settings = {"IMMO_GATEWAY_SECRET": base64.b64encode(secrets.token_bytes(32)).decode()}
    module = "deploy.local.bench._gateway_server"
    async with running("gateway", dsn, [], "", settings=settings, module=module) as (port, _):
        connections = await connect(port, CONNECTIONS)
        loads = [[_request(path)] for path in (PAGE, BARE + PAGE)]
        for load in loads:
            await throughput(connections, load, seconds=ROUND_S)
        turns = [[await throughput(connections, load, seconds=ROUND_S) for load in loads] for _ in range(ROUNDS)]
        for connection in connections:
            connection.close()
    ratio = statistics.median(whole / bare for whole, bare in turns)
    whole, bare = (statistics.median(turn[at] for turn in turns) for at in (0, 1))
    against = f"the same page without the platform's middleware, {bare:.0f}/s"
    return Figure("gateway-middleware", round(whole), "requests/s", against, round(ratio, 2))


def _request(path: str) -> bytes:
    visitor = f"Cookie: immo_visitor={secrets.token_urlsafe(18)}; immo_language=fr\r\n"
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nAccept-Language: fr\r\n{visitor}\r\n".encode()
    )


def _pages(data: DataFolder) -> list[Figure]:
    """One page of each kind that a manager and somebody of the support reach, asked for one after the other."""
    with running_or_own(data) as stack:
        story = WalletStory(stack)
        steps = asyncio.run(play(story, stack.kafka, lambda _: None))
        if not steps[-1].ok:
            raise AssertionError(steps[-1].why)
        medians: dict[str, float] = {}
        for person, start in ((story.ada, "/organisations"), (story.sofie, "/support")):
            session = person.browser.session
            for seen in Walk(stack.url, session, at_most=1).pages(["/", start]):
                if seen.soup is not None and seen.kind not in medians:
                    medians[seen.kind] = _median_ms(session, seen.address)
    slowest = max(medians, key=lambda kind: medians[kind])
    slow = sum(median > MOST_MS for median in medians.values())
    all_of_them = Figure(
        "page-median", round(statistics.median(medians.values()), 1), "ms", f"{len(medians)} kinds of pages"
    )
    told = f"{slowest}; {slow} of {len(medians)} kinds take more than {MOST_MS:.0f} ms"
    return [all_of_them, Figure("page-slowest", round(medians[slowest], 1), "ms", told)]


def _median_ms(session: requests.Session, address: str) -> float:
    """After the walk has asked for it once."""
    took: list[float] = []
    for _ in range(TIMES_EACH):
        began = time.perf_counter()
        session.get(address, timeout=TIMEOUT_S)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
