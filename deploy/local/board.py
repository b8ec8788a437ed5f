"""Shows a start as it goes: a live table on a terminal, one line a finished step elsewhere."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

LOOKS = {
    "waiting": ("·", "dim"),
    "starting": ("…", "yellow"),
    "ready": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "stopped": ("-", "dim"),
    "held": ("-", "yellow"),
}
TITLES = {"postgres": "PostgreSQL", "kafka": "Kafka", "world": "outside world", "demo-tool": "demo tool"}


class Board:
    """Give it each state of stack.json; it writes to standard error, so that standard output stays for answers."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, refresh_per_second=8) if self._console.is_terminal else None
        self._told: set[str] = set()
        self._notices: set[str] = set()

    def __enter__(self) -> Board:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the last picture on the screen."""
        if self._live is not None:
            self._live.stop()

    def show(self, state: dict[str, Any]) -> None:
        for notice in state["notices"]:
            if notice not in self._notices:
                self._notices.add(notice)
                self._console.print(Text(f"! {notice}", style="yellow"))
        if self._live is not None:
            self._live.update(table(state["steps"]))
            return
        for step in state["steps"]:
            if step["state"] in ("ready", "failed") and step["name"] not in self._told:
                self._told.add(step["name"])
                self._console.print(line(step), highlight=False)


def table(steps: list[dict[str, Any]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for step in steps:
        mark, style = LOOKS[step["state"]]
        seconds = "" if step["seconds"] is None else f"{step['seconds']:.1f} s"
        grid.add_row(Text(mark, style=style), title(step["name"]), Text(seconds, style="dim"), step["note"])
    return grid


def line(step: dict[str, Any]) -> str:
    mark, _ = LOOKS[step["state"]]
    return f"{mark} {title(step['name']):<14} {step['seconds'] or 0:5.1f} s {step['note']}".rstrip()


def title(name: str) -> str:
    return TITLES.get(name, name)
