"""The operator's view on what could not be handled, through each service's /internal interface."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.addresses import SERVICES
from deploy.local.data_folder import DataFolder
from deploy.local.operator import call
from deploy.local.stack import Stack, find_stack

ALL_STATES = ("parked", "waiting", "replaying", "replayed", "dropped")


def list_letters(data: DataFolder, service: str | None, *, every: bool, as_json: bool) -> None:
    stack = find_stack(data)
    asked = "?" + "&".join(f"state={state}" for state in ALL_STATES) if every else ""
    services = SERVICES if service is None else (service,)
    rows = [{"service": name, **row} for name in services for row in _call(stack, "GET", name, asked)]
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    table = Table("service", "number", "state", "type", "key", "tries", "since", "reason", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            *(row["service"], str(row["id"]), row["state"], row["type"], row["key"] or ""),
            *(str(row["attempts"]), row["created_at"][:19], row["reason"]),
        )
    Console(highlight=False).print(table if rows else "no dead letters")


def show(data: DataFolder, service: str, number: int) -> None:
    _write(_call(find_stack(data), "GET", service, f"/{number}"))


def act(data: DataFolder, service: str, number: int, action: str) -> None:
    letter = _call(find_stack(data), "POST", service, f"/{number}/{action}")
    sys.stdout.write(f"{service} {number} is {letter['state']}\n")


def _call(stack: Stack, method: str, service: str, path: str) -> Any:
    return call(stack, method, service, f"dead-letters{path}")


def _write(letter: dict[str, Any]) -> None:
    payload, headers = letter.pop("payload"), letter.pop("headers")
    for name, value in letter.items():
        sys.stdout.write(f"{name:<12} {'' if value is None else value}\n")
    for name, value in headers.items():
        sys.stdout.write(f"header       {name}: {value}\n")
    sys.stdout.write(f"\n{payload or ''}\n")
