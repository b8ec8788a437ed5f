"""The selection screen against an empty page with one indexed SELECT, of the same process and pool.

[requests] pages/s of people with a few qualities, [latency] p99 at half that load, [requests-200] pages/s of somebody with 200,
[requests-alone] pages/s with organisation, recognition and wallet stopped.
"""

import asyncio
import base64
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.bench import Figure
from deploy.local.bench._http_load import Connection, connect, free_port, latencies_ms, throughput, until_ready
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.postgres import Postgres
from shared.ids import new_id
from shared.migrate import migrate
from shared.service_tokens import public_key_of

TOOL = "bench-tool"
PEOPLE = 300
QUALITIES = 3
MANY = 200
CONNECTIONS = 16
ROUND_S = 1.0
ROUNDS = 9
LATENCY_S = 8.0
LANGUAGES = ("fr", "nl", "en", "de")
STOPPED = ("organisation", "recognition", "wallet")


@dataclass(frozen=True)
class Load:
    """Ready-made requests: of the empty page, of people with a few qualities, of one with many."""

    empty: list[bytes]
    few: list[bytes]
    many: list[bytes]


def measure(_: DataFolder) -> list[Figure]:
    """On a PostgreSQL and a gateway of its own."""
    with tempfile.TemporaryDirectory(prefix="immo-bench-") as folder, Postgres(Path(folder) / "postgres") as postgres:
        return uvloop.run(_measure(postgres.dsn("bench_selection")))


async def _measure(dsn: str) -> list[Figure]:
    await migrate(dsn, [REPOSITORY / "services" / "gateway" / "migrations"])
    request_id, people = new_id(), [new_id() for _ in range(PEOPLE + 1)]
    registrations = await _seed(dsn, people)
    key = ECKey.generate_key("P-256", {"use": "sig"}, private=True, auto_kid=True)
    async with _neighbours(key, request_id) as (urls, stop), _gateway(dsn, urls) as (port, origin):
        load = _load(key, origin, request_id, people, registrations)
        connections = await connect(port, CONNECTIONS)
        for requests in (load.empty, load.few, load.many):
            await throughput(connections, requests, seconds=1.0)
        figures = await _rounds(connections, load)
        await stop(STOPPED)
        figures.append(await _against(connections, load.empty, load.few, "requests-alone"))
        for connection in connections:
            connection.close()
    return figures


async def _rounds(connections: Sequence[Connection], load: Load) -> list[Figure]:
    requests = await _against(connections, load.empty, load.few, "requests")
    took = await latencies_ms(connections, load.few, per_second=requests.value / 2, seconds=LATENCY_S)
    p99 = statistics.quantiles(took, n=100)[98]
    latency = Figure("latency", round(p99, 1), "ms", f"p99 at {requests.value / 2:.0f} requests/s")
    return [requests, latency, await _against(connections, load.empty, load.many, "requests-200")]


async def _against(
    connections: Sequence[Connection], empty: Sequence[bytes], page: Sequence[bytes], name: str
) -> Figure:
    """They take turns; the ratio is the median of all turns, so that whatever else the machine does meets both."""
    bare: list[float] = []
    pages: list[float] = []
    for _ in range(ROUNDS):
        bare.append(await throughput(connections, empty, seconds=ROUND_S))
        pages.append(await throughput(connections, page, seconds=ROUND_S))
    ratio = statistics.median(one / other for one, other in zip(pages, bare, strict=True))
    against = f"empty page {statistics.median(bare):.0f} requests/s"
    return Figure(name, round(statistics.median(pages)), "requests/s", against, round(ratio, 2))


async def _seed(dsn: str, people: Sequence[UUID]) -> list[UUID]:
    """People with three qualities each, the last with 200. Returns all registrations."""
    db = await asyncpg.connect(dsn)
    try:
        await db.execute("INSERT INTO tool (tool_id, version, entry) VALUES ($1, 1, $2)", TOOL, json.dumps(_tool()))
        counts = [QUALITIES] * (len(people) - 1) + [MANY]
        rows = [
            (person, new_id(), new_id(), f"Organisation {number:03}")
            for person, count in zip(people, counts, strict=True)
            for number in range(count)
        ]
        await db.executemany(
            "INSERT INTO organisation (organisation_id, enterprise_number, name) VALUES ($1, '0123456749', $2)",
            [(organisation, name) for _, organisation, _, name in rows],
        )
        await db.executemany(
            "INSERT INTO wallet (wallet_id, balance_cents) VALUES ($1, 5000)", [(row[1],) for row in rows]
        )
        await db.executemany(
            "INSERT INTO employee (account_id, organisation_id, state, is_manager) VALUES ($1, $2, 'active', true)",
            [row[:2] for row in rows],
        )
        await db.executemany(
            f"INSERT INTO registration (registration_id, organisation_id, tool_id, usage_mode) VALUES ($2, $1, '{TOOL}', 'agent')",  # noqa: S608
            [(organisation, registration) for _, organisation, registration, _ in rows],
        )
        await db.executemany(
            f"""
            INSERT INTO access (account_id, organisation_id, registration_id, organisation_name, tool_id, usage_mode, role, is_usable,
                                enterprise_number, employee_state, is_manager, is_suspended)
            VALUES ($1, $2, $3, $4, '{TOOL}', 'agent', 'user', true, '0123456749', 'active', true, false)
            """,  # noqa: S608
            rows,
        )
        await db.execute("INSERT INTO model_age (topic, partition, as_of) VALUES ('organisation.events', 0, now())")
        await db.execute("ANALYZE")
    finally:
        await db.close()
    return [row[2] for row in rows]


def _tool() -> dict[str, Any]:
    def texts(text: str) -> dict[str, str]:
        return dict.fromkeys(LANGUAGES, text)

    role = {"id": "user", "names": texts("User")}
    mode = {
        "id": "agent",
        "names": texts("Agent"),
        "descriptions": texts("As an agent."),
        "register_rule": "",
        "use_rule": "",
        "roles": [role],
    }
    return {
        "names": texts("Bench"),
        "descriptions": texts("A tool."),
        "sign_in_acr": "pwd",
        "start_url": "https://tool.example/",
        "support_email": "help@tool.example",
        "colours": {"primary": "#1b6b3a"},
        "terms_version": "1",
        "usage_modes": [mode],
    }


def _load(key: ECKey, origin: str, request_id: UUID, people: Sequence[UUID], registrations: Sequence[UUID]) -> Load:
    pages = [_request(f"/select?request={request_id}", _cookies(key, origin, person)) for person in people]
    empty = [_request(f"/bench/empty/{registration}", "") for registration in registrations[:PEOPLE]]
    return Load(empty, pages[:-1], pages[-1:])


def _request(path: str, cookies: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nAccept-Language: fr-BE,fr;q=0.9\r\n{cookies}\r\n"
    ).encode()


def _cookies(key: ECKey, origin: str, person: UUID) -> str:
    now = int(time.time())
    claims = {
        "iss": origin, "aud": "immo", "sub": str(person), "sid": str(new_id()), "acr": "pwd", "amr": ["pwd"], "auth_time": now,
        "lang": "fr", "client_id": "gateway", "scope": "platform", "iat": now, "exp": now + 1800,
    }  # fmt: skip
    token = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}, claims, key)
    return f"Cookie: immo_session={secrets.token_urlsafe(24)}; immo_access={token}; immo_language=fr\r\n"


@asynccontextmanager
async def _neighbours(key: ECKey, request_id: UUID) -> AsyncIterator[tuple[dict[str, str], Any]]:
    """Stand-ins for the other services: identity knows the tool's sign-in, the others are there until `stop(names)`."""
    authorization = {
        "id": str(request_id), "client_id": TOOL, "client_name": "Bench", "tool_id": TOOL, "tool_acr": "pwd", "prompt": [],
        "max_age_s": None, "login_hint": None, "ui_locales": None, "created_at": "2025-01-01T00:00:00+00:00",
        "expires_at": "2099-01-01T00:00:00+00:00",
    }  # fmt: skip
    answers = {
        "/oauth2/jwks": {"keys": [key.as_dict(private=False)]},
        f"/internal/authorizations/{request_id}": authorization,
    }

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = json.dumps(answers.get(head.split(b" ")[1].decode(), {})).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
                    + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    servers = {name: await asyncio.start_server(serve, "127.0.0.1", 0) for name in ("identity", *STOPPED, "notify")}

    async def stop(names: Sequence[str]) -> None:
        for name in names:
            servers.pop(name).close()

    yield {name: f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}" for name, server in servers.items()}, stop
    for server in servers.values():
        server.close()


@asynccontextmanager
async def _gateway(dsn: str, urls: dict[str, str]) -> AsyncIterator[tuple[int, str]]:
    """Its port and its public origin."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    key = secrets.token_bytes(32)
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "IMMO_ENVIRONMENT": "test",
        "IMMO_PORT": str(port),
        "IMMO_PUBLIC_ORIGIN": origin,
        "IMMO_KAFKA": "127.0.0.1:9",
        "IMMO_POSTGRES_GATEWAY": dsn,
        "IMMO_SERVICE_KEY": base64.b64encode(key).decode(),
        "IMMO_SERVICE_PUBLIC_KEYS": json.dumps({"gateway": public_key_of(key)}),
        "IMMO_GATEWAY_SECRET": base64.b64encode(secrets.token_bytes(32)).decode(),
        **{f"IMMO_URL_{name.upper()}": url for name, url in urls.items()},
    }
    command = [sys.executable, "-P", "-m", "deploy.local.bench._selection_server"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    try:
        await asyncio.wait_for(until_ready(port), timeout=30)
        yield port, origin
    finally:
        process.terminate()
        await process.wait()
