"""Prices of plans and credits: put on sale from a file, and listed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.operator import call, place_of
from deploy.local.price_files import read_prices

PATH = "wallet/prices"


def apply(data: DataFolder, file: Path, *, dry_run: bool) -> None:
    """Raises Refused when the file is wrong; nothing is changed then."""
    prices = read_prices(file)
    path = f"{PATH}?dry_run=true" if dry_run else PATH
    applied: dict[str, Any] = call(place_of(data, "wallet"), "PUT", "wallet", path, prices)
    for change in applied["changes"]:
        sys.stdout.write(f"{sentence_of(change)}\n")
    if not applied["changes"]:
        sys.stdout.write("nothing changes: all of it is on sale already\n")
    elif dry_run:
        sys.stdout.write("nothing was changed: a dry run\n")


def show(data: DataFolder, *, as_json: bool) -> None:
    found: dict[str, Any] = call(place_of(data, "wallet"), "GET", "wallet", PATH)
    if as_json:
        sys.stdout.write(json.dumps(found["prices"], indent=1) + "\n")
        return
    table = Table("tool", "what", "id", "gives", "excl. VAT", "incl. VAT", box=None, pad_edge=False)
    for one in found["prices"]:
        amounts = (f"{one[name] / 100:,.2f}" for name in ("price_excl_cents", "price_incl_cents"))
        table.add_row(one["tool_id"], one["kind"], one["slug"], _gives(one), *amounts)
    Console(highlight=False).print(
        table if found["prices"] else "nothing on sale yet: ./immo wallet prices apply FILE.yaml"
    )


def sentence_of(change: dict[str, Any]) -> str:
    """One line for what is new (+), no longer sold (-), or different (~)."""
    before, after = change["before"], change["after"]
    one = after or before
    name = f"{one['tool_id']} {one['kind']} {one['slug']}"
    if before is None:
        return f"+ {name}: {_terms(after)}"
    if after is None:
        return f"- {name}: no longer sold, was {_terms(before)}"
    if _terms(before) == _terms(after):
        return f"~ {name}: names, or its place"
    return f"~ {name}: {_terms(before)} -> {_terms(after)}"


def _terms(one: dict[str, Any]) -> str:
    gives = f"{_gives(one)} for " if _gives(one) else ""
    return f"{gives}{one['price_excl_cents'] / 100:.2f} + {one['vat_rate_bp'] / 100:g}% VAT"


def _gives(one: dict[str, Any]) -> str:
    if one["kind"] == "credits":
        return f"{one['credits']} credits"
    if one["kind"] == "plan":
        return f"{one['uses']} uses" if one["uses"] else "unlimited"
    return ""
