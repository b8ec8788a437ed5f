"""`./immo wallet import-statements`: each file in turn, refused ones do not stop the others, and all is told at the end."""

import json
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from typer.testing import CliRunner

from deploy.local.cli import app
from deploy.local.commands import wallet_statements as commands
from deploy.local.errors import Refused
from deploy.local.operator import Place

NEW = {"known": False, "statements": 1, "new": 3, "again": 1}
GAP = {"number": "2026-7", "until": "2026-11-20", "opening_cents": 100_000}


class Wallet:
    """In the place of the service: credits three transfers at a time, of seven."""

    def __init__(self) -> None:
        self.left = 7

    def call(
        self, place: Any, method: str, service: str, path: str, *, content: BinaryIO | None = None, **_: Any
    ) -> Any:
        assert service == "wallet"
        if method == "POST":
            done = min(self.left, 3)
            self.left -= done
            return {"credited": done, "credited_cents": done * 5_000, "waiting": 0, "left": self.left}
        assert content is not None
        data = content.read()
        if data == b"bad":
            raise Refused("wallet: The bank statement is refused at line 3: the amount is no number")
        return (
            {"known": True, "statements": 1, "new": 0, "again": 0, "gaps": []}
            if data == b"old"
            else {**NEW, "gaps": [GAP]}
        )


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(commands, "call", Wallet().call)
    monkeypatch.setattr(commands, "place_of", lambda data, service: Place("", b""))
    for name in ("new", "old", "bad"):
        (tmp_path / f"{name}.cod").write_bytes(name.encode())
    return tmp_path


def run(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["wallet", "import-statements", *map(str, arguments)])


def test_all_files_are_told_and_a_refused_one_is_the_exit_code(files: Path) -> None:
    answer = run(files / "new.cod", files / "bad.cod", files / "old.cod", files / "gone.cod")
    assert answer.exit_code == 1
    assert "new.cod: 1 statements, 3 new movements, 1 seen before" in answer.stdout
    assert "before statement 2026-7 of 2026-11-20 (opening balance 1000.00) one is missing" in answer.stdout
    assert "bad.cod: REFUSED. The bank statement is refused at line 3: the amount is no number" in answer.stdout
    assert "old.cod: imported before" in answer.stdout
    assert "gone.cod: REFUSED." in answer.stdout
    assert "7 transfers credited (350.00 EUR), 0 wait for a person" in answer.stdout


def test_without_a_refusal_all_is_well(files: Path) -> None:
    answer = run("--json", files / "new.cod")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["credited"] == 7
