"""The registries that vouch for people: how they are doing, and reading a file of theirs by hand."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.operator import call, place_of

READ_WITHIN_S = 1800.0
CIRCUITS = {"closed": "asked", "half-open": "on trial", "open": "left alone"}


def registries(data: DataFolder, *, as_json: bool) -> None:
    found: list[dict[str, Any]] = call(place_of(data, "recognition"), "GET", "recognition", "registries")
    if as_json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    columns = ("registry", "by", "state", "last answer", "last failure", "source of", "waiting", "no answer yet")
    table = Table(*columns, box=None, pad_edge=False)
    for one in found:
        failure = f"{_moment(one['failed_at'])} {one['failed_why']}" if one["failed_at"] else "-"
        age = f"{one['as_of']} ({(date.today() - date.fromisoformat(one['as_of'])).days} days)" if one["as_of"] else "-"
        table.add_row(
            one["registry"],
            one["connector"],
            CIRCUITS[one["circuit"]],
            _moment(one["answered_at"]),
            failure,
            age,
            str(one["waiting"]),
            str(one["pending"]),
        )
    console = Console(highlight=False)
    console.print(table)
    for one in found:
        for file in one["files"]:
            console.print(f"{one['registry']}: {_told(file)}", soft_wrap=True)


def read_file(data: DataFolder, registry: str, file: Path, *, accept_shrunken: bool, as_of: str, as_json: bool) -> None:
    """Raises Refused for a file that the service refuses."""
    query = {"registry": registry, "name": file.name, **({"as_of": as_of} if as_of else {})}
    if accept_shrunken:
        query["accept_shrunken"] = "true"
    path = f"registry-files?{urlencode(query)}"
    with file.open("rb") as content:
        told = call(place_of(data, "recognition"), "PUT", "recognition", path, content=content, within_s=READ_WITHIN_S)
    if as_json:
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    else:
        sys.stdout.write(_told(told) + "\n")
        sys.stdout.write("".join(f"  line {fault['line']}: {fault['why']}\n" for fault in told["faults"]))
    if told["state"] == "refused":
        hint = "; --accept-shrunken obeys it all the same" if told["why"] in ("empty", "shrunken") else ""
        raise Refused(f"{file.name} was refused: {told['why']}{hint}. What the registry said before counts on")


def _told(file: dict[str, Any]) -> str:
    what = "taken over" if file["state"] == "applied" else f"refused ({file['why']})"
    of_day = f" of {file['as_of']}" if file["as_of"] else ""
    counts = f"{file['lines']} lines, {file['bad']} bad, {file['changed']} changed, {file['removed']} removed"
    return f"{file['name']}{of_day}, {what} {_moment(file['read_at'])}: {counts}"


def _moment(text: str | None) -> str:
    return text[:16].replace("T", " ") if text else "-"
