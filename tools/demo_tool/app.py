"""Wiring of the demo tool."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.sessions import SessionMiddleware

from tools.demo_tool import extracts, reservations, sign_in, webhooks
from tools.demo_tool.events import Follower, RecentEvents
from tools.demo_tool.logout_tokens import SeenTokens
from tools.demo_tool.platform import Platform, PlatformUnreachable
from tools.demo_tool.sessions import LIFE, Sessions
from tools.demo_tool.settings import Settings
from tools.demo_tool.visitor import Tool, visitor_of
from tools.texts import environments

PACKAGE = Path(__file__).parent
# Cookies are shared by all ports of a machine: the name says whose this one is.
COOKIE = "cadastrefinder_session"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
BACKCHANNEL = "/oidc/backchannel-logout"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self' {platform}; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; frame-ancestors 'none'"
)


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(title="CadastreFinder", lifespan=_lifespan, docs_url=None, redoc_url=None)
    app.state.tool = Tool(
        settings, Platform(settings), Sessions(), SeenTokens(), RecentEvents(), RecentEvents(), environments(PACKAGE)
    )
    app.include_router(extracts.router)
    app.include_router(reservations.router)
    app.include_router(sign_in.router)
    app.include_router(webhooks.router)
    app.mount("/static", StaticFiles(directory=PACKAGE / "static"), name="static")
    for path in ("/livez", "/readyz"):
        app.add_api_route(path, _ready, include_in_schema=False)
    app.add_exception_handler(PlatformUnreachable, _platform_unreachable)
    app.middleware("http")(_protect)
    app.add_middleware(
        SessionMiddleware,
        secret_key=settings.session_secret,
        session_cookie=COOKIE,
        max_age=int(LIFE.total_seconds()),
        same_site="lax",
        https_only=settings.own_url.startswith("https://"),
    )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    tool: Tool = app.state.tool
    follower = Follower(tool.settings, tool.sessions, tool.events)
    following = [asyncio.create_task(follower.run())] if tool.settings.kafka else []
    try:
        yield
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await tool.platform.close()


async def _protect(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse what another site's page sends in a visitor's name; say to browsers what the pages may do: the platform's menu is a script."""
    if request.method not in SAFE_METHODS and request.url.path != BACKCHANNEL and _is_foreign(request):
        return JSONResponse({"error": "cross-site request"}, status_code=403)
    response = await answer(request)
    tool: Tool = request.app.state.tool
    response.headers["Content-Security-Policy"] = PAGE_POLICY.format(platform=tool.settings.issuer)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-cache" if request.url.path.startswith("/static") else "no-store")
    return response


def _is_foreign(request: Request) -> bool:
    """Whether another origin's page may have sent this. JSON it cannot send: browsers ask first, and are never told yes."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return False
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return site not in ("same-origin", "none") or (origin is not None and origin != own)


async def _ready() -> dict[str, object]:
    return {"ready": True, "service": "demo-tool"}


async def _platform_unreachable(request: Request, error: Exception) -> Response:
    if request.url.path.startswith(("/api/", "/oidc/")) and request.method == "POST":
        return JSONResponse({"code": "platform-unreachable"}, status_code=503, headers={"Retry-After": "5"})
    return visitor_of(request).page("unreachable.html", status=503)
