"""A service in a process of its own, as it runs anywhere, and an identity that only shows with which key tokens are signed."""

import asyncio
import base64
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.bench._http_load import free_port, until_ready
from deploy.local.data_folder import REPOSITORY
from shared.service_tokens import public_key_of

ORIGIN = "http://127.0.0.1:8080"
READY_WITHIN_S = 60


@asynccontextmanager
async def running(
    service: str,
    dsn: str,
    tools: Sequence[str],
    scope: str,
    *,
    settings: Mapping[str, str] | None = None,
    module: str = "",
) -> AsyncIterator[tuple[int, dict[str, str]]]:
    """Its port, and for each tool an Authorization header with this scope that is good for an hour.

    module: that runs instead of the service's own.
    """
    key = ECKey.generate_key("P-256", {"use": "sig"}, private=True, auto_kid=True)
    port = free_port()
    async with _identity(key) as url:
        command = [sys.executable, "-P", "-m", module or f"services.{service}", "api"]
        environment = {**_environment(service, dsn, port, url), **(settings or {})}
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=REPOSITORY, stdout=subprocess.DEVNULL
        )
        try:
            await asyncio.wait_for(until_ready(port), timeout=READY_WITHIN_S)
            yield port, {tool: _token(key, tool, scope) for tool in tools}
        finally:
            process.terminate()
            await process.wait()


def _token(key: ECKey, tool: str, scope: str) -> str:
    now = int(time.time())
    claims = {"iss": ORIGIN, "aud": "immo", "sub": tool, "client_id": tool, "tool_id": tool, "scope": scope}
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    return "Bearer " + jwt.encode(header, {**claims, "iat": now, "exp": now + 3600}, key)


@asynccontextmanager
async def _identity(key: ECKey) -> AsyncIterator[str]:
    body = json.dumps({"keys": [key.as_dict(private=False)]}).encode()
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _environment(service: str, dsn: str, port: int, identity: str) -> dict[str, str]:
    key = secrets.token_bytes(32)
    return {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "IMMO_ENVIRONMENT": "test",
        "IMMO_PORT": str(port),
        "IMMO_PUBLIC_ORIGIN": ORIGIN,
        "IMMO_KAFKA": "127.0.0.1:9",
        "IMMO_LOG_LEVEL": "warning",
        f"IMMO_POSTGRES_{service.upper()}": dsn,
        "IMMO_URL_IDENTITY": identity,
        "IMMO_SERVICE_KEY": base64.b64encode(key).decode(),
        "IMMO_SERVICE_PUBLIC_KEYS": json.dumps({service: public_key_of(key)}),
    }
