"""`python -m services.organisation register import PATH... | status`: the operator's, beside the service, on its database.

Exit codes: 0 done, or nothing to do; 1 refused, and then the extract in question changed nothing; 2 used wrongly.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.organisation.register import store
from services.organisation.register.files import ExtractFiles, ExtractRefused
from services.organisation.register.importing import Options, Outcome, import_extract
from services.organisation.register.rules import ExtractMismatch
from shared.bar import Bar
from shared.db import Database

DSN = "IMMO_POSTGRES_ORGANISATION"
SOURCE = "IMMO_ORGANISATION_REGISTER_SOURCE"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.organisation register", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    importing = commands.add_parser("import", help="take over full and update extracts, in the order of their numbers")
    importing.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a ZIP file as it was published, or a folder"
    )
    importing.add_argument("--dry-run", action="store_true", help="read and compare, change nothing")
    importing.add_argument(
        "--anyway", action="store_true", help="also what is older or much smaller than what is there"
    )
    status = commands.add_parser("status", help="what is there, and who answers")
    for one in (importing, status):
        one.add_argument("--json", action="store_true", help="one JSON document on standard output")
    try:
        wanted = parser.parse_args(argv)
    except SystemExit as left:
        return int(left.code or 0)
    dsn = os.environ.get(DSN)
    if not dsn:
        sys.stderr.write(f"{DSN} says where the database is, and is not set\n")
        return 2
    with suppress(KeyboardInterrupt):
        return asyncio.run(_import(dsn, wanted) if wanted.command == "import" else _status(dsn, as_json=wanted.json))
    sys.stderr.write("\nstopped; what was not done is not there, and the same may be run again\n")
    return 1


async def _import(dsn: str, wanted: argparse.Namespace) -> int:
    options = Options(dry_run=wanted.dry_run, anyway=wanted.anyway)
    try:
        async with Database(dsn, application_name="register").holding() as db:
            if not await store.lock(db):
                sys.stderr.write("another import is at work\n")
                return 1
            for path in _in_order(wanted.paths):
                began = time.monotonic()
                with Bar(sys.stderr) as bar:
                    outcome = await import_extract(db, path, options, bar.show)
                _tell(outcome, time.monotonic() - began, options, as_json=wanted.json)
    except (ExtractRefused, ExtractMismatch) as refused:
        sys.stderr.write(f"refused: {refused}\n")
        return 1
    return 0


def _in_order(paths: Sequence[Path]) -> list[Path]:
    """A full file comes before the updates that follow it. Raises ExtractRefused."""

    def place(path: Path) -> tuple[int, bool]:
        files = ExtractFiles(path)
        files.close()
        return files.extract.number, files.extract.kind == "update"

    return sorted(paths, key=place)


def _tell(outcome: Outcome, took_s: float, options: Options, *, as_json: bool) -> None:
    lines = sum(outcome.lines.values())
    if as_json:
        told: dict[str, Any] = {**asdict(outcome), "took_s": round(took_s, 1), "dry_run": options.dry_run}
        sys.stdout.write(json.dumps(told, default=str) + "\n")
        return
    name = f"extract {outcome.extract.number} ({outcome.extract.kind}, of {outcome.extract.snapshot:%d-%m-%Y})"
    if not outcome.is_new:
        sys.stdout.write(f"{name} is there already\n")
        return
    rate = f"{lines:,} lines that count in {took_s:.1f} s, {lines / took_s:,.0f}/s"
    change = f"{outcome.enterprises_before:,} -> {outcome.enterprises:,} enterprises"
    sys.stdout.write(f"{name}{' would be' if options.dry_run else ' is'} there: {change} ({rate})\n")


async def _status(dsn: str, *, as_json: bool) -> int:
    async with Database(dsn, application_name="register").holding() as db:
        state = await store.find_state(db)
    source = os.environ.get(SOURCE, "url")
    if as_json:
        told = {"answers": source, "there": asdict(state) if state else None}
        sys.stdout.write(json.dumps(told, default=str) + "\n")
        return 0
    sys.stdout.write(f"{'the copy' if source == 'local' else 'not the copy'} answers ({SOURCE}={source})\n")
    if state is None:
        sys.stdout.write("no extract has been imported\n")
        return 0
    extract = state.extract
    sys.stdout.write(
        f"extract {extract.number} ({extract.kind}), the register of {extract.snapshot:%d-%m-%Y}:"
        f" {state.enterprises:,} enterprises, imported {state.imported_at:%d-%m-%Y %H:%M} UTC\n"
    )
    return 0
