"""The national number is in no log, span, error or table, however a registry behaves and however it is asked."""

import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.recognition.connectors import http as http_connector
from services.recognition.rules import RegistryUnavailable
from services.recognition.timers import ChangesOf
from tests.recognition.catalogues import FILE, with_files
from tests.recognition.conftest import SceneOf
from tests.recognition.scenes import NUMBER, http_registry

PERSON = {"national_number": NUMBER}
ANOTHER = "85010100105"


def breaks(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError(f"broken off while sending {request.content!r}")


def slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout(f"{request.content!r}")


BEHAVIOURS: dict[str, Any] = {
    "error": lambda request: httpx.Response(500, text=f"cannot find {NUMBER}"),
    "rate-limited": lambda request: httpx.Response(429, text=NUMBER, headers={"retry-after": "9"}),
    "redirected": lambda request: httpx.Response(302, headers={"location": f"/person/{NUMBER}"}),
    "maintenance": lambda request: httpx.Response(200, text=f"<h1>{NUMBER} must wait</h1>"),
    "truncated": lambda request: httpx.Response(200, content=json.dumps({"person": PERSON})[:-4].encode()),
    "wrong-type": lambda request: httpx.Response(200, json={"person": NUMBER, "recognitions": NUMBER}),
    "wrong-person": lambda request: httpx.Response(
        200, json={"person": {"national_number": ANOTHER}, "recognitions": []}
    ),
    "no-date": lambda request: httpx.Response(
        200, json={"person": PERSON, "recognitions": [{"kind": "ipi", "valid_until": NUMBER}]}
    ),
    "too-large": lambda request: httpx.Response(200, content=NUMBER.encode() * 30_000),
    "breaks": breaks,
    "slow": slow,
    "answers": lambda request: httpx.Response(200, json={"person": PERSON, "recognitions": []}),
}
FILES: dict[str, bytes] = {
    "whole": f"INSZ;DOSSIER;VAN;TOT\n{NUMBER};1;;\n".encode(),
    "maintenance": f"<h1>{NUMBER}</h1>".encode(),
    "bad-lines": f"INSZ;DOSSIER;VAN;TOT\n{NUMBER};1;{NUMBER};\n{NUMBER}\n{NUMBER[:-1]}9;1;;\n{NUMBER};\x01{NUMBER};;\n".encode(),
    "quotes": f'INSZ;DOSSIER;VAN;TOT\n"{NUMBER};1;;\n{NUMBER};1;;\n'.encode(),
    "encoding": b"INSZ;DOSSIER;VAN;TOT\n" + NUMBER.encode() + b";\xff" + NUMBER.encode() + b";;\n",
}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Everything that is traced while the test runs."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", lambda *_, **__: provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_registry_over_http_gives_no_number_away(
    behaviour: str, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    assert http_connector.trace is trace
    registry = http_registry(BEHAVIOURS[behaviour])
    said = ""
    try:
        await registry.look_up(NUMBER)
    except RegistryUnavailable as error:
        said = "".join(traceback.format_exception(error)) + repr(error) + str(error.params)
    finished = spans.get_finished_spans()
    assert len(finished) == 1
    said += "".join(span.to_json() for span in finished) + caplog.text + "".join(capfd.readouterr())
    assert NUMBER not in said


@pytest.mark.parametrize("content", FILES)
async def test_a_file_gives_no_number_away(
    scene_of: SceneOf,
    tmp_path: Path,
    content: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    folder = tmp_path / "in"
    folder.mkdir()
    scene = await scene_of(with_files(FILE), registries={"fund": {"folder": str(folder), "settle_s": 0}})
    await scene.link()
    (folder / "file.csv").write_bytes(FILES[content])
    await ChangesOf(scene.desk, "fund")()
    await scene.work()
    tables = await scene.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    stored = [str(row) for table in tables for row in await scene.fetch(f"SELECT * FROM {table['relname']}")]
    operator = scene.mint.peer("operator", "recognition")
    told = (await scene.app.http.get("/internal/registries", headers=operator)).text
    assert "file.csv" in told
    assert NUMBER not in "".join(stored) + told + caplog.text + "".join(capfd.readouterr())
