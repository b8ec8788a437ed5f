"""The gateway, and below /bare the same pages without the platform's middleware: same process, same routes, same templates."""

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.app import SERVICE
from services.gateway.settings import GatewaySettings
from shared.garbage import collect_seldom
from shared.process import build

BARE = "/bare"


class _OnlyLanguage:
    """What the pages cannot do without."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["language"] = "fr"
        await self._app(scope, receive, send)


class _Both:
    def __init__(self, app: FastAPI) -> None:
        self._app = app
        platform, app.user_middleware = app.user_middleware, [Middleware(_OnlyLanguage)]
        self._bare = app.build_middleware_stack()
        app.user_middleware = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{BARE}/"):
            scope["path"] = scope["path"].removeprefix(BARE)
            scope["app"] = self._app
            await self._bare(scope, receive, send)
        else:
            await self._app(scope, receive, send)


if __name__ == "__main__":
    settings = GatewaySettings()  # pyright: ignore[reportCallIssue] - the environment gives the values
    both = _Both(build(SERVICE, settings, "api"))
    collect_seldom()
    uvicorn.run(
        both,
        host="127.0.0.1",
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
