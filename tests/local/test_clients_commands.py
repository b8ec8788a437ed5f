"""`./immo clients`: what operators see and send. The service's side is tested in tests/identity/test_oidc_registration.py."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.local.cli import app
from deploy.local.commands import clients as commands

ROW = {
    "client_id": "finder-1",
    "tool_id": "finder",
    "token_endpoint_auth_method": "private_key_jwt",
    "scope": "openid charges",
    "disabled_at": "2026-05-04T12:00:00Z",
    "redirect_uris": ["https://a.example/", "https://b.example/"],
}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Any]]:
    """What was asked of identity, which answers as it would."""
    made: list[tuple[str, str, Any]] = []
    answers: dict[str, Any] = {
        "clients": [ROW],
        "clients/finder-1": ROW,
        "clients/finder-1/secret": {"client_id": "finder-1", "client_secret": "new-secret"},
        "initial-access-tokens": {
            "token": "the-token",
            "expires_at": "2026-05-05T12:00:00Z",
            "registration_endpoint": "https://platform.example/oauth2/register",
        },
    }

    def call(stack: object, method: str, service: str, path: str, body: Any = None) -> Any:
        made.append((method, path, body))
        if (method, path) == ("POST", "clients"):
            return {"client_id": "finder-2", "client_secret": "first-secret"}
        return answers.get(path)

    monkeypatch.setattr(commands, "call", call)
    monkeypatch.setattr(commands, "find_stack", lambda data: None)
    return made


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["clients", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("calls")
def test_clients_are_listed_and_shown() -> None:
    assert "off since 2026-05-04" in run("list")
    assert json.loads(run("list", "--json")) == [ROW]
    assert "https://a.example/ https://b.example/" in run("show", "finder-1")


def test_a_client_is_registered_from_a_file(calls: list[tuple[str, str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "finder.json"
    file.write_text('{"client_name": "Finder"}')
    said = run("register", "finder", str(file))
    assert ("finder-2" in said, "first-secret" in said) == (True, True)
    assert calls == [("POST", "clients", {"client_name": "Finder", "tool_id": "finder"})]


def test_secrets_are_renewed_and_clients_switched(calls: list[tuple[str, str, Any]]) -> None:
    assert "new-secret" in run("rotate-secret", "finder-1", "--keep-hours", "2")
    run("disable", "finder-1")
    run("enable", "finder-1")
    assert calls == [
        ("POST", "clients/finder-1/secret", {"keep_old_s": 7200}),
        ("POST", "clients/finder-1/disable", None),
        ("POST", "clients/finder-1/enable", None),
    ]


def test_a_token_for_registering_is_handed_out(calls: list[tuple[str, str, Any]]) -> None:
    said = run("initial-token", "finder", "--scope", "charges", "--uses", "2", "--hours", "3")
    assert "Bearer the-token" in said
    assert calls[0][2] == {"tool_id": "finder", "scopes": ["charges"], "uses": 2, "ttl_s": 10_800}
