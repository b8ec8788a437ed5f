"""`./immo wallet`: the command line of `commands/wallet*.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

wallet = typer.Typer(no_args_is_help=True, help="The wallets' book.")
invoices = typer.Typer(no_args_is_help=True, help="Invoices and credit notes.")
wallet.add_typer(invoices, name="invoices")
prices = typer.Typer(no_args_is_help=True, help="What plans and credits of tools cost.")
wallet.add_typer(prices, name="prices")

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


@wallet.command("import-statements")
def wallet_import_statements(
    files: Annotated[list[Path], typer.Argument(help="CODA or camt.053, as the bank delivered them.")],
    any_account: Annotated[
        bool, typer.Option("--any-account", help="Also statements of another account than the one for transfers.")
    ] = False,
    as_json: AsJson = False,
    data: Data = DEFAULT,
) -> None:
    """Credit transfers that name a wallet. Again it does nothing twice. Exit code 1 when a file was refused; nothing of that one counts."""
    from deploy.local.commands.wallet_statements import import_statements

    sys.exit(import_statements(DataFolder(data), files, any_account=any_account, as_json=as_json))


@invoices.command("status")
def invoices_status(as_json: AsJson = False, data: Data = DEFAULT) -> None:
    """What was issued and sent, what is in trouble, and the proof of numbers and amounts. Exit code 1 when something is wrong."""
    from deploy.local.commands.wallet_invoices import status

    sys.exit(0 if status(DataFolder(data), as_json=as_json) else 1)


@invoices.command("run")
def invoices_run(
    month: Annotated[str | None, typer.Option("--month", help="Such as 2026-10; the last that is over.")] = None,
    data: Data = DEFAULT,
) -> None:
    """Invoice a month and those before it that are not invoiced yet. Happens by itself; again does nothing twice."""
    from deploy.local.commands.wallet_invoices import run

    run(DataFolder(data), month)


@invoices.command("resend")
def invoices_resend(
    number: Annotated[
        str | None, typer.Argument(help="Such as 2026-000001; without one all that were not sent.")
    ] = None,
    data: Data = DEFAULT,
) -> None:
    """Hand invoices to the access point once more."""
    from deploy.local.commands.wallet_invoices import resend

    resend(DataFolder(data), number)


@invoices.command("addresses")
def invoices_addresses(data: Data = DEFAULT) -> None:
    """Have all organisations announced again, so that wallets learn addresses that they never heard. Harmless."""
    from deploy.local.commands.wallet_invoices import addresses

    addresses(DataFolder(data))


@prices.command("apply")
def prices_apply(
    file: Annotated[Path, typer.Argument(help="Such as editions/real-estate/prices.yaml.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    data: Data = DEFAULT,
) -> None:
    """Put on sale exactly what the file says, for the tools in it. What was bought keeps its terms."""
    from deploy.local.commands.wallet_prices import apply

    apply(DataFolder(data), file, dry_run=dry_run)


@prices.command("list")
def prices_list(as_json: AsJson = False, data: Data = DEFAULT) -> None:
    """All that is on sale."""
    from deploy.local.commands.wallet_prices import show

    show(DataFolder(data), as_json=as_json)
