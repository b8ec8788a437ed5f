"""A process that is told to stop ends the streams that it sends, at once, and is gone within its time to drain."""

import asyncio
import base64
import json
import os
import secrets
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from tests.notify.webhook_scenes import TOOL
from tests.support.mint import Mint

ROOT = Path(__file__).parents[2]
DsnOf = Callable[[str], Awaitable[str]]
DRAIN_S = 8.0
AT_ONCE_S = 2.0
WITHIN_S = 40.0


@pytest_asyncio.fixture
async def identity(mint: Mint) -> AsyncIterator[str]:
    """Where the key is that tokens of this test are signed with."""
    body = json.dumps({"keys": [mint.key.as_dict(private=False)]}).encode()
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def running(service: str, mint: Mint, dsn: str, urls: dict[str, str]) -> AsyncIterator[tuple[Process, str]]:
    """`python -m services.<service> api` and its address, once it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    keys: dict[str, Any] = mint.service_settings(service)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "IMMO_ENVIRONMENT": "test",
        "IMMO_PUBLIC_ORIGIN": mint.origin,
        "IMMO_KAFKA": "127.0.0.1:9",
        "IMMO_SMTP": "smtp://127.0.0.1:9",
        "IMMO_GATEWAY_SECRET": base64.b64encode(secrets.token_bytes(32)).decode(),
        f"IMMO_POSTGRES_{service.upper()}": dsn,
        "IMMO_SERVICE_KEY": keys["service_key"],
        "IMMO_SERVICE_PUBLIC_KEYS": json.dumps(keys["service_public_keys"]),
        "IMMO_PORT": str(port),
        "IMMO_DRAIN_S": str(DRAIN_S),
        **{f"IMMO_URL_{name.upper()}": url for name, url in urls.items()},
    }
    url = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", f"services.{service}", "api", env=environment)
    try:
        await _until_ready(url, process)
        yield process, url
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _until_ready(url: str, process: Process) -> None:
    deadline = time.monotonic() + WITHIN_S
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        while time.monotonic() < deadline:
            assert process.returncode is None
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError("not ready in time")


async def _ends_when_told(process: Process, url: str, mint: Mint) -> None:
    """An open stream, then SIGTERM: the stream ends whole, not cut off, and then the process does."""
    token = mint.tool("finder", tool_id=TOOL, scope="events")
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=WITHIN_S, headers=token) as http,
        http.stream("GET", "/api/events/stream") as stream,
    ):
        assert stream.status_code == 200
        pieces = stream.aiter_bytes()
        assert (await anext(pieces)).startswith(b"retry:")
        told_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        async for _ in pieces:
            pass
        assert time.monotonic() - told_at < AT_ONCE_S
    assert await asyncio.wait_for(process.wait(), DRAIN_S) == 0
    assert time.monotonic() - told_at < DRAIN_S


async def test_a_stream_of_events_ends_when_its_service_is_told_to_stop(
    mint: Mint, dsn_of: DsnOf, identity: str
) -> None:
    async with running("notify", mint, await dsn_of("notify"), {"identity": identity}) as (process, url):
        await _ends_when_told(process, url, mint)


async def test_a_stream_that_the_gateway_passes_on_ends_when_the_gateway_is_told_to_stop(
    mint: Mint, dsn_of: DsnOf, identity: str
) -> None:
    async with running("notify", mint, await dsn_of("notify"), {"identity": identity}) as (behind, notify):
        urls = dict.fromkeys(("organisation", "recognition", "wallet"), "http://127.0.0.1:9")
        urls |= {"identity": identity, "notify": notify}
        async with running("gateway", mint, await dsn_of("gateway"), urls) as (process, url):
            await _ends_when_told(process, url, mint)
        assert behind.returncode is None


async def test_who_waits_for_events_is_answered_when_the_service_is_told_to_stop(
    mint: Mint, dsn_of: DsnOf, identity: str
) -> None:
    token = mint.tool("finder", tool_id=TOOL, scope="events")
    async with running("notify", mint, await dsn_of("notify"), {"identity": identity}) as (process, url):
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=WITHIN_S, headers=token) as http:
            await http.get("/api/events")
            asking = asyncio.create_task(http.get("/api/events", params={"wait": 25}))
            await asyncio.sleep(0.5)
            told_at = time.monotonic()
            process.send_signal(signal.SIGTERM)
            answer = await asking
            assert (answer.status_code, answer.json()["events"]) == (200, [])
            assert time.monotonic() - told_at < AT_ONCE_S
        assert await asyncio.wait_for(process.wait(), DRAIN_S) == 0
