"""Runs servers as children: starts them, starts them again when they end, holds them, stops them with time to drain."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.leftovers import Recorded
from deploy.local.processes import Child, Server, StartFailed, keep_log_small
from deploy.local.progress import Progress

LOOK_EVERY_S = 0.1
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STEADY_AFTER_S = 60.0
WARN_BELOW_FREE_BYTES = 200 * 1024 * 1024
LOOK_AT_DISK_EVERY_S = 10.0


@dataclass
class Running:
    """failures: ends in a row without having run steadily. again_at: when to start it again (monotonic), after an end."""

    server: Server
    child: Child
    since: float
    failures: int = 0
    again_at: float | None = None


class Runner:
    """Everything here runs in the main thread, because the children's death signal follows the thread that starts them."""

    def __init__(self, data: DataFolder, progress: Progress) -> None:
        self._data = data
        self._progress = progress
        self._running: dict[str, Running] = {}
        self._stopping = False
        self._returning: set[asyncio.Task[None]] = set()
        self._disk_looked_at = 0.0
        self._has_room = True

    async def start(self, name: str, server: Server) -> None:
        """Raises StartFailed."""
        with self._progress.step(name):
            await asyncio.to_thread(server.prepare)
            child = await self._spawn(server)
            self._running[name] = Running(server, child, since=time.monotonic())
            self._record()
            await _ready(server, child, within_s=server.ready_within_s)

    async def watch(self) -> None:
        """For ever: start again what ended, stop and leave alone what is held."""
        while True:
            for name, running in self._running.items():
                if (self._data.holds / name).exists():
                    await self._hold(name, running)
                elif running.child.exit_code is not None and not self._stopping:
                    await self._try_again(name, running)
            self._look_at_disk()
            await asyncio.sleep(LOOK_EVERY_S)

    async def stop(self, names: Iterable[str]) -> None:
        """All at once, each with its own time to drain; whoever stays longer is killed."""
        self._stopping = True
        going = {name: self._running[name] for name in names if name in self._running}
        for running in going.values():
            running.child.ask_to_stop()
        await asyncio.gather(*(self._gone(name, running.child) for name, running in going.items()))
        for running in going.values():
            running.server.tidy()

    def kill(self) -> None:
        for running in self._running.values():
            running.child.kill()

    async def _gone(self, name: str, child: Child) -> None:
        deadline = time.monotonic() + child.program.drain_s
        while child.exit_code is None:
            if time.monotonic() > deadline:
                self._progress.notice(f"{name} did not stop within {child.program.drain_s:.0f} s and was killed")
                child.kill()
            await asyncio.sleep(0.02)
        self._progress.mark(name, "stopped")

    async def _hold(self, name: str, running: Running) -> None:
        if running.child.exit_code is None:
            running.child.ask_to_stop()
            await self._gone(name, running.child)
            self._progress.mark(name, "held", "stopped by ./immo stop")
        running.again_at = time.monotonic()

    async def _try_again(self, name: str, running: Running) -> None:
        """A full disk, or no more processes: the reason is told, and the next round tries again."""
        try:
            await self._start_again(name, running)
        except (OSError, Refused) as error:
            running.again_at = time.monotonic() + LONGEST_PAUSE_S
            self._progress.notice(f"{name} cannot be started: {str(error).splitlines()[0]}")

    async def _start_again(self, name: str, running: Running) -> None:
        now = time.monotonic()
        if running.again_at is None:
            running.failures = 1 if now - running.since > STEADY_AFTER_S else running.failures + 1
            pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (running.failures - 1))
            running.again_at = now + pause
            code = running.child.exit_code
            self._progress.mark(name, "failed", f"ended with code {code}")
            self._progress.notice(f"{name} ended with code {code}; it is started again in {pause:g} s")
        if now < running.again_at:
            return
        await asyncio.to_thread(running.server.prepare)
        running.child, running.since, running.again_at = await self._spawn(running.server), now, None
        self._record()
        task = asyncio.create_task(self._back(name, running))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _back(self, name: str, running: Running) -> None:
        # When it ends instead, watch() tells and tries again.
        with suppress(StartFailed), self._progress.step(name):
            await _ready(running.server, running.child, within_s=math.inf)

    async def _spawn(self, server: Server) -> Child:
        return Child(await asyncio.to_thread(server.program))

    def _record(self) -> None:
        self._progress.children = [Recorded.of(running.child) for running in self._running.values()]
        self._progress.on_change(self._progress)

    def _look_at_disk(self) -> None:
        if time.monotonic() - self._disk_looked_at < LOOK_AT_DISK_EVERY_S:
            return
        self._disk_looked_at = time.monotonic()
        for running in self._running.values():
            with suppress(OSError):
                keep_log_small(running.child.program.log, is_open=True)
        free, had_room = self._data.free_bytes(), self._has_room
        self._has_room = free >= WARN_BELOW_FREE_BYTES
        if had_room and not self._has_room:
            self._progress.notice(f"only {free // 2**20} MB are free on the disk of {self._data.path}")


async def _ready(server: Server, child: Child, *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not await asyncio.to_thread(server.ready):
        if child.exit_code is not None:
            raise StartFailed.of(child, f"ended with code {child.exit_code}")
        if time.monotonic() > deadline:
            raise StartFailed.of(child, f"was not ready within {within_s:.0f} s")
        await asyncio.sleep(LOOK_EVERY_S / 2)
