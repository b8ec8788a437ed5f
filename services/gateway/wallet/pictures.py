"""Pictures of a wallet: where the lines and bars of an SVG drawing stand. Pure.

The drawing is WIDTH x HEIGHT and stretches to its place; all words stand beside it, so that they stay readable at any width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

WIDTH, HEIGHT = 1_000, 240
COLOURS = 5
_GAP = 0.28
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Curve:
    """line, area: paths. zero: the height of nothing, None where that is the bottom. days: on which the balance changed, and the first."""

    line: str
    area: str
    zero: float | None
    top_cents: int
    bottom_cents: int
    days: list[tuple[date, int]]
    lowest: tuple[date, int]
    highest: tuple[date, int]


@dataclass(frozen=True)
class Bar:
    """colour: 1 to COLOURS, the last of them for all others."""

    x: float
    y: float
    width: float
    height: float
    colour: int


@dataclass(frozen=True)
class Bars:
    bars: list[Bar]
    top_cents: int


def ceiling(cents: int) -> int:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten, and not below a euro."""
    power = 100
    while power * 10 < cents:
        power *= 10
    return next(int(power * step) for step in _STEPS if power * step >= cents)


def curve_of(days: Sequence[tuple[date, int]]) -> Curve:
    """days: one after the other, at least one. Each is a step as wide as the others."""
    lowest, highest = min(days, key=lambda day: day[1]), max(days, key=lambda day: day[1])
    top, bottom = ceiling(max(highest[1], 0)), -ceiling(-lowest[1]) if lowest[1] < 0 else 0
    scale = HEIGHT / (top - bottom)
    heights = [round((top - cents) * scale, 1) for _, cents in days]
    width = WIDTH / len(days)
    steps = [f"M0 {heights[0]}"]
    for at, (before, after) in enumerate(pairwise(heights), 1):
        if before != after:
            steps.append(f"H{round(at * width, 1)}V{after}")
    line = f"{''.join(steps)}H{WIDTH}"
    zero = round(top * scale, 1)
    changes = [days[0], *(after for before, after in pairwise(days) if before[1] != after[1])]
    return Curve(line, f"{line}V{zero}H0Z", zero if bottom else None, top, bottom, changes, lowest, highest)


def bars_of(tools: Sequence[Sequence[int]]) -> Bars:
    """tools: what was spent on each in each month, as many for each; the first stand at the bottom. What came back counts as nothing."""
    if not tools or not tools[0]:
        return Bars([], ceiling(0))
    months = [[max(cents, 0) for cents in month] for month in zip(*tools, strict=True)]
    top = ceiling(max(sum(month) for month in months))
    slot = WIDTH / len(months)
    bars: list[Bar] = []
    for at, month in enumerate(months):
        y = float(HEIGHT)
        for place, cents in enumerate(month):
            height = cents * HEIGHT / top
            y -= height
            if cents:
                x = round((at + _GAP / 2) * slot, 1)
                bars.append(
                    Bar(x, round(y, 1), round(slot * (1 - _GAP), 1), round(height, 1), min(place, COLOURS - 1) + 1)
                )
    return Bars(bars, top)
