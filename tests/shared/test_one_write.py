"""An answer leaves the server in one piece, whole and in order."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from shared.one_write import OneWriteProtocol

LONG = 300_000


async def short(request: Request) -> Response:
    return PlainTextResponse("hello", headers={"connection": request.query_params.get("connection", "keep-alive")})


async def long(request: Request) -> Response:
    return PlainTextResponse("x" * LONG)


async def drops(request: Request) -> Response:
    async def parts() -> AsyncIterator[str]:
        for number in range(20):
            yield f"{number},"
            await asyncio.sleep(0)

    return StreamingResponse(parts())


@pytest.fixture
async def port() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/short", short), Route("/long", long), Route("/drops", drops)])
    config = uvicorn.Config(app, port=0, http=OneWriteProtocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def ask(port: int, path: str, *, reads: int | None = None) -> bytes:
    """The answer as far as it came: so many reads, or until the server closes."""
    loop = asyncio.get_running_loop()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setblocking(False)
        await loop.sock_sendall(client, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        said = b""
        while reads is None or reads > 0:
            part = await asyncio.wait_for(loop.sock_recv(client, 65_536), 10)
            if not part:
                break
            said += part
            reads = reads - 1 if reads is not None else None
        return said


async def test_head_and_body_come_in_one_read(port: int) -> None:
    head, _, body = (await ask(port, "/short", reads=1)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b"hello"


async def test_nothing_is_lost_when_the_connection_is_closed_behind_the_answer(port: int) -> None:
    assert (await ask(port, "/short?connection=close")).endswith(b"hello")


async def test_long_answers_and_streams_are_whole_and_in_order(port: int) -> None:
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"GET /long HTTP/1.1\r\nHost: x\r\n\r\nGET /drops HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        said = await reader.read()
        writer.close()
    first, _, rest = said.partition(b"\r\n\r\n")
    assert b"200" in first.splitlines()[0]
    assert rest.startswith(b"x" * LONG)
    chunks = rest[LONG:].partition(b"\r\n\r\n")[2]
    assert b"".join(chunks.split(b"\r\n")[1::2]) == "".join(f"{number}," for number in range(20)).encode()
