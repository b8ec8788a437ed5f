"""`./immo webhooks`: the command line of `commands/webhooks.py`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

webhooks = typer.Typer(no_args_is_help=True, help="Where tools have their events sent.")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
Id = Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]


@webhooks.command("list")
def webhooks_list(
    tool: Annotated[str | None, typer.Argument(help="The tool's id in the catalogue.")] = None,
    data: Data = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """All, or those of one tool: whether they take events, and what waits."""
    from deploy.local.commands.webhooks import list_webhooks as run

    run(DataFolder(data), tool, as_json=as_json)


@webhooks.command("add")
def webhooks_add(
    tool: Annotated[str, typer.Argument(help="The tool's id in the catalogue.")],
    client: Annotated[str, typer.Argument(help="The client of the tool; how it knows people is how they are told of.")],
    url: Annotated[str, typer.Argument(help="A public address with https.")],
    kind: Annotated[list[str] | None, typer.Option("--type", help="Of events; may be repeated. None for all.")] = None,
    description: Annotated[str, typer.Option()] = "",
    language: Annotated[str, typer.Option(help="Of mails about it: fr, nl, en or de.")] = "en",
    data: Data = DEFAULT,
) -> None:
    """A new one; its secret is shown once."""
    from deploy.local.commands.webhooks import add as run

    body = {"tool_id": tool, "client_id": client, "url": url, "description": description, "language": language}
    run(DataFolder(data), {**body, "types": kind or []})


@webhooks.command("test")
def webhooks_test(webhook_id: Id, data: Data = DEFAULT) -> None:
    """Send a test at once, and show the answer."""
    from deploy.local.commands.webhooks import try_out as run

    run(DataFolder(data), webhook_id)


@webhooks.command("log")
def webhooks_log(
    webhook_id: Id,
    state: Annotated[str | None, typer.Option(help="waiting, delivered or failed.")] = None,
    data: Data = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """The last deliveries, with each call of those that needed several, and how they were answered."""
    from deploy.local.commands.webhooks import show_log as run

    run(DataFolder(data), webhook_id, state, as_json=as_json)


@webhooks.command("rotate-secret")
def webhooks_rotate_secret(webhook_id: Id, data: Data = DEFAULT) -> None:
    """A new secret, shown once; for a day the old one signs too."""
    from deploy.local.commands.webhooks import rotate_secret as run

    run(DataFolder(data), webhook_id)


@webhooks.command("disable")
def webhooks_disable(webhook_id: Id, reason: Reason, data: Data = DEFAULT) -> None:
    """Nothing is sent to it from now on."""
    from deploy.local.commands.webhooks import disable as run

    run(DataFolder(data), webhook_id, reason)


@webhooks.command("enable")
def webhooks_enable(
    webhook_id: Id,
    reason: Reason = "",
    replay: Annotated[bool, typer.Option("--replay/--no-replay", help="Send what happened while it was off.")] = True,
    data: Data = DEFAULT,
) -> None:
    """It is called again, as if it had never failed."""
    from deploy.local.commands.webhooks import enable as run

    run(DataFolder(data), webhook_id, reason, replay=replay)


@webhooks.command("replay")
def webhooks_replay(
    webhook_id: Id,
    since: Annotated[datetime, typer.Argument(help="A day, or a moment in UTC.")],
    reason: Reason = "",
    data: Data = DEFAULT,
) -> None:
    """Everything since then once more."""
    from deploy.local.commands.webhooks import replay as run

    run(DataFolder(data), webhook_id, since, reason)


@webhooks.command("remove")
def webhooks_remove(webhook_id: Id, data: Data = DEFAULT) -> None:
    """For good, with its log."""
    from deploy.local.commands.webhooks import remove as run

    run(DataFolder(data), webhook_id)
