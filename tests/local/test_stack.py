"""The whole stack, as ./immo brings it up and takes it down: in a folder with spaces, on ports of its own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deploy.local.addresses import SERVICES
from deploy.local.data_folder import DataFolder
from deploy.local.kafka import free_port
from deploy.local.ports import Ports

IMMO = Path(__file__).parents[2] / "immo"
pytestmark = pytest.mark.slow

Immo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return DataFolder(tmp_path_factory.mktemp("a stack") / "its data")


@pytest.fixture(scope="module")
def immo(data: DataFolder) -> Immo:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "IMMO_DATA": str(data.path)}
        return subprocess.run([str(IMMO), *arguments], env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def port() -> int:
    return Ports(free_port()).free_base() or 0


@pytest.fixture(scope="module", autouse=True)
def started(immo: Immo, port: int) -> "Iterator[subprocess.CompletedProcess[str]]":
    yield immo("up", "--detach", "--port", str(port))
    assert immo("down").stdout == "stopped\n"


def status(immo: Immo) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(immo("status", "--json").stdout)
    return found


def until(true: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def family(supervisor: int) -> list[psutil.Process]:
    return psutil.Process(supervisor).children(recursive=True)


def test_up_says_where_the_page_is_and_nothing_else(started: "subprocess.CompletedProcess[str]", port: int) -> None:
    assert started.stdout == f"ready http://127.0.0.1:{port}\n", started.stderr
    assert httpx.get(f"http://127.0.0.1:{port}/", follow_redirects=True).status_code == 200


def test_status_tells_of_every_part(immo: Immo, port: int) -> None:
    found = status(immo)
    assert found["running"]
    assert [service["name"] for service in found["services"]] == list(SERVICES)
    assert all(service["ready"] and service["checks"] for service in found["services"])
    assert found["url"] == f"http://127.0.0.1:{port}"
    assert (
        set(found["postgres"])
        == set(found["lag"])
        == set(found["outbox"])
        == set(found["dead_letters"])
        == set(SERVICES)
    )
    assert found["kafka"]["address"].endswith(str(port + 13))
    assert httpx.get(found["mail"]).status_code == 200


def test_demo_data_is_there(immo: Immo, port: int) -> None:
    tools = httpx.get(f"http://127.0.0.1:{port}/api/tools", params={"lang": "nl"}).json()
    assert "cadastrefinder" in str(tools)
    assert len(tools) == 8


def test_a_second_start_says_that_the_first_one_runs(immo: Immo, port: int) -> None:
    second = immo("up", "--detach")
    assert (second.returncode, second.stdout) == (1, "")
    assert "already running on" in second.stderr
    assert f"http://127.0.0.1:{port}" in second.stderr


def test_a_start_on_taken_ports_names_them_and_offers_others(immo: Immo, port: int, tmp_path: Path) -> None:
    other = immo("up", "--detach", "--data", str(tmp_path / "other"), "--port", str(port))
    assert other.returncode == 1
    assert f"port {port} (gateway) is held by" in other.stderr
    assert "./immo up --port" in other.stderr


def test_a_part_that_is_killed_comes_back(immo: Immo) -> None:
    (before,) = [service["pid"] for service in status(immo)["services"] if service["name"] == "notify"]
    os.kill(before, signal.SIGKILL)
    until(lambda: status(immo).get("ready", False) and "notify ended with code -9" in str(status(immo)["notices"]))
    (after,) = [service["pid"] for service in status(immo)["services"] if service["name"] == "notify"]
    assert after != before


def test_a_part_can_be_stopped_and_started_while_the_rest_runs(immo: Immo, port: int) -> None:
    assert immo("stop", "wallet").returncode == 0
    assert {service["name"] for service in status(immo)["services"] if not service["ready"]} == {"wallet"}
    assert httpx.get(f"http://127.0.0.1:{port}/", follow_redirects=True).status_code == 200
    assert immo("start", "wallet").stdout == "wallet is ready\n"
    assert status(immo)["ready"]


def test_after_a_kill_of_the_supervisor_nothing_stays_and_the_next_start_has_lost_nothing(
    immo: Immo, port: int
) -> None:
    (supervisor,) = [status(immo)["supervisor"]]
    children = family(supervisor)
    assert len(children) > len(SERVICES)
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))
    assert status(immo)["running"] is False
    again = immo("up", "--detach")
    assert again.stdout == f"ready http://127.0.0.1:{port}\n", again.stderr
    assert "cadastrefinder" in httpx.get(f"http://127.0.0.1:{port}/api/tools").text


def test_logs_show_a_part_and_name_the_parts_when_there_is_none_such(immo: Immo) -> None:
    assert "database system is ready" in immo("logs", "postgres").stdout
    unknown = immo("logs", "walet")
    assert unknown.returncode == 1
    assert "wallet" in unknown.stderr


def test_there_are_no_dead_letters_after_a_start(immo: Immo) -> None:
    assert immo("dead-letters", "list").stdout == "no dead letters\n"
    assert "There is no dead letter with this number" in immo("dead-letters", "show", "wallet", "7").stderr
