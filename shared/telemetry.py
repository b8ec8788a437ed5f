"""OpenTelemetry spans of a process: where they go, and how many. Made once, by `service.run`."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import format_span_id, format_trace_id

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

    from shared.settings import Settings

FLUSH_MS = 200


class Telemetry:
    """Holds the provider so that the last spans are written at the end."""

    def __init__(self, provider: "TracerProvider | None") -> None:
        self._provider = provider

    def shutdown(self) -> None:
        if self._provider is not None:
            self._provider.shutdown()


def setup_telemetry(settings: "Settings") -> Telemetry:
    """Send spans to the OTLP endpoint and the trace file that are set. With neither, spans only carry their ids along."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased

    exporters = _exporters(settings)
    sampler = ParentBased(TraceIdRatioBased(settings.trace_sample)) if exporters else ALWAYS_OFF
    resource = Resource({"service.name": f"immo-{settings.service}", "service.instance.id": settings.instance})
    provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=FLUSH_MS))
    trace.set_tracer_provider(provider)
    return Telemetry(provider)


def current_trace_id() -> str | None:
    """The present trace in 32 hexadecimal digits."""
    span = trace.get_current_span().get_span_context()
    return format_trace_id(span.trace_id) if span.is_valid else None


def _exporters(settings: "Settings") -> list[Any]:
    exporters: list[Any] = []
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporters.append(OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"))
    if settings.trace_file:
        exporters.append(FileExporter(Path(settings.trace_file), settings.service))
    return exporters


class FileExporter:
    """One JSON object a line. Several processes may append to the same file."""

    def __init__(self, path: Path, service: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._service = service

    def export(self, spans: "Sequence[ReadableSpan]") -> Any:
        from opentelemetry.sdk.trace.export import SpanExportResult

        os.write(self._file, b"".join(self._line(span) for span in spans))
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        os.close(self._file)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True

    def _line(self, span: "ReadableSpan") -> bytes:
        context = span.get_span_context()
        document = {
            "service": self._service,
            "trace_id": format_trace_id(context.trace_id) if context else None,
            "span_id": format_span_id(context.span_id) if context else None,
            "parent_id": format_span_id(span.parent.span_id) if span.parent else None,
            "name": span.name,
            "kind": span.kind.name.lower(),
            "start_ns": span.start_time,
            "end_ns": span.end_time,
            "status": span.status.status_code.name.lower(),
            "attributes": dict(span.attributes or {}),
        }
        return json.dumps(document, default=str).encode() + b"\n"
