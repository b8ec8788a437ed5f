"""What the stack is doing, as one document: written to stack.json, drawn by the board, told by `./immo status`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from deploy.local.leftovers import Recorded

Phase = Literal["starting", "ready", "stopping", "failed", "stopped"]
StepState = Literal["waiting", "starting", "ready", "failed", "stopped", "held"]
MAX_NOTICES = 50


@dataclass
class Step:
    """seconds: how long it took to get ready, or None until then. note: what it is doing, or why it failed."""

    name: str
    state: StepState = "waiting"
    seconds: float | None = None
    note: str = ""


@dataclass
class Progress:
    """Calls `on_change` after each change. `facts` are the addresses and the like, for readers of the file."""

    supervisor: dict[str, Any]
    on_change: Callable[[Progress], None] = lambda _: None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    phase: Phase = "starting"
    message: str = ""
    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    children: list[Recorded] = field(default_factory=list[Recorded])
    notices: list[str] = field(default_factory=list[str])

    def expect(self, names: Iterable[str]) -> None:
        for name in names:
            self.steps[name] = Step(name)
        self.on_change(self)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Within the block it is starting; afterwards ready, failed when the block raised, stopped when it was cancelled."""
        step = self.steps.setdefault(name, Step(name))
        step.state, step.note, began = "starting", "", time.monotonic()
        self.on_change(self)
        try:
            yield step
        except BaseException as error:
            step.state = "failed" if isinstance(error, Exception) else "stopped"
            raise
        else:
            step.state, step.note = "ready", ""
        finally:
            step.seconds = round(time.monotonic() - began, 2)
            self.on_change(self)

    def mark(self, name: str, state: StepState, note: str = "") -> None:
        step = self.steps.setdefault(name, Step(name))
        step.state, step.note = state, note
        self.on_change(self)

    def enter(self, phase: Phase, message: str = "") -> None:
        self.phase, self.message = phase, message
        self.on_change(self)

    def notice(self, text: str) -> None:
        """Something that a person should read; the last few are kept."""
        self.notices = [*self.notices, f"{time.strftime('%H:%M:%S')} {text}"][-MAX_NOTICES:]
        self.on_change(self)

    def document(self) -> dict[str, Any]:
        return {
            **self.facts,
            "supervisor": self.supervisor,
            "phase": self.phase,
            "message": self.message,
            "steps": [asdict(step) for step in self.steps.values()],
            "children": [asdict(child) for child in self.children],
            "notices": self.notices,
        }
