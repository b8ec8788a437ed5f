"""A mail server that takes everything and forgets it, in a process of its own: `python -m deploy.local.bench._mail_sink`."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

from deploy.local.data_folder import REPOSITORY

_END = b"\r\n.\r\n"


@contextmanager
def running() -> Iterator[int]:
    """Its port."""
    command = [sys.executable, "-P", "-m", "deploy.local.bench._mail_sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY, env={"PYTHONPATH": str(REPOSITORY)}) as sink:
        assert sink.stdout is not None
        try:
            yield int(sink.stdout.readline())
        finally:
            sink.terminate()


class _Session(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self._transport, self._unread, self._in_data = transport, b"", False
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (answer := self._next()) is not None:
            self._transport.write(answer)

    def _next(self) -> bytes | None:
        """What to answer to the next command, or to a mail that is complete."""
        end = _END if self._in_data else b"\r\n"
        part, found, rest = self._unread.partition(end)
        if not found:
            return None
        self._unread = rest
        if self._in_data:
            self._in_data = False
            return b"250 taken\r\n"
        command = part[:4].upper()
        if command == b"DATA":
            self._in_data = True
            return b"354 go on\r\n"
        if command == b"EHLO":
            return b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
        return b"221 bye\r\n" if command == b"QUIT" else b"250 good\r\n"


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Session, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
