"""Makes the FastAPI application that every service is."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from shared.edge import API_CONTENT_SECURITY_POLICY, Edge
from shared.errors import Problem
from shared.i18n import Translator, translator
from shared.problems import CONTENT_TYPE, Renderer, violations_of
from shared.settings import Settings
from shared.telemetry import current_trace_id

MAX_BODY_BYTES = 1_048_576

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; what programs look at"},
        "detail": {"type": "string", "description": "a sentence in the language of Accept-Language"},
        "errors": {"type": "array", "items": {"type": "object", "required": ["field", "code", "detail"]}},
        "params": {"type": "object"},
        "trace_id": {"type": ["string", "null"]},
    },
}


def create_app(
    settings: Settings,
    folder: Path,
    routers: Sequence[APIRouter],
    *,
    lifespan: Lifespan | None = None,
    policy: str = API_CONTENT_SECURITY_POLICY,
    max_body_bytes: int = MAX_BODY_BYTES,
    larger_bodies: Mapping[str, int] | None = None,
    described: bool = True,
) -> FastAPI:
    """An application whose errors are problem documents, whoever raises them.

    folder: where the service's catalogues lie. policy: the Content-Security-Policy of answers that set none themselves.
    larger_bodies: limits in bytes of the paths that have limits of their own. described: whether /openapi.json exists.
    """
    renderer = Renderer(settings.public_origin)
    limits: dict[str, Any] = {"max_body_bytes": max_body_bytes, "larger_bodies": larger_bodies or {}}
    answers: dict[str, Any] = {"renderer": renderer, "policy": policy, "secure": settings.cookies_secure}
    edge = Middleware(Edge, folder=folder, **answers, **limits)
    app = FastAPI(
        title=f"Immo-Connect {settings.service}",
        version="1",
        openapi_url="/openapi.json" if described else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[edge],
        exception_handlers=cast(Any, _handlers(folder, renderer)),
        responses={"default": {"description": "A problem", "content": {CONTENT_TYPE: {"schema": _PROBLEM_SCHEMA}}}},
        # The framework's own spans record the query string, where personal data can be; `Edge` makes ours.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    for router in routers:
        app.include_router(router)
    return app


def language_of(request: Request) -> str:
    """The language that the request asks for."""
    return request.state.language


Language = Annotated[str, Depends(language_of)]
"""Of an endpoint that answers in words."""


def words_of(request: Request, folder: Path) -> Translator:
    return translator(folder, request.state.language)


def _handlers(folder: Path, renderer: Renderer) -> Mapping[type[Exception], Any]:
    async def on_problem(request: Request, problem: Problem) -> Response:
        return renderer.problem(problem, words_of(request, folder), current_trace_id())

    async def on_validation(request: Request, error: RequestValidationError) -> Response:
        return renderer.problem(violations_of(error.errors()), words_of(request, folder), current_trace_id())

    async def on_refusal(request: Request, error: HTTPException) -> Response:
        return renderer.refusal(error.status_code, error.headers, words_of(request, folder), current_trace_id())

    return {Problem: on_problem, RequestValidationError: on_validation, HTTPException: on_refusal}
