"""status and logs."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused

WIDTH_IN_A_FILE = 200


def status(data: DataFolder, *, as_json: bool) -> int:
    """The exit code: 0 when everything runs and is ready."""
    from deploy.local.status import collect

    found = collect(data)
    if as_json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        _draw(found)
    return 0 if found.get("ready") else 1


def logs(data: DataFolder, part: str, *, follow: bool, lines: int) -> None:
    from deploy.local.logs import Tail, follow_tail, last_lines

    log = data.log(part)
    if not log.exists():
        known = ", ".join(sorted(path.stem for path in data.logs.glob("*.log")))
        raise Refused(f"there is no log of {part}; there are {known or 'none yet'}")
    tail = Tail(log)
    for line in last_lines(log, lines):
        sys.stdout.write(f"{line}\n")
    if follow:
        for line in follow_tail(tail):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


def _draw(found: dict[str, Any]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_IN_A_FILE
    if not found["running"]:
        console.print(
            f"nothing is running on {found['data']} ({found['phase']}); start it with ./immo up", soft_wrap=True
        )
        return
    console.print(_parts(found))
    kafka = found["kafka"]
    console.print(f"page        {found['url']}")
    console.print(f"mail        {found['mail']}")
    console.print(f"kafka       {kafka['address']} ({kafka['engine']})")
    console.print(f"memory      {found['memory_bytes'] / 2**20:.0f} MB in all")
    console.print(f"data        {found['data']}")
    for service, dsn in found["postgres"].items():
        console.print(f"postgres    {service}: {dsn}", soft_wrap=True)
    for account in found["accounts"]:
        name = f"{account['first_name']} {account['last_name']}"
        console.print(f"account     {account['username']}  password: {account['password']}  ({name})")
    for notice in found["notices"]:
        console.print(Text(f"! {notice}", style="yellow"))


def _parts(found: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("", "part", "process", "memory", "lag", "outbox", "dead letters", "why not"):
        table.add_column(name, justify="right" if name in ("process", "memory", "lag", "outbox") else "left")
    for part in [*found["services"], *found["tools"]]:
        mark = Text("✓", style="green") if part["ready"] else Text("✗", style="bold red")
        name = part["name"]
        reasons = [f"{check['name']}: {check.get('reason', '')}" for check in part["checks"] if not check["ok"]]
        letters = {state: count for state, count in found["dead_letters"].get(name, {}).items() if count}
        table.add_row(
            *(mark, name, str(part["pid"] or "-"), f"{part['memory_bytes'] / 2**20:.0f} MB"),
            *(str(sum(found["lag"].get(name, {}).values())), str(found["outbox"].get(name, 0))),
            *(", ".join(f"{count} {state}" for state, count in letters.items()), "; ".join(reasons)),
        )
    return table
