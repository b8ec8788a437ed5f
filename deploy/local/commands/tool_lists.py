"""The operator's view on the lists of organisations that tools keep."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.operator import call, place_of

SERVICE = "organisation"
ANSWER_WITHIN_S = 60.0
SHOWN = 20


@dataclass(frozen=True)
class Options:
    reason: str
    dry_run: bool
    yes: bool


def show(data: DataFolder, tool: str, *, as_json: bool) -> None:
    rows = call(place_of(data, SERVICE), "GET", SERVICE, f"tools/{tool}/lists")
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        return
    table = Table("list", "asked for by", "organisations", "imported", "why", box=None, pad_edge=False)
    for row in rows:
        at = (row["imported_at"] or "never")[:16]
        table.add_row(
            *map(escape, (row["name"], ", ".join(row["usage_modes"]), str(row["entries"]), at, row["reason"]))
        )
    Console(highlight=False).print(table if rows else "no usage mode of this tool asks for a list")


def take(data: DataFolder, tool: str, name: str, path: Path, options: Options) -> int:
    """Exit code 1 when lines were left out. Raises Refused, and then nothing is changed."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from error
    body = {"text": text, "reason": options.reason, "confirmed": options.yes, "dry_run": options.dry_run}
    place = place_of(data, SERVICE)
    done = call(place, "POST", SERVICE, f"tools/{tool}/lists/{name}", body, within_s=ANSWER_WITHIN_S)
    _tell(Console(highlight=False, soft_wrap=not sys.stdout.isatty()), done, options)
    return 1 if done["bad_count"] else 0


def _tell(console: Console, done: dict[str, Any], options: Options) -> None:
    for line in done["bad"]:
        console.print(escape(f"line {line['line']} left out ({line['reason']}): {line['text']}"))
    if done["bad_count"] > len(done["bad"]):
        console.print(f"and {done['bad_count'] - len(done['bad'])} more lines left out")
    for sign, word in (("+", "added"), ("-", "removed")):
        for number in done[word][:SHOWN]:
            console.print(f"{sign} {number}")
        if done[f"{word}_count"] > SHOWN:
            console.print(f"{sign} and {done[f'{word}_count'] - SHOWN} more")
    for word, what in (
        ("losing", "works with the tool and is off the list"),
        ("gaining", "works with the tool and is on it"),
    ):
        for one in done[word]:
            console.print(escape(f"! {one['enterprise_number']} {one['name']} {what}"))
    verb = "would be" if options.dry_run else "are"
    console.print(f"{done['before']} organisations before, {done['after']} {verb} on the list")
    if options.dry_run and done["is_shrunken"]:
        console.print("more than half of the list goes: --yes if that is meant")
