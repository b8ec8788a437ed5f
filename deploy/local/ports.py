"""Which part listens where: one base port, fixed distances from it."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import psutil

from deploy.local.errors import Refused

HOST = "127.0.0.1"
DEFAULT_BASE = 8080
DISTANCES = {
    "gateway": 0,
    "identity": 1,
    "organisation": 2,
    "recognition": 3,
    "wallet": 4,
    "notify": 5,
    "demo-tool": 10,
    "world": 11,
    "smtp": 12,
    "kafka": 13,
    "kafka-controller": 14,
}
NAMED = 3
OFFERS = range(100, 5_000, 100)


@dataclass(frozen=True)
class Ports:
    base: int

    def of(self, part: str) -> int:
        return self.base + DISTANCES[part]

    def url(self, part: str) -> str:
        return f"http://{HOST}:{self.of(part)}"

    def refuse_taken(self) -> None:
        """Raises Refused, naming what listens on each port and a base at which all are free."""
        taken = {part: self.of(part) for part in DISTANCES if not is_free(self.of(part))}
        if not taken:
            return
        rows = [f"port {port} ({part}) {listener_on(port)}" for part, port in list(taken.items())[:NAMED]]
        if len(taken) > NAMED:
            rows.append(f"and {len(taken) - NAMED} more above it")
        free = self.free_base()
        offer = f". Try: ./immo up --port {free}" if free else ""
        raise Refused(f"in use: {', '.join(rows)}{offer}")

    def free_base(self) -> int | None:
        bases = (self.base + distance for distance in OFFERS)
        return next((base for base in bases if all(is_free(base + distance) for distance in DISTANCES.values())), None)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: connections that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def listener_on(port: int) -> str:
    """In words. Another user's processes are hidden from an ordinary user."""
    try:
        found = [c.pid for c in psutil.net_connections("inet") if c.laddr and c.laddr.port == port and c.pid]
        return f"is held by {psutil.Process(found[0]).name()} (process {found[0]})" if found else "is taken"
    except psutil.Error:
        return "is taken"
