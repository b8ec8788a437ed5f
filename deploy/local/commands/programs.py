"""demo and bench: programs that play or measure on a running stack, or on one of their own."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused

if TYPE_CHECKING:
    from deploy.local.demo.wallet_story import WalletStory

BENCHES = Path(__file__).parents[1] / "bench"


def demo(data: DataFolder, *, as_json: bool) -> int:
    """The exit code: 1 if anything differs from what must happen."""
    from deploy.local.demo import Step, play
    from deploy.local.demo.wallet_story import WalletStory
    from deploy.local.stack import running_or_own

    console = Console(highlight=False, stderr=as_json)

    def tell(step: Step) -> None:
        mark = Text("✓", style="green") if step.ok else Text("✗", style="bold red")
        console.print(mark, f"{step.ms:7.0f} ms ", step.step, Text(", ".join(step.events), style="dim"))
        if step.why:
            console.print(Text(step.why, style="red"))

    with running_or_own(data) as stack:
        story = WalletStory(stack)
        steps = asyncio.run(play(story, stack.kafka, tell))
    is_ok = all(step.ok for step in steps)
    if as_json:
        document = {"ok": is_ok, "steps": [step.as_json() for step in steps]}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    elif is_ok:
        _tell_people(console, story)
    return 0 if is_ok else 1


def _tell_people(console: Console, story: WalletStory) -> None:
    """For whoever wants to look around as one of them."""
    console.print(f"\nLook around at {story.origin}, with the virtual card of each (PIN 1234) where one is asked for:")
    table = Table("username", "password", "who", box=None, pad_edge=False)
    for person, role in story.people():
        table.add_row(person.username, person.password, role)
    console.print(table)


def bench(data: DataFolder, name: str, *, as_json: bool) -> int:
    from deploy.local.bench import Figure
    from deploy.local.machine import machine_facts

    known = sorted(path.stem for path in BENCHES.glob("*.py") if path.stem != "__init__" and path.stem[0] != "_")
    if name not in known:
        raise Refused(f"there is no bench {name}; there are {', '.join(known)}")
    machine = machine_facts()
    figures: list[Figure] = import_module(f"deploy.local.bench.{name}").measure(data)
    document = {"bench": name, "machine": machine, "figures": [figure.as_json() for figure in figures]}
    if as_json:
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
        return 0
    table = Table("figure", "value", "unit", "ratio", "against", box=None, pad_edge=False)
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        table.add_row(figure.name, f"{figure.value:,.2f}", figure.unit, ratio, figure.against or "")
    console = Console(highlight=False)
    console.print(table)
    console.print(", ".join(f"{key}: {value}" for key, value in machine.items()), style="dim")
    return 0
