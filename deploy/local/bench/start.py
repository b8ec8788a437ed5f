"""How long a second start takes, and what the whole stack holds in memory."""

from __future__ import annotations

import time
from typing import Any

from deploy.local import stack
from deploy.local.bench import Figure
from deploy.local.data_folder import DataFolder
from deploy.local.status import collect

AIM_READY_S = 15.0
AIM_MEMORY_GIB = 1.5
ROUNDS = 3


def measure(_: DataFolder) -> list[Figure]:
    """On a stack of its own: the median of some starts on data that exists; memory after the last, by part."""
    with stack.own_stack() as running:
        data, port = running.data, running.ports.base
        seconds = sorted(_restart(data, port) for _ in range(ROUNDS))
        found = collect(data)
    ready, memory_gib = seconds[ROUNDS // 2], found["memory_bytes"] / 2**30
    parts: list[dict[str, Any]] = [*found["services"], *found["tools"], {"name": "kafka", **found["kafka"]}]
    return [
        Figure("ready", round(ready, 2), "s", f"aim of {AIM_READY_S:.0f} s", round(ready / AIM_READY_S, 2)),
        Figure(
            "memory", round(memory_gib, 3), "GiB", f"aim of {AIM_MEMORY_GIB} GiB", round(memory_gib / AIM_MEMORY_GIB, 2)
        ),
        *(Figure(f"memory-{part['name']}", round(part["memory_bytes"] / 2**20, 1), "MiB") for part in parts),
    ]


def _restart(data: DataFolder, port: int) -> float:
    stack.stop(data)
    began = time.monotonic()
    stack.start(data, port)
    return time.monotonic() - began
