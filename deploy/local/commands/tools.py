"""The operator's view on the catalogue, through the organisation service's /internal interface."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.local.catalogue_files import read_files
from deploy.local.commands.tool_changes import print_changes
from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.operator import Place, call, place_of
from services.organisation.tools.files import written
from services.organisation.tools.rules import Entry

SERVICE = "organisation"
ANSWER_WITHIN_S = 30.0


@dataclass(frozen=True)
class Options:
    """values: what placeholders in addresses stand for."""

    values: dict[str, str]
    reason: str
    dry_run: bool
    yes: bool


def apply(data: DataFolder, paths: Sequence[Path], options: Options) -> int:
    """All files are read and every change is tried before the first one is made. Exit code 1 when something was refused."""
    place = place_of(data, SERVICE)
    entries = read_files(paths, {**place.values, **options.values})
    versions = {row["tool_id"]: row["version"] for row in call(place, "GET", SERVICE, "tools")}
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    tried = {
        tool_id: _put(place, tool_id, entry, versions.get(tool_id, 0), {**_as(options), "dry_run": "true"})
        for tool_id, entry in entries.items()
    }
    changed = [tool_id for tool_id, outcome in tried.items() if outcome["is_new"] or outcome["changes"]]
    for tool_id in changed:
        print_changes(console, tool_id, entries[tool_id].names["en"], tried[tool_id])
    if not changed or options.dry_run:
        _summarise(console, len(changed), len(entries), done=False if changed else None)
        return 0
    if any(change["takes_away"] for tool_id in changed for change in tried[tool_id]["changes"]) and not options.yes:
        _ask(console)
    for tool_id in changed:
        _put(place, tool_id, entries[tool_id], versions.get(tool_id, 0), _as(options))
    _summarise(console, len(changed), len(entries), done=True)
    return 0


def show(data: DataFolder, *, as_json: bool) -> None:
    rows = call(place_of(data, SERVICE), "GET", SERVICE, "tools")
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        return
    table = Table(
        "tool", "name", "state", "version", "terms", "organisations", "changed", "by", box=None, pad_edge=False
    )
    for row in rows:
        entry = row["entry"]
        by = row["name"] or row["changed_by"]
        style = "dim" if entry["state"] == "retired" else ""
        cells = (row["tool_id"], entry["names"]["en"], entry["state"], str(row["version"]), entry["terms"]["version"])
        table.add_row(*map(escape, (*cells, str(row["organisations"]), row["changed_at"][:16], by)), style=style)
    Console(highlight=False).print(table if rows else "no tools yet: ./immo tools apply FILE.yaml")


def export(data: DataFolder, tool: str) -> None:
    rows = call(place_of(data, SERVICE), "GET", SERVICE, "tools")
    entries = {row["tool_id"]: Entry.model_validate(row["entry"]) for row in rows if tool in ("", row["tool_id"])}
    if not entries:
        raise Refused(f"there is no tool {tool}" if tool else "there are no tools")
    sys.stdout.write(written(entries))


def _put(place: Place, tool_id: str, entry: Entry, version: int, options: dict[str, str]) -> dict[str, Any]:
    path = f"tools/{tool_id}?{urlencode({'version': version, **options})}"
    try:
        return call(place, "PUT", SERVICE, path, entry.model_dump(mode="json"), within_s=ANSWER_WITHIN_S)
    except Refused as refused:
        raise Refused(f"{tool_id}: {refused}") from refused


def _as(options: Options) -> dict[str, str]:
    return {"reason": options.reason}


def _ask(console: Console) -> None:
    if not sys.stdin.isatty():
        raise Refused("something would be taken away (marked with !): say --yes if that is meant; nothing was changed")
    console.print("What is marked with [red]![/] takes something away, or asks somebody for something.")
    if not typer.confirm("Go on?"):
        raise Refused("nothing was changed")


def _summarise(console: Console, changed: int, count: int, *, done: bool | None) -> None:
    """done: None where there was nothing to do."""
    if done is None:
        console.print(f"{count} {_tools(count)}, all as they should be: nothing to change")
    elif done:
        console.print(f"[green]{changed} of {count} {_tools(count)} changed[/]")
    else:
        console.print(f"{changed} of {count} {_tools(count)} would change; nothing was changed")


def _tools(count: int) -> str:
    return "tool" if count == 1 else "tools"
