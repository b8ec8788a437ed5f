"""The operator's view on erasures that have not ended, through identity's /internal interface."""

from __future__ import annotations

import base64
import json
import sys
import time
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.stack import Stack, find_stack

ANSWER_WITHIN_S = 10.0


def list_erasures(data: DataFolder, *, as_json: bool) -> None:
    rows = _ask(find_stack(data))
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    table = Table("account", "state", "asked for", "looked at again", "waits for", "late", box=None, pad_edge=False)
    for row in rows:
        times = (str(row["requested_at"])[:19], str(row["next_at"] or "")[:19])
        table.add_row(row["account_id"], row["state"], *times, ", ".join(row["waits_for"]), ", ".join(row["late"]))
    Console(highlight=False).print(table if rows else "no erasures under way")


def _ask(stack: Stack) -> list[dict[str, Any]]:
    from shared.service_tokens import issue_service_token

    seed = base64.b64decode(stack.keys.service_keys["operator"])
    token = issue_service_token(seed, "operator", "identity", now=int(time.time()))
    url = f"{stack.ports.url('identity')}/internal/erasures?limit=1000"
    try:
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=ANSWER_WITHIN_S)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise Refused(f"identity does not answer: {error or type(error).__name__}") from error
    return answer.json()
