"""The keys of the identity service, changed while it runs: those that sign, and the master key above all others.

A deployment of one's own has the master keys in its environment (docs/operate.md); here they stand in the embedded stack's secrets.
"""

from __future__ import annotations

import sys

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.keys import exchange_master_key, forget_other_master_key, keys_of
from deploy.local.operator import call
from deploy.local.stack import find_stack

BATCH_WITHIN_S = 60.0
NEXT_START = "It counts from the next start: ./immo down, ./immo up"


def rotate_signing(data: DataFolder, algorithms: list[str], *, at_once: bool) -> None:
    stack = find_stack(data)
    for algorithm in algorithms:
        key = call(stack, "POST", "identity", f"signing-keys/{algorithm}/rotate", {"at_once": at_once})
        sys.stdout.write(f"{algorithm} {key['kid']} signs from {key['activates_at'][:19]} UTC\n")


def exchange_master(data: DataFolder) -> None:
    if not data.secrets.exists():
        raise Refused(f"there are no secrets in {data.path}: start a stack with ./immo up")
    try:
        exchange_master_key(data)
    except ValueError as error:
        raise Refused(f"{error}: ./immo keys rewrap") from error
    sys.stdout.write(f"a new master key takes over. {NEXT_START}, then ./immo keys rewrap\n")


def rewrap(data: DataFolder) -> None:
    stack, done, left = find_stack(data), 0, 1
    while left:
        batch = call(stack, "POST", "identity", "keys/rewrap", within_s=BATCH_WITHIN_S)
        done, left = done + batch["done"], batch["left"]
        if left and not batch["done"]:
            raise Refused(f"{left} could not be read")
        sys.stdout.write(f"{done} wrapped, {left} left\n")
    if keys_of(data).master_key_other:
        forget_other_master_key(data)
        sys.stdout.write(f"the master key before is let go. {NEXT_START}\n")
