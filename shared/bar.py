"""A progress bar of one line; on what is no terminal, a line now and then."""

import time
from types import TracebackType
from typing import Self, TextIO

WIDTH = 30
ON_TERMINAL_EVERY_S = 0.1
ELSEWHERE_EVERY_S = 10.0


class Bar:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._began = self._shown = time.monotonic()
        self._text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_terminal and self._text:
            self._out.write("\r" + " " * len(self._text) + "\r")
            self._out.flush()

    def show(self, what: str, part: float) -> None:
        """part: from 0 to 1."""
        now = time.monotonic()
        if now - self._shown < (ON_TERMINAL_EVERY_S if self._is_terminal else ELSEWHERE_EVERY_S) and part < 1:
            return
        self._shown = now
        full = round(min(part, 1.0) * WIDTH)
        took_s = now - self._began
        left = f"{took_s / part - took_s:,.0f} s left" if 0 < part < 1 else f"{took_s:,.0f} s"
        text = f"[{'#' * full}{'.' * (WIDTH - full)}] {part:4.0%} {what}, {left}"
        if self._is_terminal:
            self._out.write("\r" + text.ljust(len(self._text)))
        else:
            self._out.write(text + "\n")
        self._out.flush()
        self._text = text
