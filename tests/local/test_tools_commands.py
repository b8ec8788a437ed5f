"""`./immo tools`: what operators see, what is sent, and what is asked before something is taken away."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from deploy.local.cli import app
from deploy.local.commands import tools as commands
from deploy.local.errors import Refused
from deploy.local.operator import Place, place_of
from services.organisation.tools.diff import changes
from services.organisation.tools.rules import Entry, checked
from tests.organisation.scenes import tool_entry, usage_mode

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'


class Catalogue:
    """In the place of the service: remembers entries, and tells changes as the service does."""

    def __init__(self) -> None:
        self.tools: dict[str, tuple[int, Entry]] = {}
        self.asked: list[dict[str, str]] = []

    def call(self, place: Any, method: str, service: str, path: str, body: Any = None, **_: Any) -> Any:
        assert service == "organisation"
        if method == "GET":
            return [
                {"tool_id": tool_id, "version": version, "entry": entry.model_dump(mode="json"), "changed_by": "operator",
                 "name": "", "organisations": 2, "changed_at": "2026-11-21T10:00:00Z"}
                for tool_id, (version, entry) in self.tools.items()
            ]  # fmt: skip
        url = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        tool_id = url.path.removeprefix("tools/")
        version, known = self.tools.get(tool_id, (0, None))
        if int(query["version"]) != version:
            raise Refused("organisation: Somebody else has just changed this tool.")
        entry = checked(Entry.model_validate(body))
        found = [vars(change) for change in changes(known, entry)]
        if "dry_run" not in query and found:
            self.asked.append(query)
            self.tools[tool_id] = (version + 1, entry)
        return {"tool_id": tool_id, "version": version + bool(found), "is_new": known is None, "changes": found}


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    service = Catalogue()
    monkeypatch.setattr(commands, "call", service.call)
    monkeypatch.setattr(commands, "place_of", lambda data, service: Place("", b"", {"here": "https://tool.example"}))
    return service


def file(folder: Path, *modes: dict[str, Any], **more: Any) -> str:
    (folder / "logo.svg").write_text(SQUARE)
    entry = tool_entry(*modes, **{"start_url": "{here}/start", "logo": "logo.svg", **more})
    path = folder / "tools.yaml"
    path.write_text(yaml.safe_dump({"tools": [{"id": "atlas", **entry}]}, allow_unicode=True))
    return str(path)


def run(*arguments: str, answer: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["tools", *arguments], input=answer)
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_a_file_is_applied_once_and_then_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    path = file(tmp_path)
    code, said = run("apply", path, "--reason", "First")
    assert (code, catalogue.asked) == (0, [{"version": "0", "reason": "First"}])
    assert "+ atlas" in said
    version, entry = catalogue.tools["atlas"]
    assert (version, entry.start_url) == (1, "https://tool.example/start")
    assert entry.logo is not None
    assert entry.logo.startswith("<svg")
    code, said = run("apply", path)
    assert (code, catalogue.tools["atlas"][0]) == (0, 1)
    assert "nothing to change" in said


def test_a_dry_run_tells_the_changes_and_makes_none(catalogue: Catalogue, tmp_path: Path) -> None:
    run("apply", file(tmp_path))
    path = file(tmp_path, support_email="new@tool.example", names=dict.fromkeys(("fr", "nl", "en", "de"), "Atlas"))
    code, said = run("apply", "--dry-run", path)
    assert code == 0
    assert "support_email  help@cadastrefinder.example → new@tool.example" in said
    assert "1 of 1 tool would change; nothing was changed" in said
    assert catalogue.tools["atlas"][0] == 1


def test_what_takes_something_away_is_not_done_without_a_word(catalogue: Catalogue, tmp_path: Path) -> None:
    agent, guest = usage_mode("agent", "", ""), usage_mode("guest", "", "")
    run("apply", file(tmp_path, agent, guest))
    path = file(tmp_path, agent)
    code, said = run("apply", path)
    assert (code, catalogue.tools["atlas"][0]) == (1, 1)
    assert "say --yes if that is meant" in said
    code, said = run("apply", path, "--yes")
    assert (code, catalogue.tools["atlas"][0]) == (0, 2)
    assert "! - usage_modes.guest.names.en" in said


def test_everything_wrong_in_all_files_is_told_and_nothing_is_sent(catalogue: Catalogue, tmp_path: Path) -> None:
    good = file(tmp_path)
    other = tmp_path / "other.yaml"
    other.write_text(
        Path(good).read_text().replace("id: atlas", "id: other").replace("register_rule: ipi", "register_rule: ipi or")
    )
    code, said = run("apply", good, good, str(other), str(tmp_path / "missing.yaml"))
    assert (code, catalogue.tools) == (1, {})
    assert "other.yaml:" in said
    assert "other.usage_modes.0.register_rule: This rule cannot be understood" in said
    assert "atlas stands in another file too" in said
    assert "missing.yaml cannot be read" in said


@pytest.mark.parametrize("name", ["../secret.svg", "/etc/hostname"])
def test_a_drawing_lies_beside_its_file_and_nowhere_else(catalogue: Catalogue, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret.svg").write_text(SQUARE)
    code, said = run("apply", file(folder, logo=name))
    assert (code, catalogue.tools) == (1, {})
    assert "lies outside the folder" in said


def test_what_was_exported_is_applied_without_a_change(catalogue: Catalogue, tmp_path: Path) -> None:
    run("apply", file(tmp_path))
    code, exported = run("export", "atlas")
    assert code == 0
    (tmp_path / "exported.yaml").write_text(exported)
    assert "nothing to change" in run("apply", str(tmp_path / "exported.yaml"))[1]
    assert run("export", "nothing")[0] == 1


def test_tools_are_listed(catalogue: Catalogue, tmp_path: Path) -> None:
    assert "no tools yet" in run("list")[1]
    run("apply", file(tmp_path))
    assert "atlas" in run("list")[1]
    assert json.loads(run("list", "--json")[1])[0]["tool_id"] == "atlas"


def test_an_operator_elsewhere_says_where_and_with_which_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMMO_OPERATOR_KEY", "AAAA")
    monkeypatch.delenv("IMMO_URL_ORGANISATION", raising=False)
    with pytest.raises(Refused, match="IMMO_URL_ORGANISATION"):
        place_of(tmp_path, "organisation")
    monkeypatch.setenv("IMMO_URL_ORGANISATION", "https://organisation.internal/")
    assert place_of(tmp_path, "organisation") == Place("https://organisation.internal", b"\x00\x00\x00")
    monkeypatch.setenv("IMMO_OPERATOR_KEY", "not base64!")
    with pytest.raises(Refused, match="no base64"):
        place_of(tmp_path, "organisation")
