"""Invoices: how they are doing, a run by hand, and sending again."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.data_folder import DataFolder
from deploy.local.operator import call, place_of

RUN_WITHIN_S = 3600.0


def status(data: DataFolder, *, as_json: bool) -> bool:
    """Whether the proof found nothing wrong."""
    found: dict[str, Any] = call(
        place_of(data, "wallet"), "GET", "wallet", "wallet/invoices/status", within_s=RUN_WITHIN_S
    )
    if as_json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return not found["faults"]
    console = Console(highlight=False)
    table = Table("month", "invoices", "credit notes", "total", box=None, pad_edge=False)
    for one in found["months"]:
        total = f"{one['total_cents'] / 100:,.2f}"
        table.add_row(one["period"][:7], str(one["invoices"]), str(one["credit_notes"]), total)
    console.print(table)
    console.print(", ".join(f"{count} {state}" for state, count in found["states"].items()) or "nothing issued yet")
    for one in found["troubles"]:
        console.print(f"[red]{one['number']} {one['state']}[/]: {one['reason']}", soft_wrap=True)
    if found["nameless"]:
        console.print(
            f"{found['nameless']} wallets wait: the number or address of the organisation is not known "
            "(./immo wallet invoices addresses)"
        )
    for fault in found["faults"]:
        console.print(f"[red]{fault['rule']}[/]: {fault['subject']}, {fault['expected']} and {fault['found']}")
    if not found["faults"]:
        console.print("[green]numbers without gaps, amounts as in the book[/]")
    return not found["faults"]


def run(data: DataFolder, month: str | None) -> None:
    """month: such as 2026-10; None for the last that is over."""
    place = place_of(data, "wallet")
    ran = call(place, "POST", "wallet", "wallet/invoices/run", {"month": month}, within_s=RUN_WITHIN_S)
    sys.stdout.write(
        f"up to {ran['month']}: {ran['documents']} issued, for {ran['wallets']} wallets that moved money\n"
    )


def resend(data: DataFolder, number: str | None) -> None:
    """number: None for all that were not sent."""
    asked = call(place_of(data, "wallet"), "POST", "wallet", "wallet/invoices/resend", {"number": number})
    sys.stdout.write(f"{asked['asked']} will be sent\n")


def addresses(data: DataFolder) -> None:
    """Have organisation say once more where each organisation is, for wallets that never heard it."""
    told = call(place_of(data, "organisation"), "POST", "organisation", "organisations/tell", within_s=RUN_WITHIN_S)
    sys.stdout.write(f"{told['organisations']} organisations are announced again\n")
