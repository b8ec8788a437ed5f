"""`./immo check`: each thing that must hold besides the tests, a line each; what fails shows why."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from deploy.local.addresses import SERVICES
from deploy.local.data_folder import REPOSITORY
from deploy.local.postgres import Postgres

Check = Callable[[], str]
"""Returns what is wrong, or nothing."""

FASTER = {"fsync": "off", "full_page_writes": "off"}
MIGRATE = """
import asyncio, sys
from pathlib import Path
from shared.migrate import migrate
asyncio.run(migrate(sys.argv[1], [Path(folder) for folder in sys.argv[2:]]))
"""


def check() -> int:
    """The exit code: 0 when all hold."""
    console = Console(highlight=False)
    failed = 0
    for name, run in CHECKS.items():
        began = time.monotonic()
        wrong = run()
        mark = Text("✗", style="bold red") if wrong else Text("✓", style="green")
        console.print(mark, f"{name:<46}", Text(f"{time.monotonic() - began:5.1f} s", style="dim"))
        if wrong:
            failed += 1
            console.print(Text.from_ansi(wrong.rstrip()), soft_wrap=True)
    return 1 if failed else 0


def module(name: str, *arguments: str) -> Check:
    return lambda: _run([sys.executable, "-m", name, *arguments])


def imports() -> str:
    # Its own script is not used: a folder that was moved since it was installed would break it.
    return _run([sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"])


def migrations() -> str:
    """To an empty database, and to the schema of an earlier commit, made by that commit's own code, as an upgrade does.

    The earlier commit is IMMO_CHECK_BASE, else the last tag, else the last commit (which then catches a migration that is
    edited instead of followed by a new one).
    """
    with tempfile.TemporaryDirectory(prefix="immo-check-") as folder:
        earlier = Path(folder) / "earlier"
        _export(_earlier_commit(), earlier)
        with Postgres(Path(folder) / "postgres", settings=FASTER) as postgres:
            found = [
                _migrate_both(postgres.dsn(f"empty_{name}"), postgres.dsn(f"earlier_{name}"), name, earlier)
                for name in SERVICES
            ]
    return "\n".join(text for text in found if text)


def _migrate_both(empty: str, upgraded: str, service: str, earlier: Path) -> str:
    here = REPOSITORY / "services" / service / "migrations"
    there = earlier / "services" / service / "migrations"
    steps = [
        (empty, REPOSITORY, here),
        *([(upgraded, earlier, there)] if there.exists() else []),
        (upgraded, REPOSITORY, here),
    ]
    for dsn, code, folder in steps:
        command = [sys.executable, "-P", "-c", MIGRATE, dsn, *([str(folder)] if folder.exists() else [])]
        wrong = _run(command, code=code)
        if wrong:
            return f"{service}: {wrong.strip().splitlines()[-1]}"
    return ""


def _earlier_commit() -> str:
    if base := os.environ.get("IMMO_CHECK_BASE"):
        return base
    tags = _git("describe", "--tags", "--abbrev=0")
    return tags.stdout.decode().strip() if tags.returncode == 0 else "HEAD"


def _export(commit: str, target: Path) -> None:
    """Its kit and its services. Where there is no repository (an unpacked release), there is no earlier schema either."""
    target.mkdir()
    archive = _git("archive", commit, "shared", "services")
    if archive.returncode == 0:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(target, filter="data")


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, check=False)


def _run(command: list[str], *, code: Path = REPOSITORY) -> str:
    environment = {**os.environ, "PYTHONPATH": str(code)}
    done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}" or f"ended with code {done.returncode}"


CHECKS: dict[str, Check] = {
    "ruff: lint": module("ruff", "check", "."),
    "ruff: format": module("ruff", "format", "--check", "."),
    "pyright: types": module("pyright"),
    "import-linter: architecture": imports,
    "pytest: every test can be collected": module("pytest", "--collect-only", "-q", "--no-header", "-W", "ignore"),
    "migrations: empty and earlier schema": migrations,
    "events: compatible with their snapshots": module("shared.events.snapshots", "check"),
}
