"""`./immo eid-keys`: the command line of `commands/eid_keys.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

eid_keys = typer.Typer(no_args_is_help=True, help="The keys by which people are recognised on their identity cards.")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]


@eid_keys.command("status")
def eid_keys_status(
    data: Data = DEFAULT,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")
    ] = False,
) -> None:
    """How many links stand under each key, and which keys nobody needs any more."""
    from deploy.local.commands.eid_keys import status as run

    run(DataFolder(data), as_json=as_json)


@eid_keys.command("rotate")
def eid_keys_rotate(data: Data = DEFAULT) -> None:
    """A new key from the next start on; people move to it as they come by with their cards."""
    from deploy.local.commands.eid_keys import rotate as run

    run(DataFolder(data))


@eid_keys.command("retire")
def eid_keys_retire(data: Data = DEFAULT) -> None:
    """Let go of the earlier keys under which no link stands any more, from the next start on."""
    from deploy.local.commands.eid_keys import retire as run

    run(DataFolder(data))
