"""A server whose endless answers end when it is told to stop, rather than hold it up until they are cut off."""

import asyncio
from socket import socket
from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """stopping: is set at the first signal, before the server waits for the answers that are under way."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
