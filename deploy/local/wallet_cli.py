"""`./immo wallet`: the command line of `commands/wallet*.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

wallet = typer.Typer(no_args_is_help=True, help="The wallets' book.")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]


@wallet.command("check")
def wallet_check(
    new: Annotated[bool, typer.Option("--new", help="Only what was booked since the last proof.")] = False,
    as_json: AsJson = False,
    data: Data = DEFAULT,
) -> None:
    """Prove the book: every entry, balance, reservation, charge and refund. Exit code 1 when something is wrong."""
    from deploy.local.commands.wallet import check

    sys.exit(check(DataFolder(data), whole=not new, as_json=as_json))
