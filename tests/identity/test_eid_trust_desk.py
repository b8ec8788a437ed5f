"""`./immo eid-trust`: an operator looks at certificates, takes over those that belong, and sees what is trusted."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from deploy.local.cli import app
from deploy.local.errors import Refused
from services.identity.eid import shipped_trust
from services.identity.eid.shipped_trust import load_trust
from services.identity.eid.trust_desk import Desk, add, read_paths, read_sources
from services.identity.eid.trust_files import PINS, fingerprint, read_trust_folder
from tests.identity.pki import NOW, Authority, key_usage, make_authority, pki
from tests.identity.test_eid_trust import estonia, folder_of

# Authorities that look like real ones, and a kingdom of their own that ships with the service in these tests.
ROOT = make_authority("Kingdom Root CA", path_length=1)
CITIZEN, NEWER = ROOT.authority("Citizen CA 202602"), ROOT.authority("Citizen CA 202603")


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = folder_of(tmp_path / "shipped", [ROOT], [CITIZEN])
    monkeypatch.setattr(shipped_trust, "SHIPPED_FOLDER", folder)
    return folder


def run(*arguments: Any) -> tuple[int, list[dict[str, Any]]]:
    result = CliRunner().invoke(app, ["eid-trust", *map(str, arguments), "--json"])
    if isinstance(result.exception, Refused):
        raise result.exception
    return result.exit_code, json.loads(result.stdout)


def write(path: Path, *authorities: Authority, encoding: Encoding = Encoding.PEM) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(authority.certificate.public_bytes(encoding) for authority in authorities))
    return path


def troubles(*authorities: Authority, **desk: Any) -> list[str]:
    sources = [read_sources("x", authority.certificate.public_bytes(Encoding.DER))[0] for authority in authorities]
    return [entry.trouble for entry in Desk([], **desk).judge(sources, now=NOW)]


def test_what_chains_is_taken_over_pinned_and_trusted(shipped: Path, tmp_path: Path) -> None:
    new, folder = write(tmp_path / "new.cer", NEWER, encoding=Encoding.DER), tmp_path / "own"
    code, [entry] = run("add", new, "--folder", folder)
    assert (code, entry["chains_to"], entry["sha256"]) == (0, "Kingdom Root CA", fingerprint(NEWER.certificate))
    [path] = (folder / "intermediates").iterdir()
    assert json.loads((folder / PINS).read_text())["intermediates"] == {path.name: fingerprint(NEWER.certificate)}
    trust = load_trust(folder, is_production=True)
    assert set(trust.intermediates) == {CITIZEN.certificate, NEWER.certificate}


def test_adding_twice_changes_nothing(shipped: Path, tmp_path: Path) -> None:
    new, folder = write(tmp_path / "new.pem", NEWER, CITIZEN), tmp_path / "own"
    run("add", new, "--folder", folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    code, entries = run("add", new, "--folder", folder)
    assert (code, [entry["trusted"] for entry in entries]) == (0, [True, True])
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    assert len(before) == 2


def test_what_does_not_chain_is_refused_and_the_rest_is_taken_over(shipped: Path, tmp_path: Path) -> None:
    write(tmp_path / "new" / "good.pem", NEWER)
    write(tmp_path / "new" / "below" / "stranger.crt", make_authority("Other Root").authority("Citizen CA"))
    write(tmp_path / "new" / "namesake.der", make_authority("Kingdom Root CA"), encoding=Encoding.DER)
    (tmp_path / "new" / "odd.pem").write_text("nothing")
    (tmp_path / "new" / "notes.txt").write_text("not looked at")
    code, entries = run("add", tmp_path / "new", "--folder", tmp_path / "own")
    found = {Path(entry["source"]).name: entry["trouble"] for entry in entries}
    assert code == 1
    assert found == {
        "good.pem": None,
        "stranger.crt": "was issued by nobody who is trusted",
        "namesake.der": "is not a root of the Belgian eID: those in use are shipped",
        "odd.pem": "cannot be read",
    }
    assert len(read_trust_folder(tmp_path / "own").intermediates) == 1


def test_check_says_what_add_would_do_and_does_nothing(shipped: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    assert run("check", write(tmp_path / "new.pem", NEWER), "--folder", folder)[0] == 0
    assert run("check", write(tmp_path / "bad.pem", make_authority("Other")), "--folder", folder)[0] == 1
    assert not folder.exists()


def test_list_shows_what_is_trusted_and_what_to_look_after(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path / "own", [], [NEWER], pinned=False)
    monkeypatch.setenv("IMMO_IDENTITY_EID_TRUST", str(folder))
    code, entries = run("list")
    assert (code, {entry["name"]: entry["warning"] for entry in entries}) == (
        0,
        {"Kingdom Root CA": None, "Citizen CA 202602": None, "Citizen CA 202603": "is not pinned"},
    )
    assert run("check") == (code, entries)
    assert "Citizen CA 202603" in CliRunner().invoke(app, ["eid-trust", "list"]).stdout


def test_what_ends_soon_is_pointed_out_and_what_has_ended_is_trouble() -> None:
    [soon, ended] = [
        ROOT.authority("Citizen CA", not_after=NOW + timedelta(days=days), not_before=NOW - timedelta(days=900))
        for days in (100, -1)
    ]
    sources = [read_sources("x", one.certificate.public_bytes(Encoding.PEM))[0] for one in (ROOT, soon, ended)]
    entries = Desk([], foreign=False).judge(sources, now=NOW)
    assert [entry.trouble for entry in entries[1:]] == ["was issued by nobody who is trusted", "has expired"]
    assert entries[1].warning == "ends within 180 days"


def test_a_root_that_was_put_into_the_folder_by_hand_is_trouble_and_so_is_what_builds_on_it(
    shipped: Path, tmp_path: Path
) -> None:
    stranger = make_authority("Stranger Root")
    folder = folder_of(tmp_path / "own", [stranger], [stranger.authority("Citizen CA")])
    code, entries = run("check", "--folder", folder)
    assert (code, [entry["trusted"] for entry in entries]) == (1, [True, True, False, False])
    unpinned = folder_of(tmp_path / "foreign", [estonia()[0]], pinned=False)
    code, [entry] = run("check", "--folder", unpinned, "--foreign")
    assert (code, entry["trusted"]) == (1, False)


def test_an_exchanged_file_in_the_folder_is_noticed(shipped: Path, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "own", [], [NEWER])
    write(folder / "intermediates" / "0.pem", CITIZEN)
    with pytest.raises(Refused, match="pinned"):
        run("check", "--folder", folder)


def test_a_missing_file_and_a_missing_folder_are_said(shipped: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("IMMO_IDENTITY_EID_TRUST", raising=False)
    with pytest.raises(Refused, match="cannot be read"):
        run("check", tmp_path / "nothing.pem")
    with pytest.raises(Refused, match="IMMO_IDENTITY_EID_TRUST"):
        run("add", write(tmp_path / "new.pem", NEWER))


def test_certificates_that_are_no_authorities_are_refused() -> None:
    person = Authority(pki().card().certificate, None)
    assert troubles(person, ROOT.authority("Clerk", usage=key_usage(digital_signature=True))) == [
        "is not an authority's",
        "is not an authority's",
    ]
    assert troubles(pki().root) == ['is a test authority: its name says "Test"']


def test_another_countrys_root_is_taken_over_only_with_its_hash(shipped: Path, tmp_path: Path) -> None:
    root, issuer = estonia()
    new, folder = write(tmp_path / "ee.pem", issuer, root), tmp_path / "foreign"
    code, entries = run("add", new, "--folder", folder, "--foreign")
    assert (code, [entry["trouble"] is None for entry in entries]) == (1, [False, False])
    pin = root.certificate.fingerprint(root.certificate.signature_hash_algorithm.__class__()).hex()
    assert run("add", new, "--folder", folder, "--foreign", "--root-sha256", pin)[0] == 1
    pin = ":".join(f"{byte:02X}" for byte in bytes.fromhex(fingerprint(root.certificate)))
    code, entries = run("add", new, "--folder", folder, "--foreign", "--root-sha256", pin)
    assert (code, [entry["chains_to"] for entry in entries]) == (0, ["EE Govroot", "itself"])
    found = read_trust_folder(folder)
    assert (len(found.roots), len(found.intermediates)) == (1, 1)


def test_a_belgian_authority_is_none_of_another_country() -> None:
    assert troubles(ROOT, foreign=True, root_pins=frozenset({fingerprint(ROOT.certificate)})) == [
        "does not name a country other than Belgium"
    ]


def test_two_who_add_at_once_lose_nothing(shipped: Path, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    news = [ROOT.authority(f"Citizen CA 2027{month:02}") for month in range(1, 9)]
    paths = [write(tmp_path / f"{number}.pem", new) for number, new in enumerate(news)]
    desk, folder = Desk([read_trust_folder(shipped)]), tmp_path / "own"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: add(folder, desk.judge(read_paths([path]), now=NOW)), paths))
    found = read_trust_folder(folder)
    assert len(found.intermediates) == 8
    assert len(found.pins["intermediates"]) == 8
