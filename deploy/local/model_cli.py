"""`./immo model`: what the gateway remembers of the others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

model = typer.Typer(no_args_is_help=True, help="The read model of the gateway, which is made of events alone.")


@model.callback()
def group() -> None:
    """Keeps `rebuild` a command of its own."""


@model.command("rebuild")
def model_rebuild(
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also when Kafka has forgotten the beginning of a topic.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    data: Annotated[
        Path,
        typer.Option(
            "--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False
        ),
    ] = DEFAULT,
) -> None:
    """Make it anew from the log, while the old one serves and follows; then they change places. Safe to stop and run again."""
    from deploy.local.commands.model import rebuild

    sys.exit(rebuild(DataFolder(data), [*["--anyway"] * anyway, *["--json"] * as_json]))
