"""The gateway with one more page, the empty one that its selection screen is measured against: same server, same pool."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

import uvicorn
from fastapi import APIRouter
from starlette.responses import HTMLResponse

from services.gateway.app import SERVICE
from services.gateway.settings import GatewaySettings
from shared.garbage import collect_seldom
from shared.process import build
from shared.runtime import Runtime, runtime
from shared.tokens import public

router = APIRouter()
At = Annotated[Runtime[GatewaySettings], runtime()]


@router.get("/bench/empty/{registration_id}", dependencies=[public("the baseline of a bench")])
async def empty(registration_id: UUID, at: At) -> HTMLResponse:
    async with at.database.acquire() as db:
        row = await db.fetchrow(
            "SELECT tool_id, usage_mode FROM registration WHERE registration_id = $1", registration_id
        )
    return HTMLResponse(f"<!doctype html><title>{row['tool_id']}</title>" if row else "")


if __name__ == "__main__":
    settings = GatewaySettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    app = build(replace(SERVICE, routers=[router, *SERVICE.routers]), settings, "api")
    collect_seldom()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
