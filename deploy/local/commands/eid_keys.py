"""The keys of the hashes by which people are recognised on their cards: where the links stand, a new one, old ones let go.

A deployment of one's own has them in its environment; `status` works there too, the others are for the embedded stack's secrets.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.keys import forget_eid_hash_keys, keys_of, rotate_eid_hash_key
from deploy.local.operator import call
from deploy.local.stack import find_stack

NEXT_START = "It counts from the next start: ./immo down, ./immo up\n"


def status(data: DataFolder, *, as_json: bool) -> None:
    state = _state(data)
    if as_json:
        sys.stdout.write(json.dumps(state, indent=1) + "\n")
        return
    table = Table("key", "is", "links", box=None, pad_edge=False)
    for key_id in {**dict.fromkeys(state["known"]), **dict.fromkeys(state["links"])}:
        table.add_row(key_id, _role(key_id, state), str(state["links"].get(key_id, 0)))
    Console(highlight=False).print(table)


def rotate(data: DataFolder) -> None:
    from services.identity.eid.rules import key_id

    if not data.secrets.exists():
        raise Refused(f"there are no secrets in {data.path}: start a stack with ./immo up")
    keys = rotate_eid_hash_key(data)
    sys.stdout.write(f"the key {key_id(base64.b64decode(keys.eid_hash_key))} takes over. {NEXT_START}")


def retire(data: DataFolder) -> None:
    from services.identity.eid.rules import key_id

    if not keys_of(data).eid_hash_keys:
        raise Refused("there is no earlier key")
    state = _state(data)
    needed = {key for key, links in state["links"].items() if links}
    unused = {key for key in keys_of(data).eid_hash_keys if key_id(base64.b64decode(key)) not in needed}
    if not unused:
        raise Refused("each earlier key still has links under it; they move as their holders come by with their cards")
    forget_eid_hash_keys(data, unused)
    sys.stdout.write(f"{len(unused)} earlier key(s) let go. {NEXT_START}")


def _state(data: DataFolder) -> dict[str, Any]:
    return call(find_stack(data), "GET", "identity", "eid/hash-keys")


def _role(key_id: str, state: dict[str, Any]) -> str:
    if key_id == state["current"]:
        return "current"
    if key_id not in state["known"]:
        return "LOST: whoever is linked under it must be unlinked by support, and link again"
    return "earlier" if state["links"].get(key_id) else "not needed"
