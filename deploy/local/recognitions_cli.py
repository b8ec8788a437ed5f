"""`./immo recognitions`: the command line of `commands/recognitions.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

recognitions = typer.Typer(no_args_is_help=True, help="The registries that vouch for people, and their files.")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]


@recognitions.command("registries")
def recognitions_registries(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """How each registry is doing: whether it is asked, its last answer, how old what it says is, who waits."""
    from deploy.local.commands.recognitions import registries as run

    run(DataFolder(data), as_json=as_json)


@recognitions.command("import")
def recognitions_import(
    registry: Annotated[str, typer.Argument(help="The registry whose file it is.")],
    file: Annotated[Path, typer.Argument(help="The file, as the registry delivered it.", exists=True, dir_okay=False)],
    accept_shrunken: Annotated[
        bool, typer.Option("--accept-shrunken", help="Obey it although it is empty, or lost many of its lines.")
    ] = False,
    as_of: Annotated[
        str, typer.Option("--as-of", help="Of which day it is, where its name does not say: 2026-01-31.")
    ] = "",
    data: Data = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Read a registry's file by hand, and tell what became of it."""
    from deploy.local.commands.recognitions import read_file as run

    run(DataFolder(data), registry, file, accept_shrunken=accept_shrunken, as_of=as_of, as_json=as_json)
