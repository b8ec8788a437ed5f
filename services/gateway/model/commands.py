"""`python -m services.gateway model rebuild`: the operator's, beside the service, with its settings.

Exit codes: 0 done; 1 refused or stopped, and then the model is as it was; 2 used wrongly.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

from aiokafka.errors import KafkaError
from pydantic import ValidationError

from services.gateway.model.consumers import READ_MODEL
from services.gateway.model.rebuild import Options, Progress, Rebuild, RebuildRefused
from services.gateway.settings import GatewaySettings
from shared.bar import Bar
from shared.db import DATABASE_AWAY
from shared.process import runtime_of
from shared.service import Service


def main(service: Service, argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.gateway model", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    rebuild = commands.add_parser("rebuild", help="make the read model anew from the log, while it serves")
    rebuild.add_argument("--anyway", action="store_true", help="also when Kafka has forgotten the beginning of a topic")
    rebuild.add_argument("--json", action="store_true", help="one JSON document on standard output")
    try:
        wanted = parser.parse_args(argv)
        settings = GatewaySettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    except SystemExit as left:
        return int(left.code or 0)
    except ValidationError as error:
        names = ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
        sys.stderr.write(f"settings of gateway are missing or wrong: {names}\n")
        return 2
    with suppress(KeyboardInterrupt):
        return asyncio.run(_rebuild(service, settings, wanted))
    sys.stderr.write("\nstopped; the model is as it was, and the next run begins anew\n")
    return 1


async def _rebuild(service: Service, settings: GatewaySettings, wanted: argparse.Namespace) -> int:
    at = runtime_of(service, settings, "worker")
    try:
        with Bar(sys.stderr) as bar:
            rebuild = Rebuild(at, READ_MODEL, service.migrations, lambda progress: _show(bar, progress))
            done = await rebuild.run(Options(cut_is_fine=wanted.anyway))
    except (RebuildRefused, KafkaError, *DATABASE_AWAY) as refused:
        sys.stderr.write(f"refused: {refused or type(refused).__name__}\n")
        return 1
    finally:
        await at.close()
    if wanted.json:
        sys.stdout.write(json.dumps({**asdict(done), "events_per_s": round(done.per_s)}) + "\n")
    else:
        sys.stdout.write(f"the read model is new: {done.events:,} events in {done.took_s:.1f} s, {done.per_s:,.0f}/s\n")
    return 0


def _show(bar: Bar, progress: Progress) -> None:
    bar.show(f"{progress.events:,} events, {progress.per_s:,.0f}/s", progress.part)
