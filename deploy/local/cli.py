"""The command line. Each command imports what it needs when it runs, so that ./immo answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.local.clients_cli import clients
from deploy.local.data_folder import DEFAULT, DataFolder
from deploy.local.eid_keys_cli import eid_keys
from deploy.local.eid_trust_cli import eid_trust
from deploy.local.errors import Refused
from deploy.local.keys_cli import keys
from deploy.local.model_cli import model
from deploy.local.ports import HOST
from deploy.local.recognitions_cli import recognitions
from deploy.local.register_cli import register
from deploy.local.tools_cli import tools
from deploy.local.wallet_cli import wallet
from deploy.local.webhooks_cli import webhooks

app = typer.Typer(
    name="./immo",
    help="Immo-Connect: the whole platform on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
dead_letters = typer.Typer(no_args_is_help=True, help="Events and jobs that could not be handled.")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(eid_trust, name="eid-trust")
app.add_typer(clients, name="clients")
app.add_typer(eid_keys, name="eid-keys")
app.add_typer(keys, name="keys")
app.add_typer(model, name="model")
app.add_typer(recognitions, name="recognitions")
app.add_typer(register, name="register")
app.add_typer(tools, name="tools")
app.add_typer(wallet, name="wallet")
app.add_typer(webhooks, name="webhooks")
staff = typer.Typer(no_args_is_help=True, help="Who works in support.")
app.add_typer(staff, name="staff")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="IMMO_DATA", help="The data folder of the stack that is meant.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
PASS_ON: dict[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def up(
    data: Data = DEFAULT,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when all is ready; leave it running.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1024, max=65_000, help="The page's port; others lie above it.")
    ] = None,
    demo_data: Annotated[bool, typer.Option("--demo-data/--no-demo-data", help="Tools and their catalogue.")] = True,
    kafka: Annotated[str | None, typer.Option(help="`kafka` or `memory`; else whichever can be had.")] = None,
    localhost: Annotated[
        bool, typer.Option("--localhost", help="Pages at http://localhost: browsers refuse passkeys at a bare number.")
    ] = False,
) -> None:
    """Start everything: databases, Kafka, six services, the demo tool and the world around them."""
    from deploy.local.commands.lifecycle import up as run

    host = "localhost" if localhost else HOST
    run(DataFolder(data), detach=detach, port=port, demo_data=demo_data, kafka=kafka, host=host)


@app.command(hidden=True)
def supervise(
    port: Annotated[int, typer.Option()],
    data: Data = DEFAULT,
    demo_data: Annotated[bool, typer.Option("--demo-data/--no-demo-data")] = True,
    kafka: Annotated[str | None, typer.Option()] = None,
    host: Annotated[str, typer.Option()] = HOST,
) -> None:
    """What `up --detach` leaves running."""
    from deploy.local.supervisor import Options
    from deploy.local.supervisor import supervise as run

    sys.exit(run(DataFolder(data), Options(port, demo_data=demo_data, kafka=kafka, host=host)))


@app.command()
def status(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """What runs, whether it is ready, and why not. Exit code 0 when all is ready."""
    from deploy.local.commands.show import status as run

    sys.exit(run(DataFolder(data), as_json=as_json))


@app.command()
def down(data: Data = DEFAULT) -> None:
    """Drain and stop what runs on the data folder."""
    from deploy.local.commands.lifecycle import down as run

    run(DataFolder(data))


@app.command()
def reset(
    data: Data = DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop what runs and remove the data folder with everything in it."""
    from deploy.local.commands.lifecycle import reset as run

    run(DataFolder(data), yes=yes)


@app.command()
def stop(part: Annotated[str, typer.Argument(help="A service, kafka or postgres.")], data: Data = DEFAULT) -> None:
    """Stop one part and leave the rest running, to see what the others do without it."""
    from deploy.local.commands.lifecycle import hold as run

    run(DataFolder(data), part)


@app.command()
def start(part: Annotated[str, typer.Argument(help="A part that was stopped.")], data: Data = DEFAULT) -> None:
    """Start a stopped part again."""
    from deploy.local.commands.lifecycle import release as run

    run(DataFolder(data), part)


@app.command()
def logs(
    part: Annotated[str, typer.Argument(help="A service, world, demo-tool, kafka, postgres or supervisor.")],
    data: Data = DEFAULT,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0)] = 100,
) -> None:
    """The log of one part."""
    from deploy.local.commands.show import logs as run

    run(DataFolder(data), part, follow=follow, lines=lines)


@app.command()
def demo(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """Play the main story through the public interface, on the running stack or on one of its own."""
    from deploy.local.commands.programs import demo as run

    sys.exit(run(DataFolder(data), as_json=as_json))


@app.command()
def screenshots(
    folder: Annotated[Path, typer.Argument(help="Where the pictures and their index.html go.")],
    language: Annotated[
        list[str], typer.Option(help="The first is also shown by night; repeat it for more.", show_default=True)
    ] = ["fr", "nl", "en", "de"],  # noqa: B006 - typer reads it
    data: Data = DEFAULT,
) -> None:
    """Pictures of every screen, phone and desktop, in four languages, on the running stack or on one of its own."""
    from deploy.local.commands.screenshots import screenshots as run

    sys.exit(run(DataFolder(data), folder, languages=language))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="events, identity, selection, organisation, charge or start.")],
    data: Data = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Measure one thing against a baseline in the same run."""
    from deploy.local.commands.programs import bench as run

    sys.exit(run(DataFolder(data), name, as_json=as_json))


@app.command("import-accounts")
def import_accounts(
    file: Annotated[Path, typer.Argument(help="CSV, JSON lines or a JSON array; docs/operate.md has the columns.")],
    tool: Annotated[str, typer.Option(help="The older tool, for lines that name none.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, write nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write what was refused or left out to this CSV file.")] = None,
    trusted: Annotated[
        bool, typer.Option("--trusted/--ask-managers", help="Whether memberships hold, or a manager confirms each.")
    ] = True,
    encoding: Annotated[str, typer.Option(help="Of a file that is neither UTF-8 nor UTF-16, such as cp1252.")] = "",
    data: Data = DEFAULT,
) -> None:
    """Bring over the accounts of an older tool, with their password hashes. Safe to run again."""
    from deploy.local.commands.import_accounts import Options
    from deploy.local.commands.import_accounts import import_accounts as run

    sys.exit(run(DataFolder(data), file, report, encoding, Options(tool, is_trusted=trusted, dry_run=dry_run)))


@app.command(context_settings=PASS_ON)
def test(context: typer.Context) -> None:
    """All tests, or those that the pytest arguments name, on a real PostgreSQL and Kafka."""
    from deploy.local.commands.test import test as run

    sys.exit(run(context.args))


@app.command()
def check() -> None:
    """Everything that must hold besides the tests: lint, types, architecture, migrations, contracts."""
    from deploy.local.commands.check import check as run

    sys.exit(run())


@app.command()
def erasures(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """Who asked to be erased, how far that is, and which service is late."""
    from deploy.local.commands.erasures import list_erasures as run

    run(DataFolder(data), as_json=as_json)


@dead_letters.command("list")
def dead_letters_list(
    data: Data = DEFAULT,
    service: Annotated[str | None, typer.Option(help="One service only.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that were replayed or dropped.")] = False,
    as_json: AsJson = False,
) -> None:
    """What waits for a decision, service by service."""
    from deploy.local.commands.dead_letters import list_letters as run

    run(DataFolder(data), service, every=every, as_json=as_json)


Service = Annotated[str, typer.Argument(help="The service that holds it.")]
Number = Annotated[int, typer.Argument(min=1, help="Its number in that service.")]


@dead_letters.command("show")
def dead_letters_show(service: Service, number: Number, data: Data = DEFAULT) -> None:
    """One dead letter, whole."""
    from deploy.local.commands.dead_letters import show as run

    run(DataFolder(data), service, number)


@dead_letters.command("replay")
def dead_letters_replay(service: Service, number: Number, data: Data = DEFAULT) -> None:
    """Have it handled again, then those that wait behind it."""
    from deploy.local.commands.dead_letters import act as run

    run(DataFolder(data), service, number, "replay")


@dead_letters.command("drop")
def dead_letters_drop(service: Service, number: Number, data: Data = DEFAULT) -> None:
    """Never handle it; those that wait behind it go on."""
    from deploy.local.commands.dead_letters import act as run

    run(DataFolder(data), service, number, "drop")


Username = Annotated[str, typer.Argument(help="Of their account.")]


@staff.command("list")
def staff_list(data: Data = DEFAULT, as_json: AsJson = False) -> None:
    """Who works in support."""
    from deploy.local.commands.staff import show as run

    run(DataFolder(data), as_json=as_json)


@staff.command("add")
def staff_add(username: Username, data: Data = DEFAULT) -> None:
    """Let somebody look into accounts, under a case with a reason."""
    from deploy.local.commands.staff import add as run

    run(DataFolder(data), username)


@staff.command("remove")
def staff_remove(username: Username, data: Data = DEFAULT) -> None:
    """What they may do ends at once."""
    from deploy.local.commands.staff import remove as run

    run(DataFolder(data), username)


def main() -> None:
    try:
        app(prog_name="./immo")
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
