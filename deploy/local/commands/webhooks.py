"""The operator's view on webhooks of tools, through the /internal interface of notify."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from rich.console import Console
from rich.table import Column, Table

from deploy.local.data_folder import DataFolder
from deploy.local.operator import call, place_of

WITHIN_S = 30.0
"""A test waits for the tool's answer."""
ID_CHARS = 36
"""Whole however narrow the window is: it is what the other commands want."""


def list_webhooks(data: DataFolder, tool: str | None, *, as_json: bool) -> None:
    rows = _call(data, "GET", "webhooks" + (f"?{urlencode({'tool_id': tool})}" if tool else ""))
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    table = Table(
        Column("id", no_wrap=True, min_width=ID_CHARS),
        "tool",
        "address",
        "state",
        "waiting",
        "last taken",
        box=None,
        pad_edge=False,
    )
    for row in rows:
        state = f"off ({row['off_reason']})" if row["state"] == "off" else row["state"]
        table.add_row(row["id"], row["tool_id"], row["url"], state, str(row["waiting"]), _minute(row["delivered_at"]))
    Console(highlight=False).print(table if rows else "no webhooks yet: ./immo webhooks add TOOL CLIENT URL")


def add(data: DataFolder, body: dict[str, Any]) -> None:
    made = _call(data, "POST", "webhooks", body)
    sys.stdout.write(f"id      {made['webhook']['id']}\nsecret  {made['secret']}\nThe secret is not shown again.\n")


def try_out(data: DataFolder, webhook_id: str) -> None:
    sys.stdout.write(_answer(_call(data, "POST", f"{_path(webhook_id)}/test")) + "\n")


def show_log(data: DataFolder, webhook_id: str, state: str | None, *, as_json: bool) -> None:
    query = f"?{urlencode({'state': state})}" if state else ""
    rows = _call(data, "GET", f"{_path(webhook_id)}/deliveries{query}")["deliveries"]
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    table = Table("at", "event", "state", "attempts", "answer", box=None, pad_edge=False)
    for row in rows:
        kind = row["event"]["type"].split(".")[-2] if row["event"] else "no longer kept"
        table.add_row(_minute(row["created_at"]), kind, row["state"], str(row["attempts"]), _answer(row))
        for one in row["calls"] if len(row["calls"]) > 1 else ():
            table.add_row(f"  {_second(one['at'])}", "", "", "", _came_of(one))
    Console(highlight=False).print(table if rows else "nothing was sent yet")


def rotate_secret(data: DataFolder, webhook_id: str) -> None:
    made = _call(data, "POST", f"{_path(webhook_id)}/secret")
    sys.stdout.write(f"secret  {made['secret']}\nThe old one signs too until {_minute(made['old_secret_until'])}.\n")


def disable(data: DataFolder, webhook_id: str, reason: str) -> None:
    _call(data, "POST", f"{_path(webhook_id)}/disable", {"reason": reason})
    sys.stdout.write(f"{webhook_id} is switched off\n")


def enable(data: DataFolder, webhook_id: str, reason: str, *, replay: bool) -> None:
    count = _call(data, "POST", f"{_path(webhook_id)}/enable", {"reason": reason, "replay": replay})["count"]
    sys.stdout.write(f"{webhook_id} is switched on; {count} events of the meantime are sent\n")


def replay(data: DataFolder, webhook_id: str, since: datetime, reason: str) -> None:
    moment = (since if since.tzinfo else since.replace(tzinfo=UTC)).isoformat()
    count = _call(data, "POST", f"{_path(webhook_id)}/replay", {"since": moment, "reason": reason})["count"]
    sys.stdout.write(f"{count} events are sent again\n")


def remove(data: DataFolder, webhook_id: str) -> None:
    _call(data, "DELETE", _path(webhook_id))
    sys.stdout.write(f"{webhook_id} is gone\n")


def _answer(row: dict[str, Any]) -> str:
    if row["status"] is None:
        return row["error"] or "not called yet"
    text = " ".join(row["answer"].split())[:60]
    return f"{_came_of(row)} {text}".rstrip()


def _came_of(made: dict[str, Any]) -> str:
    """Of one call, or of the last one of a delivery."""
    what = made["error"] if made["status"] is None else f"HTTP {made['status']}"
    return f"{what} in {made['duration_ms']} ms"


def _minute(moment: str | None) -> str:
    return moment[:16].replace("T", " ") if moment else "never"


def _second(moment: str) -> str:
    return moment[:19].replace("T", " ")


def _path(webhook_id: str) -> str:
    return f"webhooks/{quote(webhook_id, safe='')}"


def _call(data: DataFolder, method: str, path: str, body: Any = None) -> Any:
    return call(place_of(data, "notify"), method, "notify", path, body, within_s=WITHIN_S)
