"""What is caused by one request is found again by its trace and its correlation id, and traces hold no personal data."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.correlation import correlated, current_correlation_id, detached, trace_headers, traced


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    (span,) = spans.get_finished_spans()
    return span


def test_work_is_a_child_of_the_span_that_asked_for_it(spans: InMemorySpanExporter) -> None:
    with traced("request", {}), correlated("request-1"):
        headers = trace_headers()
    with traced("work", headers):
        assert current_correlation_id() == "request-1"
    request, work = spans.get_finished_spans()
    assert work.parent is not None
    assert request.context is not None
    assert work.parent.span_id == request.context.span_id


def test_a_span_tells_the_class_of_an_error_and_not_its_text(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="example"), traced("work", {}):
        raise ValueError("anna@example.org")
    span = only(spans)
    assert (span.status.is_ok, span.status.description) == (False, "ValueError")
    assert "example.org" not in span.to_json()


def test_headers_that_are_nonsense_start_a_trace_of_their_own(spans: InMemorySpanExporter) -> None:
    with traced("work", {"traceparent": "nonsense", "correlation_id": "x" * 10_000}):
        assert current_correlation_id() == "x" * 200
    assert only(spans).parent is None


def test_what_outlives_a_request_belongs_to_none(spans: InMemorySpanExporter) -> None:
    with traced("request", {}), correlated("request-1"), detached():
        assert trace_headers() == {}
