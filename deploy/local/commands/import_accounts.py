"""Bring over the accounts of an older tool: a file, batch by batch, through identity's interface for operators.

Each batch is done or not done. Whatever ends this before its time, running it again does the rest.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from deploy.local.account_files import AccountFile, Line
from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.operator import call
from deploy.local.stack import Stack, find_stack

BATCH_LINES = 500
ANSWER_WITHIN_S = 60.0
TRIES = 4
PAUSE_S = 1.0
OUTCOMES = ("new", "updated", "unchanged", "attached", "refused")


@dataclass(frozen=True)
class Options:
    """tool_id: for lines that name no tool. is_trusted: memberships hold without a manager's confirming them."""

    tool_id: str
    is_trusted: bool
    dry_run: bool


@dataclass
class Told:
    """What became of the lines so far."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


def import_accounts(data: DataFolder, path: Path, report: Path | None, encoding: str, options: Options) -> int:
    """Exit code 0 when every line was taken, 1 when some were refused."""
    stack = find_stack(data)
    file, told, began = AccountFile(path, encoding=encoding), Told(), time.monotonic()
    with _report_to(report) as rows, _progress(file.size) as progress:
        task = progress.add_task("", total=file.size)
        lines = file.lines()
        while batch := list(islice(lines, BATCH_LINES)):
            _take(batch, told, stack, options, rows)
            progress.update(task, completed=file.done, description=f"{sum(told.outcomes.values()):,} lines")
    file.close()
    _summarise(told, time.monotonic() - began, report, dry_run=options.dry_run)
    return 1 if told.outcomes["refused"] else 0


def _send(stack: Stack, records: Sequence[Any], options: Options) -> list[dict[str, Any]]:
    """Sent again when it goes wrong, which does no harm. Raises Refused."""
    body = {"lines": records, "tool_id": options.tool_id, "trusted": options.is_trusted, "dry_run": options.dry_run}
    problem = ""
    for attempt in range(TRIES):
        time.sleep(PAUSE_S * attempt)
        try:
            return call(stack, "POST", "identity", "old-accounts/import", body, within_s=ANSWER_WITHIN_S)["results"]
        except Refused as refused:
            problem = str(refused)
    raise Refused(f"{problem}. What was told as done is done; run the same again for the rest.")


def _take(batch: Sequence[Line], told: Told, stack: Stack, options: Options, rows: Report) -> None:
    sent = [
        line
        for line in batch
        if not (reason := _reason_against(line, told, options)) or rows.refuse(line, reason, told)
    ]
    results = _send(stack, [dict(line.record) for line in sent], options) if sent else []
    for line, result in zip(sent, results, strict=True):
        if result["outcome"] == "refused":
            rows.refuse(line, result["reason"], told)
            continue
        told.outcomes[result["outcome"]] += 1
        for note in result["notes"]:
            rows.note(line, note, told)


def _reason_against(line: Line, told: Told, options: Options) -> str:
    """One id stands once in a file: which of two would count, nobody could say."""
    if line.reason:
        return line.reason
    key = (str(line.record.get("tool") or options.tool_id), str(line.record.get("id") or "").strip())
    if key[1] and key in told.seen:
        return "duplicate-id"
    told.seen.add(key)
    return ""


@dataclass
class Report:
    """The operator's own file: line, id, what, why. Nothing else about anybody, and nothing of it on the screen."""

    file: TextIO | None = None

    def __post_init__(self) -> None:
        self._rows = csv.writer(self.file) if self.file else None
        self._write("line", "id", "what", "why")

    def refuse(self, line: Line, reason: str, told: Told) -> bool:
        """Returns False, for a filter."""
        told.outcomes["refused"] += 1
        told.reasons[reason] += 1
        self._write(line.number, _cell(line), "refused", reason)
        return False

    def note(self, line: Line, note: str, told: Told) -> None:
        told.reasons[f"left out: {note}"] += 1
        self._write(line.number, _cell(line), "left out", note)

    def _write(self, *cells: object) -> None:
        if self._rows is not None:
            self._rows.writerow(cells)


def _cell(line: Line) -> str:
    """A spreadsheet must not take an id for a formula."""
    text = str(line.record.get("id") or "")[:100]
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@contextmanager
def _report_to(path: Path | None) -> Iterator[Report]:
    if path is None:
        yield Report()
        return
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from error
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        yield Report(file)


def _progress(size: int) -> Progress:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal or not size, transient=True)


def _summarise(told: Told, took_s: float, report: Path | None, *, dry_run: bool) -> None:
    count = sum(told.outcomes.values())
    sys.stdout.write(f"{count:,} lines in {took_s:.1f} s ({count / max(took_s, 0.001):,.0f} a second)")
    sys.stdout.write(", nothing was written\n" if dry_run else "\n")
    for outcome in OUTCOMES:
        if told.outcomes[outcome]:
            sys.stdout.write(f"{told.outcomes[outcome]:>9,}  {outcome}\n")
    for reason, times in told.reasons.most_common():
        sys.stdout.write(f"{times:>18,}  {reason}\n")
    if told.reasons:
        where = f"line by line in {report}" if report else "--report FILE says which lines"
        sys.stdout.write(f"{where}\n")
