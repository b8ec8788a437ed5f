"""Ends what an earlier supervisor that was killed may have left behind, and nothing else."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from typing import Any

import psutil

from deploy.local.processes import Child, kill_tree, lives

# The clock that start times are counted with may be set in between.
START_TIME_TOLERANCE_S = 2.0
# They were told to stop by the death of their parent already.
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Recorded:
    """A child as written to the state: enough to know it again, also when its pid went to another program."""

    name: str
    pid: int
    started_at: float
    command: tuple[str, ...]
    stop_signal: int

    @classmethod
    def of(cls, child: Child) -> Recorded:
        program = child.program
        return cls(program.name, child.pid, child.started_at or 0.0, program.argv, int(program.stop_signal))

    @classmethod
    def read(cls, row: dict[str, Any]) -> Recorded:
        return cls(row["name"], row["pid"], row["started_at"], tuple(row["command"]), row["stop_signal"])

    def process(self) -> psutil.Process | None:
        """The process if it still runs. Raises nothing for one that is gone or is another."""
        try:
            found = psutil.Process(self.pid)
            is_same = abs(found.create_time() - self.started_at) <= START_TIME_TOLERANCE_S
            # Until launch.py has become the program, it carries the command at its own end.
            is_command = tuple(found.cmdline()[-len(self.command) :]) == self.command
        except psutil.Error:
            return None
        return found if is_same and is_command and lives(found) else None


def clean(rows: list[Recorded]) -> list[str]:
    """Ask each to stop, wait, kill what stays; return the names of those that were found."""
    found = [(row, process) for row in rows if (process := row.process()) is not None]
    for row, process in found:
        try:
            process.send_signal(signal.Signals(row.stop_signal))
        except psutil.NoSuchProcess:
            continue
    deadline = time.monotonic() + PATIENCE_S
    while any(lives(process) for _, process in found) and time.monotonic() < deadline:
        time.sleep(0.05)
    for _, process in found:
        if lives(process):
            kill_tree(process.pid)
    return [row.name for row, _ in found]
