"""The folder in which one stack keeps everything: its databases, its log, its keys, its state."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.local.errors import Refused

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT = REPOSITORY / ".data"
MARKER = "immo-connect.txt"
MARKER_TEXT = "The data of an Immo-Connect stack. ./immo reset removes this folder with all that it holds.\n"
NEEDED_FREE_BYTES = 500 * 1024 * 1024
# `status` and `down` look at the lock for a moment; that must not turn a start away.
LOCK_PATIENCE_S = 1.0


class DataFolder:
    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.kafka = self.path / "kafka"
        self.world = self.path / "world"
        self.logs = self.path / "logs"
        self.holds = self.path / "hold"
        self.secrets = self.path / "secrets.json"
        self.webhook_secret = self.path / "demo-tool-webhook.txt"
        self.accounts = self.path / "accounts.json"
        self._lock = self.path / "lock"
        self._state = self.path / "stack.json"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def exists(self) -> bool:
        return (self.path / MARKER).is_file()

    def create(self) -> None:
        """Make it if it is missing. Raises Refused for a folder of someone else's, a full disk, no permission."""
        try:
            if not self.exists():
                if self.path.exists() and any(self.path.iterdir()):
                    raise Refused(f"{self.path} is not empty and holds no data of Immo-Connect: choose another folder")
                self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
                (self.path / MARKER).write_text(MARKER_TEXT)
            for folder in (self.logs, self.holds):
                folder.mkdir(exist_ok=True)
        except (PermissionError, NotADirectoryError) as error:
            raise Refused(f"{self.path} cannot be used as data folder: {error.strerror}") from error
        except OSError as error:
            raise Refused(f"{self.path} cannot be made: {error.strerror}") from error
        self._refuse_full_disk()

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.path).free

    def _refuse_full_disk(self) -> None:
        free = self.free_bytes()
        if free < NEEDED_FREE_BYTES:
            raise Refused(
                f"there is no room on the disk of {self.path}: {free // 2**20} MB are free, "
                f"{NEEDED_FREE_BYTES // 2**20} MB are needed. Free some, or choose another folder with --data"
            )

    def remove(self) -> None:
        """Raises Refused for a folder that this program did not make."""
        if not self.exists():
            raise Refused(f"{self.path} holds no data of Immo-Connect")
        if self.is_running():
            raise Refused(f"the stack on {self.path} is running; stop it first with ./immo down")
        # The marker goes last: what is left after an interruption can still be removed.
        for entry in self.path.iterdir():
            if entry.name != MARKER:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        (self.path / MARKER).unlink()
        self.path.rmdir()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while a stack runs here; the system drops it when the holder ends, however it ends. Raises Refused."""
        with self._lock.open("a") as file:
            deadline = time.monotonic() + LOCK_PATIENCE_S
            while not _try_lock(file.fileno()):
                if time.monotonic() > deadline:
                    raise Refused(self._who_runs())
                time.sleep(0.05)
            yield

    def is_running(self) -> bool:
        if not self._lock.exists():
            return False
        with self._lock.open("a") as file:
            return not _try_lock(file.fileno())

    def _who_runs(self) -> str:
        state = self.state()
        process = state.get("supervisor", {}).get("pid", "unknown")
        return (
            f"a stack is already running on {self.path}: {state.get('url', 'starting')} (process {process}). "
            "./immo status shows it, ./immo down stops it"
        )

    def state(self) -> dict[str, Any]:
        """What the last supervisor wrote; it may be gone since: see is_running."""
        try:
            state: dict[str, Any] = json.loads(self._state.read_text())
            return state
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def write_state(self, state: dict[str, Any]) -> None:
        write_json(self._state, state)


def write_json(path: Path, content: object, *, mode: int = 0o644) -> None:
    write_text(path, json.dumps(content, indent=1), mode=mode)


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Whole or not at all, also when killed or out of room in between."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
