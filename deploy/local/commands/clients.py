"""The operator's view on programs that sign people in, through identity's /internal interface."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.operator import call
from deploy.local.stack import find_stack


def list_clients(data: DataFolder, *, as_json: bool) -> None:
    rows = _call(data, "GET", "clients")
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    table = Table("client", "tool", "proves itself by", "scope", "state", box=None, pad_edge=False)
    for row in rows:
        state = f"off since {row['disabled_at'][:10]}" if row["disabled_at"] else "on"
        table.add_row(row["client_id"], row["tool_id"], row["token_endpoint_auth_method"], row["scope"], state)
    Console(highlight=False).print(table if rows else "no clients yet: ./immo clients register TOOL FILE")


def show(data: DataFolder, client_id: str) -> None:
    for name, value in _call(data, "GET", _path(client_id)).items():
        text = " ".join(map(str, value)) if isinstance(value, list) else value
        sys.stdout.write(f"{name:<38} {'' if text is None else text}\n")


def register(data: DataFolder, tool: str, file: Path) -> None:
    try:
        metadata = json.loads(file.read_text(encoding="utf-8"))
        body = {**metadata, "tool_id": tool}
    except (OSError, ValueError, TypeError) as error:
        raise Refused(f"{file} holds no JSON object: {error}") from error
    _tell_secret(_call(data, "POST", "clients", body))


def rotate_secret(data: DataFolder, client_id: str, *, keep_hours: int) -> None:
    _tell_secret(_call(data, "POST", f"{_path(client_id)}/secret", {"keep_old_s": keep_hours * 3600}))
    sys.stdout.write(
        f"The old one is good for {keep_hours} more hours.\n" if keep_hours else "The old one has ended.\n"
    )


def switch(data: DataFolder, client_id: str, action: str) -> None:
    _call(data, "POST", f"{_path(client_id)}/{action}")
    sys.stdout.write(f"{client_id} is switched {'off' if action == 'disable' else 'on'}\n")


def initial_token(data: DataFolder, tool: str, scopes: list[str], *, uses: int, hours: int) -> None:
    wish = {"tool_id": tool, "scopes": scopes, "uses": uses, "ttl_s": hours * 3600}
    made = _call(data, "POST", "initial-access-tokens", wish)
    sys.stdout.write(f"POST {made['registration_endpoint']}\nAuthorization: Bearer {made['token']}\n")
    sys.stdout.write(f"Good for {uses} client(s), until {made['expires_at'][:16]}. It is not shown again.\n")


def _tell_secret(made: dict[str, Any]) -> None:
    sys.stdout.write(f"client_id      {made['client_id']}\n")
    if made["client_secret"]:
        sys.stdout.write(f"client_secret  {made['client_secret']}\nThe secret is not shown again.\n")


def _path(client_id: str) -> str:
    return f"clients/{quote(client_id, safe='')}"


def _call(data: DataFolder, method: str, path: str, body: Any = None) -> Any:
    return call(find_stack(data), method, "identity", path, body)
