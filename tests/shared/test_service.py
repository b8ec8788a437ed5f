import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.health import Check, Health
from shared.runtime import Runtime
from shared.supervise import Supervisor
from tests.shared.example import SERVICE
from tests.support import apps
from tests.support.mint import DataKeys, Mint
from tests.support.servers import Broker

ROOT = Path(__file__).parents[2]


async def test_the_service_is_ready_once_its_database_is_complete(
    postgres_dsn: str, no_broker: Broker, mint: Mint, data_keys: DataKeys
) -> None:
    from shared.migrate import migrate, scratch_database

    async with scratch_database(postgres_dsn) as dsn:
        settings = apps.settings_for(SERVICE.settings, dsn, no_broker, mint)
        async with apps.running(SERVICE, settings, mint, data_keys, wait=False) as app:
            missing = await _reasons(app, until="does not exist")
            assert "start" in missing
            request = await app.http.get("/api/notes/none")
            assert (request.status_code, request.json()["code"]) == (503, "database-unavailable")
            await migrate(dsn, [])
            await asyncio.wait_for(app.fastapi.state.started.wait(), 10)
            answer = await app.http.get("/readyz")
            assert (answer.status_code, answer.json()["ready"], answer.json()["role"]) == (200, True, "api")


async def test_what_must_be_done_at_the_start_is_tried_until_it_succeeds(
    dsn_of: Any, no_broker: Broker, mint: Mint, data_keys: DataKeys
) -> None:
    tries: list[int] = []

    async def startup(_: Runtime[Any]) -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise RuntimeError("not yet, says anna@example.org")

    service = replace(SERVICE, startup=startup)
    settings = apps.settings_for(SERVICE.settings, await dsn_of("kit"), no_broker, mint)
    async with apps.running(service, settings, mint, data_keys, wait=False) as app:
        assert (await _reasons(app, until="not yet"))["start"] == "RuntimeError: not yet, says [hidden]"
        await asyncio.wait_for(app.fastapi.state.started.wait(), 10)
    assert tries == [0, 1, 2]


async def test_a_worker_answers_nothing_but_how_it_is(
    dsn_of: Any, no_broker: Broker, mint: Mint, data_keys: DataKeys
) -> None:
    settings = apps.settings_for(SERVICE.settings, await dsn_of("kit"), no_broker, mint)
    async with apps.running(SERVICE, settings, mint, data_keys, role="worker") as app:
        assert (await app.http.get("/api/language")).status_code == 404
        names = {check["name"] for check in (await app.http.get("/readyz")).json()["checks"]}
        assert {"start", "postgres", "relay", "jobs", "timers"} <= names
        assert "immo_outbox_rows" in (await app.http.get("/metrics")).text


async def test_who_comes_through_a_proxy_does_not_see_how_the_service_is(
    dsn_of: Any, no_broker: Broker, mint: Mint, data_keys: DataKeys
) -> None:
    settings = apps.settings_for(SERVICE.settings, await dsn_of("kit"), no_broker, mint)
    async with apps.running(SERVICE, settings, mint, data_keys) as app:
        for path in ("/livez", "/readyz", "/metrics"):
            assert (await app.http.get(path)).status_code == 200
            assert (await app.http.get(path, headers={"x-forwarded-for": "192.0.2.1"})).status_code == 404


async def test_a_loop_that_fails_is_shown_and_started_again() -> None:
    supervisor, runs = Supervisor(), asyncio.Queue[int]()

    async def loop(stop: asyncio.Event) -> None:
        runs.put_nowait(1)
        if runs.qsize() < 3:
            raise RuntimeError("broken for bert@example.org")
        await stop.wait()

    check = supervisor.spawn("example", loop)
    while runs.qsize() < 2:
        await asyncio.sleep(0.01)
    assert await check.probe() == "RuntimeError: broken for [hidden]"
    while runs.qsize() < 3:
        await asyncio.sleep(0.01)
    assert await supervisor.finish(within_s=5) == []


async def test_a_loop_that_does_not_stop_in_time_is_cancelled() -> None:
    supervisor = Supervisor()

    async def stubborn(_: asyncio.Event) -> None:
        await asyncio.Event().wait()

    supervisor.spawn("stubborn", stubborn)
    await asyncio.sleep(0)
    assert await supervisor.finish(within_s=0.05) == ["stubborn"]


async def test_a_probe_that_hangs_or_breaks_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.health.PROBE_TIMEOUT_S", 0.05)

    async def hang() -> str | None:
        await asyncio.Event().wait()
        return None

    async def fail() -> str | None:
        raise OSError("no route")

    async def well() -> str | None:
        return None

    health = Health("example", "api", [Check("a", hang), Check("b", fail, required=False), Check("c", well)])
    report = await health.report()
    assert not report["ready"]
    assert [check["reason"] for check in report["checks"]] == ["no answer in time", "OSError: no route", None]


@pytest.fixture
def environment(mint: Mint, tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """The environment of the example service as a program of its own."""

    def make(dsn: str) -> dict[str, str]:
        import json

        values = mint.service_settings("notify")
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "IMMO_ENVIRONMENT": "test",
            "IMMO_PUBLIC_ORIGIN": mint.origin,
            "IMMO_KAFKA": "127.0.0.1:9",
            "IMMO_POSTGRES_NOTIFY": dsn,
            "IMMO_SERVICE_KEY": values["service_key"],
            "IMMO_SERVICE_PUBLIC_KEYS": json.dumps(values["service_public_keys"]),
            "IMMO_PORT": str(_free_port()),
            "IMMO_TRACE_FILE": str(tmp_path / "traces" / "spans.jsonl"),
        }

    return make


PROGRAM = "import sys; from shared.service import run; from tests.shared.example import SERVICE; sys.exit(run(SERVICE, sys.argv[1:]))"


async def test_a_process_migrates_serves_and_drains_on_sigterm(
    postgres_dsn: str, environment: Callable[[str], dict[str, str]], tmp_path: Path
) -> None:
    from shared.migrate import scratch_database

    async with scratch_database(postgres_dsn) as dsn:
        values = environment(dsn)
        code, output = await _program(values, "migrate")
        assert code == 0
        assert "kit/0001_kit" in output
        async with _serving(values, "api") as (process, http):
            await http.post("/api/notes", json={"name": "first"}, headers={"x-correlation-id": "correlated"})
            slow = asyncio.create_task(http.get("/api/slow"))
            await asyncio.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            assert (await slow).json() == "done"
            assert await asyncio.wait_for(process.wait(), 10) == 0
        spans = (tmp_path / "traces" / "spans.jsonl").read_text()
        assert "POST /api/notes" in spans


async def test_a_wrong_command_or_setting_is_told_and_refused(environment: Callable[[str], dict[str, str]]) -> None:
    values = environment("postgresql:///none")
    assert (await _program(values, "dance"))[0] == 2
    code, output = await _program({**values, "IMMO_SERVICE_KEY": "nonsense", "IMMO_PORT": "http"}, "api")
    assert code == 2
    assert "service_key" in output
    assert "port" in output
    assert "nonsense" not in output


async def test_a_token_of_identity_is_verified_with_the_keys_that_it_publishes(
    dsn_of: Any, no_broker: Broker, mint: Mint, data_keys: DataKeys
) -> None:
    from shared.process import build

    published = {"keys": [mint.key.as_dict(private=False)]}
    identity = httpx.MockTransport(lambda _: httpx.Response(200, json=published))
    settings = apps.settings_for(SERVICE.settings, await dsn_of("kit"), no_broker, mint)
    app = build(SERVICE, settings, "api")
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=mint.origin) as http:
        away = await http.get("/api/me", headers=mint.person(uuid4()))
        assert (away.status_code, away.json()["code"]) == (503, "identity-unavailable")
        app.state.runtime.clients["identity"] = apps.client_to(settings, "identity", identity)
        assert (await http.get("/api/me", headers=mint.person(uuid4()))).status_code == 200


async def _reasons(app: apps.App, *, until: str) -> dict[str, str]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        report = (await app.http.get("/readyz")).json()
        reasons = {check["name"]: check["reason"] for check in report["checks"] if not check["ok"]}
        if any(until in reason for reason in reasons.values()):
            return reasons
        await asyncio.sleep(0.02)
    raise AssertionError(f"never {until}")


async def _program(values: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, *arguments),
        env=values,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


@asynccontextmanager
async def _serving(
    values: dict[str, str], role: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, role, env=values)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{values['IMMO_PORT']}", trust_env=False) as http:
        try:
            await _until_ready(http)
            yield process, http
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _until_ready(http: httpx.AsyncClient) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if (await http.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError("not ready within 30 s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
