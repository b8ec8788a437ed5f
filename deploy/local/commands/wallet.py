"""Proving the wallets' book from outside, piece by piece, over the wallet service's /internal interface."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.operator import Place, call, place_of

PIECE_WITHIN_S = 300.0
MAX_SHOWN = 50
TOLD_EVERY_S = 2.0


@dataclass
class Proof:
    counts: Counter[str] = field(default_factory=Counter[str])
    faults: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    told_at: float = field(default_factory=time.monotonic)


def check(data: DataFolder, *, whole: bool, as_json: bool) -> int:
    """Returns the exit code: 0 when all holds."""
    place = place_of(data, "wallet")
    began = time.monotonic()
    proof = Proof()
    for kind in ("wallets", "transactions") if whole else ("wallets",):
        _prove(place, kind, proof, whole=whole)
    took_s = time.monotonic() - began
    if as_json:
        document = {"proven": proof.counts, "faults": proof.faults, "took_s": round(took_s, 1)}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        _tell(proof, took_s)
    return 1 if proof.faults else 0


def _prove(place: Place, kind: str, proof: Proof, *, whole: bool) -> None:
    after: str | None = None
    while True:
        body = {"after": after, "whole": whole}
        piece: dict[str, Any] = call(place, "POST", "wallet", f"book/{kind}", body, within_s=PIECE_WITHIN_S)
        proof.counts.update(piece["counts"])
        proof.faults += piece["faults"]
        if time.monotonic() - proof.told_at > TOLD_EVERY_S:
            sys.stderr.write(f"{_counted(proof)} ...\n")
            proof.told_at = time.monotonic()
        after = piece["after"]
        if after is None:
            return


def _tell(proof: Proof, took_s: float) -> None:
    console = Console(highlight=False)
    console.print(f"Proven in {took_s:.1f} s: {_counted(proof)}.", soft_wrap=True)
    if not proof.faults:
        console.print("Nothing is wrong.")
        return
    table = Table("what must hold", "where", "expected", "found", box=None, pad_edge=False)
    for fault in proof.faults[:MAX_SHOWN]:
        table.add_row(fault["rule"], fault["subject"], str(fault["expected"]), str(fault["found"]))
    console.print(table)
    console.print(f'{len(proof.faults)} faults. What to do: docs/operate.md, "The wallets\' book".', soft_wrap=True)


def _counted(proof: Proof) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in proof.counts.items())
