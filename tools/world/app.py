"""Wiring of the outside world: one process, one HTTP port, one SMTP port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from tools.texts import environments
from tools.world import card_desk, company_register, mail, overview, registry, registry_files, revocation
from tools.world.bank import api as bank
from tools.world.payments import api as payments
from tools.world.payments import checkout, control, desk, resources
from tools.world.payments.payment import NotPossible
from tools.world.payments.webhooks import Postman
from tools.world.pki import make_pki, read_pki
from tools.world.settings import Settings
from tools.world.store import Store
from tools.world.world import World

PACKAGE = Path(__file__).parent
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(title="The world outside Immo-Connect (simulated)", lifespan=_lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    for router in (
        overview.router,
        mail.router,
        registry.router,
        registry_files.router,
        company_register.router,
        card_desk.router,
    ):
        app.include_router(router)
    app.include_router(revocation.router)
    app.include_router(checkout.router)
    app.include_router(payments.router)
    app.include_router(control.router)
    app.include_router(bank.router)
    app.mount("/static", StaticFiles(directory=PACKAGE / "static"), name="static")
    app.add_api_route("/livez", _alive)
    app.add_api_route("/readyz", _ready)
    app.add_exception_handler(desk.NoSuchPayment, _no_such_payment)
    app.add_exception_handler(NotPossible, _not_possible)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.middleware("http")(_protect)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    store = Store(settings.data / "world.sqlite3")
    pki = read_pki(make_pki(settings.data / "pki"))
    app.state.world = World(settings, store, pki, environments(PACKAGE))
    app.state.postman = Postman(store)
    smtp = await asyncio.get_running_loop().create_server(
        mail.Catcher(store).protocol, settings.host, settings.smtp_port
    )
    tasks = [
        asyncio.create_task(app.state.postman.run()),
        asyncio.create_task(desk.let_time_pass(app.state.world, app.state.postman)),
    ]
    app.state.running = tasks
    try:
        yield
    finally:
        smtp.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        store.close()


async def _protect(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


async def _alive() -> dict[str, bool]:
    return {"alive": True}


async def _ready(request: Request) -> JSONResponse:
    ready = not any(task.done() for task in request.app.state.running)
    return JSONResponse({"ready": ready, "service": "world"}, status_code=200 if ready else 503)


async def _no_such_payment(request: Request, error: Exception) -> Response:
    return JSONResponse(resources.problem(404, "Not Found", "No payment exists with token"), status_code=404)


async def _not_possible(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotPossible)
    return JSONResponse(resources.refusal(error), status_code=422)


async def _invalid(request: Request, error: Exception) -> Response:
    """Word invalid requests as the simulated API does; FastAPI's own words do elsewhere."""
    assert isinstance(error, RequestValidationError)
    if not request.url.path.startswith("/payments/v1/"):
        return await request_validation_exception_handler(request, error)
    first = error.errors()[0]
    field = next((str(name) for name in first["loc"][1:]), None)
    return JSONResponse(resources.problem(422, "Unprocessable Entity", first["msg"], field), status_code=422)
