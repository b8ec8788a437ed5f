"""How fast the company register's public files are taken over, and in how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local.bench._register_files import write_full
from deploy.local.data_folder import REPOSITORY

LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class RegisterImport:
    """lines: of all files that were read. peak_mb: resident memory of the importing process at its highest."""

    enterprises: int
    lines: int
    took_s: float
    peak_mb: float

    @property
    def enterprises_per_s(self) -> float:
        return self.enterprises / self.took_s

    @property
    def lines_per_s(self) -> float:
        return self.lines / self.took_s


def measure_register_import(dsn: str, *, enterprises: int = 1_000_000) -> RegisterImport:
    """Import a made-up full extract as the operator's command does. dsn: of a migrated database of organisation, which is changed."""
    with tempfile.TemporaryDirectory(prefix="immo-register-") as folder:
        path = Path(folder) / "extract.zip"
        lines = write_full(path, enterprises)
        began = time.monotonic()
        command = [sys.executable, "-m", "services.organisation", "register", "import", "--anyway", str(path)]
        environment = {**os.environ, "IMMO_POSTGRES_ORGANISATION": dsn, "PYTHONPATH": str(REPOSITORY)}
        peak_mb = 0.0
        with subprocess.Popen(command, stdout=sys.stderr, env=environment) as process:
            while process.poll() is None:
                peak_mb = max(peak_mb, _peak_mb(process.pid))
                time.sleep(LOOK_EVERY_S)
        took_s = time.monotonic() - began
        if process.returncode:
            raise RuntimeError(f"the import ended with {process.returncode}")
    return RegisterImport(enterprises, lines, took_s, peak_mb)


def _peak_mb(pid: int) -> float:
    """0 for a process that has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(found.split()[1]) / 1024
