"""`./immo keys`: the command line of `commands/secrets.py` and `commands/identity_keys.py`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

keys = typer.Typer(invoke_without_command=True)

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]


class Algorithm(StrEnum):
    ES256 = "ES256"
    RS256 = "RS256"


@keys.callback()
def new(context: typer.Context) -> None:
    """Alone: new secrets for a deployment of your own, as the .env that docker-compose.yml reads."""
    if context.invoked_subcommand is None:
        from deploy.local.commands.secrets import keys as run

        run()


@keys.command("rotate-signing")
def rotate_signing(
    alg: Annotated[list[Algorithm] | None, typer.Option(help="One kind only; else both.")] = None,
    now: Annotated[bool, typer.Option("--now", help="One has leaked: whatever was signed so far is void.")] = False,
    data: Data = DEFAULT,
) -> None:
    """New keys to sign tokens with: published first, used some minutes later, the old ones kept until nothing of theirs is left."""
    from deploy.local.commands.identity_keys import rotate_signing as run

    run(DataFolder(data), [one.value for one in alg or list(Algorithm)], at_once=now)


@keys.command("exchange-master")
def exchange_master(data: Data = DEFAULT) -> None:
    """Another master key from the next start on; then `rewrap`."""
    from deploy.local.commands.identity_keys import exchange_master as run

    run(DataFolder(data))


@keys.command("rewrap")
def rewrap(data: Data = DEFAULT) -> None:
    """Wrap everything by the master key that is in use, while all goes on; safe to repeat. Then the one before is let go."""
    from deploy.local.commands.identity_keys import rewrap as run

    run(DataFolder(data))
