"""Identity, in as many processes as there are cores, against the bare cryptography that it cannot do without.

The load, PostgreSQL and the service share the machine; service and yardstick take turns, and each ratio is the median over all turns.

[sign-ins] password sign-ins/s over HTTP, against bare argon2id verifications/s of the same parameters on all cores.
[client-credentials], [code-exchanges] answers/s of the token endpoint, against signing tokens of the same content by joserfc, in one
process: the access token (ES256), and for a code the id token too (RS256, as is usual). [...-one-process]: the service in one, too.
[eid-validations] cards that were never seen before, on one core, against verifying the card's and its certificate's signatures.
[sign-in-p99] while another 20 a second sign in, against the same alone; [token-p99] of client credentials in the same time: hashing
happens in threads of its own, so nobody else waits for it.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import uvloop

from deploy.local.bench import Figure, _identity_world
from deploy.local.bench._http_load import Connection, connect, drain, latencies_ms, throughput
from deploy.local.bench._identity_eid import eid_validations
from deploy.local.bench._identity_world import PASSWORD, World
from deploy.local.bench._token_signing import Signing, signing_of
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.postgres import Postgres
from shared.migrate import migrate

CONNECTIONS = 8
CORES = os.cpu_count() or 1
ROUNDS = 9
ROUND_S = 1.0
SIGN_INS_A_ROUND = 80
CODES_A_ROUND = 600
HASHING_PER_S, SIGN_IN_PER_S, TOKENS_PER_S = 20.0, 5.0, 20.0
LATENCY_S = 10.0

_people = count()


def measure(_: DataFolder) -> list[Figure]:
    """On a PostgreSQL and services of their own."""
    with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder, Postgres(Path(folder) / "postgres") as postgres:
        figures = uvloop.run(_measure(postgres.dsn("bench_identity")))  # as the service runs
        return [*figures, eid_validations(Path(folder))]


async def _measure(dsn: str) -> list[Figure]:
    await migrate(dsn, [REPOSITORY / "services" / "identity" / "migrations"])
    async with _identity_world.running(dsn, CORES) as world:
        of_process = [await connect(port, CONNECTIONS) for port in world.ports]
        connections = [connection for pair in zip(*of_process, strict=True) for connection in pair]
        signing = await signing_of(world, (await _identity_world.new_codes(world, 1))[0])
        await _warm_up(world, connections)
        figures = [
            await _sign_ins(world, connections),
            *await _tokens(world, connections, signing, ""),
            *await _tokens(world, of_process[0], signing, "-one-process"),
            *await _latencies(world, connections),
        ]
        for connection in connections:
            connection.close()
    return figures


async def _warm_up(world: World, connections: Sequence[Connection]) -> None:
    await drain(connections, _sign_in_requests(world, 2 * CORES))
    await throughput(connections, [_identity_world.client_credentials(world)], seconds=ROUND_S)
    await drain(connections, await _exchanges(world))


async def _sign_ins(world: World, connections: Sequence[Connection]) -> Figure:
    async def serve() -> float:
        return await drain(connections, _sign_in_requests(world, SIGN_INS_A_ROUND))

    bare = f"bare argon2id verifications on {CORES} cores"
    return await _against("sign-ins", "sign-ins/s", serve, lambda: _verifications_per_s(world), bare)


def _verifications_per_s(world: World) -> float:
    hashed = world.hasher.hash(PASSWORD)
    with ThreadPoolExecutor(CORES) as pool:  # the hash itself runs outside the interpreter's lock
        began = time.perf_counter()
        list(pool.map(lambda _: world.hasher.verify(hashed, PASSWORD), range(SIGN_INS_A_ROUND)))
        return SIGN_INS_A_ROUND / (time.perf_counter() - began)


async def _tokens(world: World, connections: Sequence[Connection], signing: Signing, suffix: str) -> list[Figure]:
    async def serve_credentials() -> float:
        return await throughput(connections, [_identity_world.client_credentials(world)], seconds=ROUND_S)

    async def serve_codes() -> float:
        return await drain(connections, await _exchanges(world))

    credentials, codes = f"client-credentials{suffix}", f"code-exchanges{suffix}"
    one = "bare signing of the same token in one process"
    two = "bare signing of the same two tokens in one process"
    return [
        await _against(credentials, "tokens/s", serve_credentials, lambda: signing.per_s("own", ROUND_S), one),
        await _against(codes, "exchanges/s", serve_codes, lambda: signing.per_s("pair", ROUND_S), two),
    ]


async def _against(
    name: str, unit: str, serve: Callable[[], Awaitable[float]], bare: Callable[[], float], against: str
) -> Figure:
    """They take turns; the ratio is the median of all turns, so that whatever else the machine does meets both."""
    served: list[float] = []
    yardstick: list[float] = []
    for _ in range(ROUNDS):
        yardstick.append(bare())
        served.append(await serve())
    ratio = statistics.median(one / other for one, other in zip(served, yardstick, strict=True))
    value = statistics.median(served)
    return Figure(
        name,
        round(value, 1),
        unit,
        f"{against}: {statistics.median(yardstick):.0f}/s",
        round(ratio, 2),
    )


async def _latencies(world: World, connections: Sequence[Connection]) -> list[Figure]:
    """Each kind of request on connections of its own, so that none waits for another's answer."""
    third = len(connections) // 3
    hashing, signing_in, asking = connections[:third], connections[third : 2 * third], connections[2 * third :]
    token = [_identity_world.client_credentials(world)]

    async def sign_ins(on: Sequence[Connection], per_second: float) -> list[float]:
        requests = _sign_in_requests(world, int(per_second * LATENCY_S))
        return await latencies_ms(on, requests, per_second=per_second, seconds=LATENCY_S)

    async def tokens() -> list[float]:
        return await latencies_ms(asking, token, per_second=TOKENS_PER_S, seconds=LATENCY_S)

    alone, token_alone = await sign_ins(signing_in, SIGN_IN_PER_S), await tokens()
    beside, token_beside, _ = await asyncio.gather(
        sign_ins(signing_in, SIGN_IN_PER_S), tokens(), sign_ins(hashing, HASHING_PER_S)
    )
    return [
        Figure("sign-in-p99", _p99(beside), "ms", f"alone {_p99(alone)} ms"),
        Figure("token-p99", _p99(token_beside), "ms", f"while nobody signs in {_p99(token_alone)} ms"),
    ]


def _p99(took_ms: Sequence[float]) -> float:
    return round(statistics.quantiles(took_ms, n=100)[98], 1)


def _sign_in_requests(world: World, number: int) -> list[bytes]:
    return _identity_world.sign_ins(world, [next(_people) for _ in range(number)])


async def _exchanges(world: World) -> list[bytes]:
    return [_identity_world.exchange(world, code) for code in await _identity_world.new_codes(world, CODES_A_ROUND)]
