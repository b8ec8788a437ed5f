"""A load of ready-made requests over kept-open connections, light enough to leave the machine to the server."""

import asyncio
import socket
import time
from collections.abc import Iterable, Sequence
from typing import cast

_HEADERS_END = b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """One request at a time; answers must carry Content-Length."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._needed = 0
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by behaviour, not by class

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(_HEADERS_END)
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            self._needed = end + len(_HEADERS_END) + length
        if len(self._buffer) >= self._needed and self._answer is not None:
            status = int(self._buffer[9:12])
            self._buffer.clear()
            self._needed = 0
            self._answer.set_result(status)

    def send(self, request: bytes) -> "asyncio.Future[int]":
        """The future status."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def connect(port: int, count: int) -> list[Connection]:
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(count)]
    return [protocol for _, protocol in pairs]


async def until_ready(port: int) -> None:
    while True:
        try:
            (connection,) = await connect(port, 1)
            if await connection.send(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") == 200:
                return
        except OSError:
            pass
        await asyncio.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def throughput(connections: Sequence[Connection], requests: Sequence[bytes], *, seconds: float) -> float:
    """Requests a second when each connection asks again as soon as it has its answer. Any status but 200 ends it."""
    until = time.perf_counter() + seconds
    done = 0

    async def ask(connection: Connection, start: int) -> None:
        nonlocal done
        at = start
        while time.perf_counter() < until:
            status = await connection.send(requests[at % len(requests)])
            if status != 200:
                raise AssertionError(f"answered {status}")
            done += 1
            at += len(connections)

    began = time.perf_counter()
    await asyncio.gather(*(ask(connection, start) for start, connection in enumerate(connections)))
    return done / (time.perf_counter() - began)


async def drain(connections: Sequence[Connection], requests: Iterable[bytes]) -> float:
    """Requests a second until each was sent once. Any status but 200 ends it."""
    left = iter(requests)
    done = 0

    async def ask(connection: Connection) -> None:
        nonlocal done
        for request in left:
            status = await connection.send(request)
            if status != 200:
                raise AssertionError(f"answered {status}")
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*map(ask, connections))
    return done / (time.perf_counter() - began)


async def latencies_ms(
    connections: Sequence[Connection], requests: Sequence[bytes], *, per_second: float, seconds: float
) -> list[float]:
    """From when each request was due, not from when it could be sent: a server that stalls makes all that waited late."""
    due = asyncio.Queue[tuple[float, bytes]]()
    took: list[float] = []

    async def serve(connection: Connection) -> None:
        while True:
            at, request = await due.get()
            status = await connection.send(request)
            if status != 200:
                raise AssertionError(f"answered {status}")
            took.append((time.perf_counter() - at) * 1000)
            due.task_done()

    workers = [asyncio.create_task(serve(connection)) for connection in connections]
    began = time.perf_counter()
    for number in range(int(per_second * seconds)):
        at = began + number / per_second
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        due.put_nowait((at, requests[number % len(requests)]))
    await due.join()
    for worker in workers:
        worker.cancel()
    return took
