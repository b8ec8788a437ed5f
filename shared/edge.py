"""The one middleware: what happens to every request, whatever route answers it.

Correlation and trace, language, limit of the body, security headers, time measured, and an answer when something breaks.
It is plain ASGI, because each layer of middleware costs every request.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.correlation import correlated
from shared.database_errors import problem_of
from shared.i18n import DEFAULT_LANGUAGE, negotiate, translator
from shared.ids import new_id
from shared.problems import Renderer
from shared.telemetry import current_trace_id

REQUEST_S = Histogram(
    "immo_request_seconds",
    "Time to answer, by route",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_LOG = structlog.get_logger(__name__)
_PROPAGATOR = TraceContextTextMapPropagator()
_CORRELATION = re.compile(rb"[A-Za-z0-9_-]{8,64}")
_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))
_UNMEASURED = ("/livez", "/readyz", "/metrics")

API_CONTENT_SECURITY_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

Headers = Sequence[tuple[bytes, bytes]]


class BodyTooLarge(HTTPException):
    """The body is longer than this service reads. An HTTPException, because FastAPI takes others for a body that it cannot parse."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"connection": "close"})


class Edge:
    """max_body_bytes: larger bodies get 413, but for the paths in `larger_bodies`, which have limits of their own.

    `*` in one of these stands for one part of a path.

    Headers that a route sets itself win over those set here.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        folder: Path,
        renderer: Renderer,
        policy: str,
        secure: bool,
        max_body_bytes: int,
        larger_bodies: Mapping[str, int],
    ) -> None:
        self._app = app
        self._folder = folder
        self._renderer = renderer
        self._max_body_bytes = max_body_bytes
        self._larger_bodies = [
            (re.compile(re.escape(path).replace(r"\*", "[^/]+")), limit_bytes)
            for path, limit_bytes in larger_bodies.items()
        ]
        self._headers = _security_headers(policy, secure=secure)
        self._tracer = trace.get_tracer("immo")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in _UNMEASURED:
            await self._answer(scope, receive, send, {}, _Answer(send, self._headers, None))
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        given: dict[bytes, bytes] = dict(scope["headers"])
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        correlation_id = _correlation_of(given.get(b"x-correlation-id"))
        answer = _Answer(send, self._headers, correlation_id)
        with (
            correlated(correlation_id),
            self._tracer.start_as_current_span(
                method, _parent_of(given), SpanKind.SERVER, record_exception=False
            ) as span,
        ):
            try:
                await self._answer(scope, receive, send, given, answer)
            finally:
                route = _route_of(scope)
                _finish(span, method, route, answer.status)
                REQUEST_S.labels(method, route, answer.status).observe(time.perf_counter() - started)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, given: dict[bytes, bytes], answer: "_Answer"
    ) -> None:
        state: dict[str, Any] = scope.setdefault("state", {})
        accepted = given.get(b"accept-language")
        state["language"] = negotiate(accepted.decode("latin-1")) if accepted else DEFAULT_LANGUAGE
        try:
            limit_bytes = self._limit_of(scope["path"])
            if _length_of(given) > limit_bytes:
                raise BodyTooLarge()
            unknown_length = b"transfer-encoding" in given
            await self._app(scope, _limited(receive, limit_bytes) if unknown_length else receive, answer.send)
        except Exception as error:
            if answer.status:
                _LOG.error("answer broken off", exc_info=error)
                raise
            await self._refuse(error, scope, receive, answer)

    def _limit_of(self, path: str) -> int:
        found = (limit_bytes for pattern, limit_bytes in self._larger_bodies if pattern.fullmatch(path))
        return next(found, self._max_body_bytes)

    async def _refuse(self, error: Exception, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        words = translator(self._folder, scope["state"]["language"])
        trace_id = current_trace_id()
        problem = problem_of(error)
        if isinstance(error, BodyTooLarge):
            response = self._renderer.refusal(error.status_code, error.headers, words, trace_id)
        elif problem is not None:
            _LOG.warning("refused by the database", exc_info=error, problem=problem.code)
            response = self._renderer.problem(problem, words, trace_id)
        else:
            _LOG.error("request failed", exc_info=error, method=scope["method"], route=_route_of(scope))
            response = self._renderer.internal(words, trace_id)
        await response(scope, receive, answer.send)


class _Answer:
    """Sees the answer pass: notes its status (0 before it starts) and adds the headers that it lacks."""

    __slots__ = ("_correlation_id", "_extra", "_send", "status")

    def __init__(self, send: Send, extra: "_Extra", correlation_id: str | None) -> None:
        self._send = send
        self._extra = extra
        self._correlation_id = correlation_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
            present = dict(headers)
            is_page = present.get(b"content-type", b"").startswith(b"text/html")
            headers.extend(
                header for header in (self._extra.page if is_page else self._extra.data) if header[0] not in present
            )
            if self._correlation_id:
                headers.append((b"x-correlation-id", self._correlation_id.encode()))
            message["headers"] = headers
        await self._send(message)


@dataclass(frozen=True)
class _Extra:
    """data: for everything; page: for what a browser shows. Few, since the server checks each header of each answer."""

    data: Headers
    page: Headers


def _security_headers(policy: str, *, secure: bool) -> _Extra:
    data = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    if secure:
        data["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    page = {
        **data,
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
    return _Extra(_encoded(data), _encoded(page))


def _encoded(headers: Mapping[str, str]) -> Headers:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _correlation_of(given: bytes | None) -> str:
    return given.decode() if given and _CORRELATION.fullmatch(given) else str(new_id())


def _parent_of(given: dict[bytes, bytes]) -> Context | None:
    traceparent = given.get(b"traceparent")
    return _PROPAGATOR.extract({"traceparent": traceparent.decode("latin-1")}) if traceparent else None


def _length_of(given: dict[bytes, bytes]) -> int:
    length = given.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _limited(receive: Receive, max_bytes: int) -> Receive:
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > max_bytes:
            raise BodyTooLarge()
        return message

    return counted


def _route_of(scope: Scope) -> str:
    """The route's pattern, never the path: it may hold an id, and each id would be a metric of its own."""
    effective = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(effective, "path", None) or "unknown"


def _finish(span: Span, method: str, route: str, status: int) -> None:
    if span.is_recording():
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == 0:
            span.set_status(StatusCode.ERROR)
