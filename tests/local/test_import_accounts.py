"""`./immo import-accounts`: batches, what is told, and that it can be ended and begun again at any moment."""

import csv
from pathlib import Path
from typing import Any

import pytest

from deploy.local.commands import import_accounts as command
from deploy.local.commands.import_accounts import BATCH_LINES, Options
from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused

OPTIONS = Options("cibweb", is_trusted=True, dry_run=False)
LINES = BATCH_LINES * 2 + 7


class Identity:
    """In the place of the service: remembers ids, and goes away when told."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.refuses_after: int | None = None

    def call(self, stack: Any, method: str, service: str, path: str, body: Any, **_: Any) -> Any:
        assert (method, service, path) == ("POST", "identity", "old-accounts/import")
        if self.refuses_after is not None and len(self.asked) >= self.refuses_after:
            raise Refused("identity does not answer")
        self.asked.append(body)
        return {"results": [self._one(line) for line in body["lines"]]}

    def _one(self, line: dict[str, Any]) -> dict[str, Any]:
        if line["password_hash"] == "oops":
            return {"outcome": "refused", "reason": "hash-unreadable", "notes": []}
        outcome = "unchanged" if line["id"] in self.known else "new"
        self.known.add(line["id"])
        return {"outcome": outcome, "reason": "", "notes": ["email-invalid"] if line["email"] == "?" else []}


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Identity:
    service = Identity()
    monkeypatch.setattr(command, "call", service.call)
    monkeypatch.setattr(command, "find_stack", lambda _: None)
    monkeypatch.setattr(command, "PAUSE_S", 0.0)
    return service


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.csv"
    rows = [f"{number},user{number},,x" for number in range(1, LINES + 1)]
    path.write_text("\n".join(["id,username,email,password_hash", *rows]))
    return path


def run(file: Path, report: Path | None = None, options: Options = OPTIONS) -> int:
    return command.import_accounts(DataFolder(file.parent), file, report, "", options)


def test_a_file_goes_in_batches_and_its_end_is_told(
    identity: Identity, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(file) == 0
    assert [len(body["lines"]) for body in identity.asked] == [BATCH_LINES, BATCH_LINES, 7]
    assert {(body["tool_id"], body["trusted"], body["dry_run"]) for body in identity.asked} == {("cibweb", True, False)}
    assert f"{LINES:>9,}  new" in capsys.readouterr().out


def test_ended_in_the_middle_it_does_the_rest_when_it_is_run_again(
    identity: Identity, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity.refuses_after = 1
    with pytest.raises(Refused, match="run the same again"):
        run(file)
    identity.refuses_after = None
    assert run(file) == 0
    out = capsys.readouterr().out
    assert f"{BATCH_LINES:>9,}  unchanged" in out
    assert f"{LINES - BATCH_LINES:>9,}  new" in out


def test_the_report_names_line_and_reason_and_is_the_operators_alone(
    identity: Identity, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("id,username,email,password_hash\n1,ann,,x\n=2,bob@secret,,oops\n1,ann,,x\n3,cas\n4,dirk,?,x\n")
    report = tmp_path / "report.csv"
    assert run(file, report) == 1
    assert list(csv.reader(report.open())) == [
        ["line", "id", "what", "why"],
        ["4", "1", "refused", "duplicate-id"],
        ["5", "", "refused", "columns"],
        ["3", "'=2", "refused", "hash-unreadable"],
        ["6", "4", "left out", "email-invalid"],
    ]
    assert report.stat().st_mode & 0o077 == 0
    told = capsys.readouterr()
    assert "bob" not in told.out + told.err
