"""`./immo eid-trust`: the command line of `commands/eid_trust.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

eid_trust = typer.Typer(no_args_is_help=True, help="Whose identity cards are believed.")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
Certificates = Annotated[list[str], typer.Argument(help="Files (PEM or DER), folders, or addresses.")]
Folder = Annotated[
    Path | None, typer.Option("--folder", help="Instead of IMMO_IDENTITY_EID_TRUST, or _EID_FOREIGN_TRUST.")
]
Foreign = Annotated[bool, typer.Option("--foreign", help="Authorities of other countries, which are kept apart.")]
RootPins = Annotated[
    list[str] | None,
    typer.Option("--root-sha256", help="The hash of another country's root, that you got by a way of your own."),
]


@eid_trust.command("list")
def eid_trust_list(folder: Folder = None, foreign: Foreign = False, as_json: AsJson = False) -> None:
    """What is trusted, until when, and what to look after. Exit code 1 when something is wrong with it."""
    from deploy.local.commands.eid_trust import show as run

    sys.exit(run(folder, foreign=foreign, as_json=as_json))


@eid_trust.command("check")
def eid_trust_check(
    certificates: Annotated[list[str] | None, typer.Argument(help="As for `add`; none for what is trusted.")] = None,
    folder: Folder = None,
    foreign: Foreign = False,
    root_sha256: RootPins = None,
    as_json: AsJson = False,
) -> None:
    """What certificates are and whom they chain to, and whether `add` would take them. Exit code 1 when it would not."""
    from deploy.local.commands.eid_trust import check as run

    sys.exit(run(certificates or (), folder, foreign=foreign, root_pins=root_sha256 or (), as_json=as_json))


@eid_trust.command("add")
def eid_trust_add(
    certificates: Certificates,
    folder: Folder = None,
    foreign: Foreign = False,
    root_sha256: RootPins = None,
    as_json: AsJson = False,
) -> None:
    """Take over those that chain to what is trusted, and pin them. A running service follows within a minute."""
    from deploy.local.commands.eid_trust import add as run

    sys.exit(run(certificates, folder, foreign=foreign, root_pins=root_sha256 or (), as_json=as_json))
