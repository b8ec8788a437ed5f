"""A running stack as commands see it: found by its data folder, or started for one command only."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.errors import Refused
from deploy.local.keys import Keys, keys_of
from deploy.local.ports import Ports
from deploy.local.processes import StartFailed, keep_log_small, kill_tree, start_time

STOP_WITHIN_S = 90.0
OWN_BASES = range(20_000, 32_000, 20)  # below what systems give to clients
LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Stack:
    """kafka_engine: "kafka" or "memory". postgres: the dsn of each service's database. url: of the pages."""

    data: DataFolder
    ports: Ports
    kafka: str
    kafka_engine: str
    postgres: dict[str, str]
    url: str

    @property
    def keys(self) -> Keys:
        return keys_of(self.data)


def find_stack(data: DataFolder) -> Stack:
    """The stack that runs on this data folder and is ready. Raises Refused."""
    state = data.state()
    if not data.is_running() or state.get("phase") != "ready":
        raise Refused(f"no stack runs on {data.path}; start one with ./immo up")
    kafka = state["kafka"]
    return Stack(data, Ports(state["port"]), kafka["address"], kafka["engine"], state["postgres"], state["url"])


@contextmanager
def running_or_own(data: DataFolder) -> Iterator[Stack]:
    """The stack that runs on the data folder, or else a new one on a folder of its own, removed at the end."""
    if data.is_running():
        yield find_stack(data)
        return
    with own_stack() as stack:
        yield stack


@contextmanager
def own_stack(*flags: str) -> Iterator[Stack]:
    """A new stack with demo data on a temporary folder and free ports. flags: of `./immo up`."""
    with tempfile.TemporaryDirectory(prefix="immo-") as folder:
        data = DataFolder(Path(folder) / "data")
        # Anywhere, so that two that start at once do not both find the same ports free.
        port = Ports(secrets.choice(OWN_BASES)).free_base()
        if port is None:
            raise Refused("no free ports were found for a stack of its own")
        start(data, port, *flags)
        try:
            yield find_stack(data)
        finally:
            stop(data)


def start(
    data: DataFolder, port: int, *flags: str, show: Callable[[dict[str, Any]], None] = lambda _: None
) -> dict[str, Any]:
    """Start a supervisor that outlives this process; return its state when all is ready. Raises Refused, StartFailed."""
    data.create()
    log = data.log("supervisor")
    keep_log_small(log)
    said_before = log.stat().st_size if log.exists() else 0
    command = [sys.executable, "-P", "-m", "deploy.local", "supervise", "--data", str(data.path), "--port", str(port)]
    with log.open("ab") as file:
        child = subprocess.Popen(
            [*command, *flags],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
    while True:
        ended = child.poll() is not None
        state = data.state()
        if state.get("supervisor", {}).get("pid") == child.pid:
            show(state)
            if state["phase"] == "ready":
                return state
        if ended:
            said = log.read_bytes()[said_before:].decode(errors="replace").strip()
            raise StartFailed(said or f"the supervisor ended without a word (code {child.returncode})")
        time.sleep(LOOK_EVERY_S)


def stop(data: DataFolder) -> bool:
    """Ask the supervisor to stop and wait until it has; False when none was running. Raises Refused when it does not."""
    if not data.is_running():
        return False
    asked, deadline = None, time.monotonic() + STOP_WITHIN_S
    while data.is_running():
        supervisor = data.state().get("supervisor", {})
        pid, started_at = supervisor.get("pid"), supervisor.get("started_at")
        # One that has just begun may not have written who it is yet.
        if pid is not None and pid != asked and start_time(pid) == started_at:
            os.kill(pid, signal.SIGTERM)
            asked = pid
        if time.monotonic() > deadline:
            if asked is not None:
                kill_tree(asked)
            raise Refused(f"the stack did not stop within {STOP_WITHIN_S:.0f} s and was killed")
        time.sleep(LOOK_EVERY_S)
    return True
