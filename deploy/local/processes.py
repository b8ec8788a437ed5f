"""Child processes: each with a log file and a death signal, stopped with time to drain, killed with all its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil

from deploy.local.errors import Refused

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_KEPT_BYTES = 20 * 1024 * 1024
POLL_S = 0.05
KILL_TAKES_AT_MOST_S = 10.0


@dataclass(frozen=True)
class Program:
    """What to run. `stop_signal` asks it to drain, and comes too when the parent dies. `ordinary_user`: not as root."""

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    drain_s: float = 15.0
    ordinary_user: bool = False


class Child:
    """A running Program. Start it from the main thread: the death signal follows the thread that started it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        keep_log_small(program.log)
        with program.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launcher(program.stop_signal, ordinary_user=program.ordinary_user), *program.argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(program.env),
                cwd=program.cwd,
                start_new_session=True,
            )
        self.started_at = start_time(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        if self.exit_code is None:
            self._process.send_signal(self.program.stop_signal)

    def stop(self) -> bool:
        """Ask it to stop and wait; kill it when it does not within its time. True when it went by itself."""
        self.ask_to_stop()
        try:
            self._process.wait(self.program.drain_s)
            return True
        except subprocess.TimeoutExpired:
            self.kill()
            return False

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if self.exit_code is None:
            kill_tree(self._process.pid)
        self._process.wait()


def launcher(death_signal: signal.Signals, *, ordinary_user: bool) -> list[str]:
    """What to put before a command, so that it ends with this process; see launch.py."""
    identity = "ordinary" if ordinary_user else "same"
    return [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(death_signal)), identity]


def start_time(pid: int) -> float | None:
    """Seconds since the epoch; None when there is no such process. With the pid it names a process for good."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def kill_tree(pid: int) -> None:
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    # Not psutil's wait, which would take the exit code of our own child from subprocess.
    deadline = time.monotonic() + KILL_TAKES_AT_MOST_S
    while any(lives(process) for process in family) and time.monotonic() < deadline:
        time.sleep(0.005)


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def keep_log_small(log: Path, *, is_open: bool = False) -> None:
    """Put a log that has grown aside. One that a child writes to is copied and cut: children append, so none minds."""
    if not log.exists() or log.stat().st_size <= LOG_KEPT_BYTES:
        return
    aside = log.with_suffix(log.suffix + ".1")
    if is_open:
        shutil.copyfile(log, aside)
        os.truncate(log, 0)
    else:
        log.replace(aside)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for the message that says why a program ended."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])


class StartFailed(Refused):
    """A program ended, or did not become ready in time. Its text says why and shows the end of the log."""

    @classmethod
    def of(cls, child: Child, why: str) -> StartFailed:
        return cls(f"{child.program.name} {why}; the end of {child.program.log}:\n{tail(child.program.log)}")


class Server(ABC):
    """A program that others connect to; as a context manager it runs within the block."""

    def __init__(self, ready_within_s: float) -> None:
        self.ready_within_s = ready_within_s
        self._child: Child | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Make on disk what the program needs, and clean what an end without shutdown left. May block for seconds."""

    @abstractmethod
    def program(self) -> Program: ...

    @abstractmethod
    def ready(self) -> bool: ...

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Raises StartFailed."""
        self.prepare()
        self._child = child = Child(self.program())
        deadline = time.monotonic() + self.ready_within_s
        while not self.ready():
            if child.exit_code is not None:
                raise StartFailed.of(child, f"ended with code {child.exit_code}")
            if time.monotonic() > deadline:
                child.kill()
                raise StartFailed.of(child, f"was not ready within {self.ready_within_s:.0f} s")
            time.sleep(POLL_S)

    def tidy(self) -> None:  # noqa: B027 - most have nothing to do
        """Remove what is of no use once it has ended."""

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self.tidy()

    def kill(self) -> None:
        """As a power cut: nothing is flushed, the next start recovers."""
        if self._child is not None:
            self._child.kill()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None
