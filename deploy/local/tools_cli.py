"""`./immo tools`: the command line of `commands/tools.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.data_folder import DEFAULT, DataFolder

tools = typer.Typer(no_args_is_help=True, help="The catalogue: which tools there are, and under which terms and rules.")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]


@tools.command("apply")
def tools_apply(
    files: Annotated[list[Path], typer.Argument(help="YAML, one tool or several in each; drawings lie beside them.")],
    values: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE, for {NAME} in addresses of the files.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why: it stands in the history of each tool that changes.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before something is taken away.")] = False,
    data: Data = DEFAULT,
) -> None:
    """Publish tools, or change them to what the files say; safe to run again. Exit code 1 when something was refused.

    Without an embedded stack: IMMO_OPERATOR_KEY and IMMO_URL_ORGANISATION say where, and as whom.
    """
    from deploy.local.commands.tools import Options
    from deploy.local.commands.tools import apply as run

    options = Options(dict(_pair(value) for value in values or ()), reason, dry_run=dry_run, yes=yes)
    sys.exit(run(DataFolder(data), files, options))


@tools.command("list")
def tools_list(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """Which tools there are, who changed each last, and how many organisations work with it."""
    from deploy.local.commands.tools import show as run

    run(DataFolder(data), as_json=as_json)


@tools.command("export")
def tools_export(
    tool: Annotated[str, typer.Argument(help="Its id, as `list` shows it; left out, all tools.")] = "",
    data: Data = DEFAULT,
) -> None:
    """The catalogue as a file that `apply` takes, on standard output."""
    from deploy.local.commands.tools import export as run

    run(DataFolder(data), tool)


@tools.command("lists")
def tools_lists(
    tool: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")],
    data: Data = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Which lists of organisations the tool's usage modes ask for, and who is on them."""
    from deploy.local.commands.tool_lists import show as run

    run(DataFolder(data), tool, as_json=as_json)


@tools.command("list-import")
def tools_list_import(
    tool: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")],
    usage_mode: Annotated[str, typer.Argument(help="The restricted usage mode, or the list that a rule names.")],
    file: Annotated[Path, typer.Argument(help="CSV or text, one enterprise number a line: the whole list.")],
    reason: Annotated[str, typer.Option(help="Why: it stands in the record.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Also when more than half of the list goes.")] = False,
    data: Data = DEFAULT,
) -> None:
    """Take over a tool's list of organisations; safe to run again. Exit code 1 when lines were left out."""
    from deploy.local.commands.tool_lists import Options
    from deploy.local.commands.tool_lists import take as run

    sys.exit(run(DataFolder(data), tool, usage_mode, file, Options(reason, dry_run=dry_run, yes=yes)))


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise typer.BadParameter(f"--set {text}: write NAME=VALUE")
    return name, value
