"""./immo before Python: the environment made from the lock, with a lock of one small package."""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PROGRAM = "import sys, small\nprint(small.VERSION, *sys.argv[1:])\n"

Immo = Callable[..., "subprocess.CompletedProcess[str]"]


def wheel(folder: Path, version: str) -> str:
    """Make the package `small`; return its line for the lock."""
    info = f"small-{version}.dist-info"
    files = {
        "small.py": f"VERSION = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: small\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}"
        for name, text in files.items()
    ]
    path = folder / f"small-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"}.items():
            archive.writestr(name, text)
    return f"small=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the real ./immo and a program that says which version of `small` it found."""
    root = tmp_path / "a project"
    (root / "deploy" / "local").mkdir(parents=True)
    (root / "deploy" / "__init__.py").touch()
    shutil.copy(REPOSITORY / "immo", root / "immo")
    shutil.copy(REPOSITORY / "deploy" / "bootstrap.py", root / "deploy" / "bootstrap.py")
    (root / "deploy" / "local" / "__main__.py").write_text(PROGRAM)
    (root / "requirements.lock").write_text(wheel(root, "1.0"))
    return root


@pytest.fixture
def environment(project: Path) -> dict[str, str]:
    return {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": project.as_uri(), "PYTHONPATH": ""}


@pytest.fixture
def immo(project: Path, environment: dict[str, str]) -> Immo:
    def run(*arguments: str, **changed: str) -> "subprocess.CompletedProcess[str]":
        command = [str(project / "immo"), *arguments]
        return subprocess.run(command, env={**environment, **changed}, capture_output=True, text=True, check=False)

    return run


def test_the_first_call_installs_and_later_ones_only_look(immo: Immo) -> None:
    first, second = immo("status", "--data", "x y"), immo("status")
    assert (first.returncode, first.stdout) == (0, "1.0 status --data x y\n")
    assert "1/1" in first.stderr
    assert (second.stdout, second.stderr) == ("1.0 status\n", "")


@pytest.mark.slow
def test_a_changed_lock_is_followed(immo: Immo, project: Path) -> None:
    immo("status")
    (project / "requirements.lock").write_text(wheel(project, "2.0"))
    assert immo("status").stdout == "2.0 status\n"


@pytest.mark.slow
def test_a_file_with_another_hash_is_refused_and_the_next_call_begins_anew(immo: Immo, project: Path) -> None:
    right = (project / "requirements.lock").read_text()
    (project / "requirements.lock").write_text(right[:-9] + "deadbeef\n")
    refused = immo("status")
    assert refused.returncode == 1
    assert "HASH" in refused.stderr.upper()
    (project / "requirements.lock").write_text(right)
    assert immo("status").stdout == "1.0 status\n"


def test_two_calls_at_once_install_once(project: Path, environment: dict[str, str]) -> None:
    command = [str(project / "immo"), "status"]
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate() for process in both]
    assert [told for told, _ in answers] == ["1.0 status\n"] * 2
    assert sorted("waiting for it" in said for _, said in answers) == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.3, 1.5, 3.0])
def test_a_call_that_was_killed_half_way_is_made_good(
    immo: Immo, project: Path, environment: dict[str, str], after_s: float
) -> None:
    killed = subprocess.Popen([str(project / "immo"), "status"], env=environment, start_new_session=True)
    time.sleep(after_s)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert immo("status").stdout == "1.0 status\n"


def test_a_python_that_is_too_old_is_passed_over_and_none_at_all_is_said(immo: Immo, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "readlink", "cmp"):
        (tools / name).symlink_to(shutil.which(name) or name)
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    refused = immo("up", PATH=str(tools))
    assert refused.returncode == 1
    assert "needs Python 3.11 or newer" in refused.stderr


def test_it_can_be_called_from_anywhere_and_through_a_link(
    immo: Immo, project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    immo("status")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "deploy").mkdir(parents=True)
    (elsewhere / "deploy" / "__init__.py").write_text("raise SystemExit('the wrong deploy')")
    link = elsewhere / "immo"
    link.symlink_to(project / "immo")
    command = [str(link), "status"]
    told = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert told.stdout == "1.0 status\n"
