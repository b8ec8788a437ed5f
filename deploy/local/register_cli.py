"""`./immo register`: the company register's public files, taken over by the organisation service's own program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

register = typer.Typer(no_args_is_help=True, help="The copy of the public company register.")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@register.command("import")
def register_import(
    paths: Annotated[list[Path], typer.Argument(help="Full and update extracts: ZIP files as published, or folders.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare, change nothing.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also what is older, or much smaller, than what is there.")
    ] = False,
    as_json: AsJson = False,
    data: Data = DEFAULT,
) -> None:
    """Take over extracts of the KBO/BCE open data, in the order of their numbers. Safe to run again, whatever ended it."""
    from deploy.local.commands.register import run

    flags = [*["--dry-run"] * dry_run, *["--anyway"] * anyway, *["--json"] * as_json]
    sys.exit(run(DataFolder(data), ["import", *flags, "--", *map(str, paths)]))


@register.command("status")
def register_status(as_json: AsJson = False, data: Data = DEFAULT) -> None:
    """Which extract is there, and whether it answers."""
    from deploy.local.commands.register import run

    sys.exit(run(DataFolder(data), ["status", *["--json"] * as_json]))
