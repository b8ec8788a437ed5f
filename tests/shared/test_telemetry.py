import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind

from shared.correlation import correlated, current_correlation_id, trace_headers, traced
from shared.telemetry import FileExporter, current_trace_id


@pytest.fixture
def tracer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(FileExporter(tmp_path / "spans.jsonl", "example")))
    monkeypatch.setattr("opentelemetry.trace.get_tracer", lambda *_: provider.get_tracer("immo"))
    yield provider.get_tracer("immo")
    provider.shutdown()


def spans(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "spans.jsonl").read_text().splitlines()]


def test_each_span_is_a_line_of_the_trace_file(tracer: Any, tmp_path: Path) -> None:
    with tracer.start_as_current_span("outer", attributes={"http.route": "/x"}), tracer.start_as_current_span("inner"):
        pass
    inner, outer = spans(tmp_path)
    assert (inner["name"], inner["parent_id"], inner["trace_id"]) == ("inner", outer["span_id"], outer["trace_id"])
    assert (outer["service"], outer["parent_id"], outer["attributes"]) == ("example", None, {"http.route": "/x"})
    assert outer["end_ns"] >= inner["end_ns"]


def test_work_elsewhere_continues_the_trace_that_asked_for_it(tracer: Any, tmp_path: Path) -> None:
    with tracer.start_as_current_span("request"), correlated("request-1"):
        headers = trace_headers()
    assert headers["correlation_id"] == "request-1"
    with traced("job mail", headers, kind=SpanKind.CONSUMER):
        assert current_correlation_id() == "request-1"
        inside = current_trace_id()
    request, job = spans(tmp_path)
    assert job["parent_id"] == request["span_id"]
    assert inside == request["trace_id"]
    assert current_correlation_id() is None


def test_without_a_span_there_is_no_trace_id() -> None:
    assert current_trace_id() is None
