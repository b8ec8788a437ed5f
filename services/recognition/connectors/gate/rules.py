"""The circuit breaker of a registry. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_FAILURES = 5
"""In a row; then it is left alone."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 10.0, 300.0
LONGEST_OBEYED_S = 3600.0
"""However long a registry asks to be left alone, it is asked again after an hour."""


@dataclass(frozen=True)
class Circuit:
    """failures: in a row. open_until: not asked before; then one question shows whether it is back. None while it is closed."""

    failures: int = 0
    open_until: datetime | None = None

    def state(self, *, now: datetime) -> str:
        """closed: asked as usual; open: left alone; half-open: the next question is a trial."""
        if self.open_until is None:
            return "closed"
        return "open" if self.open_until > now else "half-open"


def after_failure(circuit: Circuit, *, now: datetime) -> Circuit:
    """Open after MAX_FAILURES in a row; each failed trial doubles the pause."""
    failures = min(circuit.failures + 1, 1_000)
    if failures < MAX_FAILURES:
        return Circuit(failures)
    pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - MAX_FAILURES, 10))
    return Circuit(failures, now + timedelta(seconds=pause_s))


def obeyed_s(asked_s: float) -> float:
    """How long a registry that asks to be left alone is left alone."""
    return min(LONGEST_OBEYED_S, max(1.0, asked_s))
