"""Whether a service runs, and whether it can do its work; with reasons that an operator understands."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.db import Database
from shared.errors import NotFound
from shared.redact import describe
from shared.tokens import public

PROBE_TIMEOUT_S = 2.0

Probe = Callable[[], Awaitable[str | None]]
"""None: all is well; else the reason why not."""


@dataclass(frozen=True)
class Check:
    """required: without it the service is not ready; otherwise it is shown, and that is all."""

    name: str
    probe: Probe
    required: bool = True


class Health:
    def __init__(self, service: str, role: str, checks: Sequence[Check]) -> None:
        self._service = service
        self._role = role
        self._checks = list(checks)

    def add(self, check: Check) -> None:
        self._checks.append(check)

    async def report(self) -> dict[str, Any]:
        """`{"ready", "service", "role", "checks": [{"name", "ok", "required", "reason"}]}`; takes two seconds at most."""
        asked = list(self._checks)  # others are added while a service starts
        reasons = await asyncio.gather(*(_reason(check) for check in asked))
        checks = [
            {"name": check.name, "ok": reason is None, "required": check.required, "reason": reason}
            for check, reason in zip(asked, reasons, strict=True)
        ]
        ready = all(check["ok"] or not check["required"] for check in checks)
        return {"ready": ready, "service": self._service, "role": self._role, "checks": checks}


def postgres_check(database: Database) -> Check:
    async def probe() -> str | None:
        if not database.is_open:
            return "not connected yet"
        async with database.acquire() as db:
            await db.fetchval("SELECT 1")
        return None

    return Check("postgres", probe)


def schema_check(database: Database, pending: Callable[[Any], Awaitable[list[str]]]) -> Check:
    """Ready once no migration is missing; that is asked only until it is so."""
    complete = False

    async def probe() -> str | None:
        nonlocal complete
        if complete:
            return None
        async with database.acquire() as db:
            missing = await pending(db)
        complete = not missing
        return f"migrations missing: {', '.join(missing)}" if missing else None

    return Check("schema", probe)


def router() -> APIRouter:
    """/livez, /readyz and /metrics: for whoever runs the service, so closed to requests that a proxy passed on from outside."""
    routes = APIRouter(include_in_schema=False, dependencies=[public("for operators, without personal data")])

    @routes.get("/livez")
    async def livez(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        _refuse_outsiders(request)
        return JSONResponse({"alive": True})

    @routes.get("/readyz")
    async def readyz(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        _refuse_outsiders(request)
        report = await request.app.state.health.report()
        return JSONResponse(report, 200 if report["ready"] else 503)

    @routes.get("/metrics")
    async def metrics(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        _refuse_outsiders(request)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _refuse_outsiders(request: Request) -> None:
    if "forwarded" in request.headers or "x-forwarded-for" in request.headers:
        raise NotFound()


async def _reason(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check.probe(), PROBE_TIMEOUT_S)
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # whatever a probe runs into is the reason that it is there to tell
        return describe(error)
