"""Log lines as JSON: with the trace, without personal data, whoever writes them."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from opentelemetry import trace
from opentelemetry.trace import format_trace_id
from structlog.typing import EventDict, Processor

from shared.correlation import current_correlation_id
from shared.redact import clean_text, describe, redacted

_NOISY = {
    "aiokafka": logging.ERROR,  # it repeats what the consumer and the relay say once
    "asyncpg": logging.ERROR,
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "uvicorn": logging.WARNING,
}
_KEPT = ("event", "level", "logger", "service", "timestamp", "trace_id", "correlation_id", "error", "stack")


def setup_logs(service: str, *, log_format: Literal["json", "console"], level: str) -> None:
    """Route structlog and the standard library's logging, uvicorn's too, to standard output. Called once, at the start."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _context_of(service),
        _without_values,
    ]
    renderers: list[Processor] = (
        [_stack_as_text, structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
        if log_format == "console"
        else [structlog.processors.JSONRenderer(default=str)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, quietest in _NOISY.items():
        logging.getLogger(name).setLevel(quietest)


def _context_of(service: str) -> Processor:
    def add(_: Any, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            event["trace_id"] = format_trace_id(span.trace_id)
        if correlation_id := current_correlation_id():
            event["correlation_id"] = correlation_id
        return event

    return add


def _without_values(_: Any, __: str, event: EventDict) -> MutableMapping[str, Any]:
    """Hide what is sensitive, and turn an exception into its class, place and a harmless description."""
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        event["error"] = describe(error)
        event["stack"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ][-20:]
    hidden = {key: value for key, value in event.items() if key.startswith("_")}  # structlog's own
    kept = {key: clean_text(value) if isinstance(value, str) else value for key, value in event.items() if key in _KEPT}
    others = {key: value for key, value in event.items() if key not in kept and key not in hidden}
    return {**kept, **redacted(others), **hidden}


def _stack_as_text(_: Any, __: str, event: EventDict) -> EventDict:
    if isinstance(stack := event.get("stack"), list):
        event["stack"] = "\n".join(map(str, stack))  # pyright: ignore[reportUnknownArgumentType]
    return event


def _error_of(info: Any) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    if isinstance(info, tuple):
        return next((item for item in info if isinstance(item, BaseException)), None)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return sys.exc_info()[1] if info else None
