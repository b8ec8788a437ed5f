"""Bank statements, handed to the wallet service file by file, and what became of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.operator import Place, call, place_of

READ_WITHIN_S = 1_800.0
CREDIT_WITHIN_S = 300.0


def import_statements(data: DataFolder, files: Sequence[Path], *, any_account: bool, as_json: bool) -> int:
    """Returns the exit code: 1 when a file was refused. The others are imported all the same."""
    place = place_of(data, "wallet")
    console = Console(stderr=True, highlight=False)
    told: list[dict[str, Any]] = []
    with _progress(console) as progress:
        reading = progress.add_task("reading", total=len(files))
        for file in files:
            told.append(_read(place, file, any_account=any_account))
            progress.advance(reading)
        credited = _credit(place, progress)
    if as_json:
        sys.stdout.write(json.dumps({"files": told, **credited}, indent=1) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for one in told for line in _lines(one)))
        sys.stdout.write(_summary(credited) + "\n")
    return 1 if any("refused" in one for one in told) else 0


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _read(place: Place, file: Path, *, any_account: bool) -> dict[str, Any]:
    """What the service says of it; `refused` is its sentence where it takes nothing of it."""
    query = urlencode({"name": file.name[-200:], **({"any_account": "true"} if any_account else {})})
    try:
        with file.open("rb") as content:
            path = f"bank/files?{query}"
            answer = call(place, "PUT", "wallet", path, content=content, within_s=READ_WITHIN_S)
    except (Refused, OSError) as refusal:
        return {"name": file.name, "refused": str(refusal).removeprefix("wallet: ")}
    return {"name": file.name, **answer}


def _credit(place: Place, progress: Progress) -> dict[str, int]:
    """All that was received, also by an import that was stopped."""
    totals = {"credited": 0, "credited_cents": 0, "waiting": 0}
    task = progress.add_task("crediting", total=None)
    left = 1
    while left:
        found: dict[str, int] = call(place, "POST", "wallet", "bank/credit", within_s=CREDIT_WITHIN_S)
        for name in totals:
            totals[name] += found[name]
        done = totals["credited"] + totals["waiting"]
        progress.update(task, completed=done, total=done + found["left"])
        # What is left and was not touched is in the hands of another process.
        left = found["left"] if found["credited"] + found["waiting"] else 0
    return totals


def _lines(one: dict[str, Any]) -> list[str]:
    if "refused" in one:
        return [f"{one['name']}: REFUSED. {one['refused']}"]
    if one["known"]:
        return [f"{one['name']}: imported before, nothing to do"]
    counts = f"{one['statements']} statements, {one['new']} new movements, {one['again']} seen before"
    gaps = [
        f"  before statement {gap['number']} of {gap['until']} (opening balance {gap['opening_cents'] / 100:.2f}) one is missing"
        for gap in one["gaps"]
    ]
    return [f"{one['name']}: {counts}", *gaps]


def _summary(credited: dict[str, int]) -> str:
    euros = f"{credited['credited_cents'] / 100:.2f}"
    return f"{credited['credited']} transfers credited ({euros} EUR), {credited['waiting']} wait for a person (/support/bank)."
