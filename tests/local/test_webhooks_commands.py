"""`./immo webhooks`: what operators see and send. The service's side is tested in tests/notify."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.local.cli import app
from deploy.local.commands import webhooks as commands
from deploy.local.errors import Refused

HOOK: dict[str, Any] = {
    "id": "hook-1", "tool_id": "finder", "url": "https://tool.example/hook", "state": "on", "off_reason": None, "waiting": 4,
    "delivered_at": "2026-05-04T12:00:33Z",
}  # fmt: skip
OFF: dict[str, Any] = {**HOOK, "id": "hook-2", "state": "off", "off_reason": "gone", "waiting": 0, "delivered_at": None}
TAKEN: dict[str, Any] = {
    "id": 1, "created_at": "2026-05-04T12:00:33Z", "state": "delivered", "attempts": 3, "status": 204, "duration_ms": 9, "error": "",
    "answer": "fine,\n  thank you", "event": {"type": "immoconnect.organisation.AccessGranted.v1"},
    "calls": [
        {"at": "2026-05-04T12:00:34Z", "status": None, "duration_ms": 15003, "error": "no answer within 15 s"},
        {"at": "2026-05-04T12:01:02Z", "status": 500, "duration_ms": 12, "error": ""},
        {"at": "2026-05-04T12:01:40Z", "status": 204, "duration_ms": 9, "error": ""},
    ],
}  # fmt: skip
WAITING: dict[str, Any] = {
    **TAKEN, "id": 2, "state": "waiting", "attempts": 0, "status": None, "duration_ms": None, "answer": "", "event": None, "calls": [],
}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "GET webhooks": [HOOK, OFF],
    "GET webhooks?tool_id=finder": [HOOK],
    "GET webhooks?tool_id=romi": [],
    "POST webhooks": {"webhook": HOOK, "secret": "whsec_first"},
    "POST webhooks/hook-1/secret": {"secret": "whsec_second", "old_secret_until": "2026-05-05T12:00:00Z"},
    "POST webhooks/hook-1/test": TAKEN,
    "POST webhooks/hook-2/test": {**WAITING, "error": "no connection: ConnectError"},
    "GET webhooks/hook-1/deliveries": {"deliveries": [WAITING, TAKEN], "next": None},
    "GET webhooks/hook-1/deliveries?state=failed": {"deliveries": [], "next": None},
    "POST webhooks/hook-1/disable": None,
    "POST webhooks/hook-1/enable": {"count": 7},
    "POST webhooks/hook-1/replay": {"count": 12},
    "DELETE webhooks/hook-1": None,
}

Made = list[tuple[str, Any]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """What was asked of notify, which answers as it would."""
    asked: Made = []

    def call(place: object, method: str, service: str, path: str, body: Any = None, **_: Any) -> Any:
        assert service == "notify"
        asked.append((f"{method} {path}", body))
        if f"{method} {path}" not in ANSWERS:
            raise Refused("notify: There is no such webhook.")
        return ANSWERS[f"{method} {path}"]

    monkeypatch.setattr(commands, "call", call)
    monkeypatch.setattr(commands, "place_of", lambda data, service: None)
    monkeypatch.setenv("COLUMNS", "200")
    return asked


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["webhooks", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("made")
def test_webhooks_are_listed_with_their_state_and_what_waits() -> None:
    said = run("list")
    assert "off (gone)" in said
    assert "2026-05-04 12:00" in said
    assert "never" in said
    assert "hook-2" not in run("list", "finder")
    assert "./immo webhooks add" in run("list", "romi")
    assert json.loads(run("list", "--json")) == [HOOK, OFF]


def test_an_id_is_whole_in_a_narrow_window(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    whole = "01a20396-29b9-7604-8c1e-0852b682a270"
    monkeypatch.setitem(ANSWERS, "GET webhooks", [{**HOOK, "id": whole}])
    assert whole in run("list")
    assert made


def test_one_that_is_added_shows_its_secret_and_says_that_it_is_the_only_time(made: Made) -> None:
    said = run("add", "finder", "finder-1", HOOK["url"], "--type", "a.v1", "--type", "b.v1", "--language", "nl")
    assert "whsec_first" in said
    assert "not shown again" in said
    body = {"tool_id": "finder", "client_id": "finder-1", "url": HOOK["url"], "description": "", "language": "nl"}
    assert made == [("POST webhooks", {**body, "types": ["a.v1", "b.v1"]})]


@pytest.mark.usefixtures("made")
def test_a_new_secret_says_until_when_the_old_one_signs() -> None:
    said = run("rotate-secret", "hook-1")
    assert "whsec_second" in said
    assert "2026-05-05 12:00" in said


@pytest.mark.usefixtures("made")
def test_a_test_shows_the_answer_on_one_line() -> None:
    assert run("test", "hook-1") == "HTTP 204 in 9 ms fine, thank you\n"
    assert run("test", "hook-2") == "no connection: ConnectError\n"


@pytest.mark.usefixtures("made")
def test_the_log_shows_each_call_of_a_delivery_that_needed_several() -> None:
    head, waiting, taken, *calls = [line.split() for line in run("log", "hook-1").splitlines()]
    assert head[:2] == ["at", "event"]
    assert waiting[2:5] == ["no", "longer", "kept"]
    assert waiting[-3:] == ["not", "called", "yet"]
    assert taken[2:5] == ["AccessGranted", "delivered", "3"]
    assert [" ".join(call) for call in calls] == [
        "2026-05-04 12:00:34 no answer within 15 s in 15003 ms",
        "2026-05-04 12:01:02 HTTP 500 in 12 ms",
        "2026-05-04 12:01:40 HTTP 204 in 9 ms",
    ]
    assert run("log", "hook-1", "--state", "failed") == "nothing was sent yet\n"
    assert json.loads(run("log", "hook-1", "--json")) == [WAITING, TAKEN]


def test_one_is_switched_off_and_on_under_a_reason(made: Made) -> None:
    assert "switched off" in run("disable", "hook-1", "--reason", "floods us")
    assert "7 events" in run("enable", "hook-1", "--reason", "mended")
    assert "7 events" in run("enable", "hook-1", "--no-replay")
    assert [body for _, body in made] == [
        {"reason": "floods us"},
        {"reason": "mended", "replay": True},
        {"reason": "", "replay": False},
    ]
    assert CliRunner().invoke(app, ["webhooks", "disable", "hook-1"]).exit_code == 2


@pytest.mark.parametrize("since", ["2026-05-01", "2026-05-01T08:30:00"])
def test_a_replay_says_its_moment_with_a_time_zone(made: Made, since: str) -> None:
    assert "12 events" in run("replay", "hook-1", since, "--reason", "lost")
    [(path, body)] = made
    assert (path, body["reason"]) == ("POST webhooks/hook-1/replay", "lost")
    moment = datetime.fromisoformat(body["since"])
    assert moment.utcoffset() is not None
    assert moment.date().isoformat() == "2026-05-01"


def test_one_is_removed_by_its_id_and_nothing_else(made: Made) -> None:
    assert "gone" in run("remove", "hook-1")
    assert CliRunner().invoke(app, ["webhooks", "remove", "../erasures"]).exit_code != 0
    assert [path for path, _ in made] == ["DELETE webhooks/hook-1", "DELETE webhooks/..%2Ferasures"]


def test_without_a_stack_nothing_is_listed(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["webhooks", "list", "--data", str(tmp_path / "none")])
    assert done.exit_code != 0
    assert "Traceback" not in done.output
