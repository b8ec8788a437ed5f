"""Who works in support, as the operator decides it."""

from __future__ import annotations

import json
import sys
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.operator import call
from deploy.local.stack import find_stack


def show(data: DataFolder, *, as_json: bool) -> None:
    rows = call(find_stack(data), "GET", "identity", "staff")
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    table = Table("username", "role", "since", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["username"], row["role"], row["appointed_at"][:10])
    Console(highlight=False).print(table if rows else "nobody works in support yet: ./immo staff add USERNAME")


def add(data: DataFolder, username: str) -> None:
    call(find_stack(data), "PUT", "identity", f"staff/{quote(username, safe='')}", {})
    sys.stdout.write(f"{username} works in support, after signing in with a second factor or an identity card\n")


def remove(data: DataFolder, username: str) -> None:
    call(find_stack(data), "DELETE", "identity", f"staff/{quote(username, safe='')}")
    sys.stdout.write(f"{username} no longer works in support\n")
