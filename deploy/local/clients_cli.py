"""`./immo clients`: the command line of `commands/clients.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

clients = typer.Typer(no_args_is_help=True, help="Programs that sign people in here.")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
ClientId = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]
Tool = Annotated[str, typer.Argument(help="The tool's id in the catalogue.")]


@clients.command("list")
def clients_list(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """Who is registered, how they prove who they are, and who is switched off."""
    from deploy.local.commands.clients import list_clients as run

    run(DataFolder(data), as_json=as_json)


@clients.command("show")
def clients_show(client_id: ClientId, data: Data = DEFAULT) -> None:
    """One registration, whole."""
    from deploy.local.commands.clients import show as run

    run(DataFolder(data), client_id)


@clients.command("register")
def clients_register(
    tool: Tool,
    file: Annotated[Path, typer.Argument(help="JSON in the words of RFC 7591.", exists=True, dir_okay=False)],
    data: Data = DEFAULT,
) -> None:
    """A new client of a tool; its id and secret are shown once."""
    from deploy.local.commands.clients import register as run

    run(DataFolder(data), tool, file)


@clients.command("rotate-secret")
def clients_rotate_secret(
    client_id: ClientId,
    keep_hours: Annotated[int, typer.Option(min=0, max=2160, help="How long the old secret stays good.")] = 24,
    data: Data = DEFAULT,
) -> None:
    """A new secret, shown once."""
    from deploy.local.commands.clients import rotate_secret as run

    run(DataFolder(data), client_id, keep_hours=keep_hours)


@clients.command("disable")
def clients_disable(client_id: ClientId, data: Data = DEFAULT) -> None:
    """Nothing works for it from now on; people are signed out of it."""
    from deploy.local.commands.clients import switch as run

    run(DataFolder(data), client_id, "disable")


@clients.command("enable")
def clients_enable(client_id: ClientId, data: Data = DEFAULT) -> None:
    """It may sign people in again; what ended stays ended."""
    from deploy.local.commands.clients import switch as run

    run(DataFolder(data), client_id, "enable")


@clients.command("initial-token")
def clients_initial_token(
    tool: Tool,
    scope: Annotated[
        list[str] | None, typer.Option(help="What may be registered besides sign-in, e.g. charges.")
    ] = None,
    uses: Annotated[int, typer.Option(min=1, max=1000)] = 1,
    hours: Annotated[int, typer.Option(min=1, max=720)] = 24,
    data: Data = DEFAULT,
) -> None:
    """A token with which its holder registers clients of this tool, and of no other."""
    from deploy.local.commands.clients import initial_token as run

    run(DataFolder(data), tool, scope or [], uses=uses, hours=hours)
