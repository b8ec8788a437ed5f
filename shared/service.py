"""Describes a service and runs it: `python -m services.<name> api|worker|all|migrate`, one process, one port, until SIGTERM."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, FastAPI
from pydantic import ValidationError

from shared.consume import Consumer
from shared.edge import API_CONTENT_SECURITY_POLICY
from shared.garbage import collect_seldom
from shared.health import Check
from shared.http import MAX_BODY_BYTES
from shared.jobs import JobHandler
from shared.jwks import KeySource
from shared.logs import setup_logs
from shared.migrate import MigrationRefused, migrate
from shared.runtime import Runtime, remote_keys
from shared.sealed import Loader
from shared.settings import Settings
from shared.supervise import Loop
from shared.timers import Timer
from shared.tokens import Person

Role = Literal["api", "worker", "all"]
At = Runtime[Any]

ROLES = ("api", "worker", "all")
KEEP_ALIVE_S = 75  # longer than clients of ours keep a connection idle, so that it is they who close it


def _no_consumers(_: At) -> Sequence[Consumer]:
    return ()


def _no_jobs(_: At) -> Mapping[str, JobHandler]:
    return {}


def _no_timers(_: At) -> Sequence[Timer]:
    return ()


def _no_loops(_: At) -> Mapping[str, Loop]:
    return {}


def _no_checks(_: At) -> Sequence[Check]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Service:
    """folder: services/<name>, with `migrations` and `locale`.

    loops: further work of a worker by name, beside the kit's own.
    checks: what else /readyz shows, in every role.
    setup: what the service needs besides, made before anything runs; becomes `runtime.own`.
    startup: done once the database is there and complete, tried again until it succeeds; the service is ready only then.
    key_loader, key_source: only identity has its own; the others ask it.
    is_live: whether the session of an access token is open still; only identity knows, the others believe a token until it ends.
    """

    name: str
    folder: Path
    settings: type[Settings]
    routers: Sequence[APIRouter] = ()
    consumers: Callable[[At], Sequence[Consumer]] = _no_consumers
    jobs: Callable[[At], Mapping[str, JobHandler]] = _no_jobs
    timers: Callable[[At], Sequence[Timer]] = _no_timers
    loops: Callable[[At], Mapping[str, Loop]] = _no_loops
    checks: Callable[[At], Sequence[Check]] = _no_checks
    setup: Callable[[At], Any] | None = None
    startup: Callable[[At], Awaitable[None]] | None = None
    extend: Callable[[FastAPI, At], None] | None = None
    key_loader: Callable[[At], Loader] = remote_keys
    key_source: Callable[[At], KeySource] | None = None
    is_live: Callable[[At], Callable[[Person], Awaitable[bool]]] | None = None
    policy: str = API_CONTENT_SECURITY_POLICY
    max_body_bytes: int = MAX_BODY_BYTES
    larger_bodies: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def migrations(self) -> Path:
        return self.folder / "migrations"


def run(service: Service, argv: Sequence[str]) -> int:
    """The exit code. argv: without the program's name."""
    if len(argv) != 1 or argv[0] not in (*ROLES, "migrate"):
        sys.stderr.write(f"usage: python -m services.{service.name} api|worker|all|migrate\n")
        return 2
    try:
        settings = service.settings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    except ValidationError as error:
        sys.stderr.write(f"settings of {service.name}:\n{_faults(error)}\n")
        return 2
    if argv[0] == "migrate":
        return _migrate(service, settings)
    return _serve(service, settings, argv[0])


def _migrate(service: Service, settings: Settings) -> int:
    try:
        applied = asyncio.run(migrate(settings.postgres, [service.migrations]))
    except MigrationRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{name}\n" for name in applied) or "nothing to apply\n")
    return 0


def _serve(service: Service, settings: Settings, role: Role) -> int:
    import uvicorn

    from shared.ending import Server
    from shared.one_write import OneWriteProtocol
    from shared.process import build
    from shared.telemetry import setup_telemetry

    setup_logs(service.name, log_format=settings.log_format, level=settings.log_level)
    telemetry = setup_telemetry(settings)
    # Told to stop before uvicorn listens to signals, there is nothing to drain yet. Afterwards uvicorn sends itself the signal
    # again once it has stopped; the process then ends as one that was told to.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    app = build(service, settings, role)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=OneWriteProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, int(settings.drain_s)),
    )
    collect_seldom()
    try:
        Server(config, app.state.runtime.stopping).run()
    finally:
        telemetry.shutdown()
    return 0


def _faults(error: ValidationError) -> str:
    return "\n".join(
        f"  {'.'.join(map(str, item['loc'])) or 'all'}: {item['msg']}" for item in error.errors(include_input=False)
    )


def _leave(*_: Any) -> None:
    """Stands in for the default handlers, after which the exit code would say that the process was killed."""
    raise SystemExit(0)
