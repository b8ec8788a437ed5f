"""The id that all share what one request caused: its events, their effects elsewhere, its jobs, its lines in the log."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_headers: ContextVar[Mapping[str, str] | None] = ContextVar("headers", default=None)
_PROPAGATOR = TraceContextTextMapPropagator()
_MAX_LENGTH = 200


def current_correlation_id() -> str | None:
    return _correlation_id.get()


def headers_in_hand() -> Mapping[str, str]:
    """Those of the event that is being handled (`ce_id`, `ce_time` ...), as they came; empty outside of handlers."""
    return _headers.get() or {}


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """Everything inside carries this id. An id from outside is cut to 200 characters."""
    token = _correlation_id.set(correlation_id[:_MAX_LENGTH] if correlation_id else None)
    try:
        yield
    finally:
        _correlation_id.reset(token)


@contextmanager
def detached() -> Iterator[None]:
    """For tasks that outlive a request: what they do belongs to no trace and no correlation."""
    token = context.attach(Context())
    try:
        with correlated(None):
            yield
    finally:
        context.detach(token)


def trace_headers(correlation_id: str | None = None) -> dict[str, str]:
    """What an event or a job takes along: `traceparent` of the present span and `correlation_id`, each if there is one."""
    headers: dict[str, str] = {}
    if trace.get_current_span().get_span_context().is_valid:
        _PROPAGATOR.inject(headers)
        headers.pop("tracestate", None)
    correlation = correlation_id or _correlation_id.get()
    if correlation:
        headers["correlation_id"] = correlation
    return headers


@contextmanager
def traced(name: str, headers: Mapping[str, str], *, kind: SpanKind = SpanKind.CONSUMER) -> Iterator[None]:
    """A span for work that was asked for elsewhere: a child of the span that `headers` name, with their correlation.

    Of an error it keeps the class only: the text may hold personal data, and traces leave the platform.
    """
    parent = _PROPAGATOR.extract(headers, context=Context())
    tracer = trace.get_tracer("immo")
    with (
        correlated(headers.get("correlation_id")),
        tracer.start_as_current_span(
            name, context=parent, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span,
    ):
        token = _headers.set(headers)
        try:
            yield
        except Exception as error:
            span.set_status(StatusCode.ERROR, type(error).__name__)
            raise
        finally:
            _headers.reset(token)
