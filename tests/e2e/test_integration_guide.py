"""The twenty lines of docs/integrate.md, taken from the page and run as a tool of their own."""

import base64
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.demo.story import Story
from shared.service_tokens import ServiceTokens
from tests.e2e.platform import Platform

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[2] / "docs" / "integrate.md"
CLIENT_ID = "twenty-lines"


def code_of_the_guide() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return code


@pytest.fixture
def twenty_lines(platform: Platform, tmp_path: Path) -> Iterator[str]:
    """Its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, secret = f"http://127.0.0.1:{port}", secrets.token_urlsafe(32)
    operator = ServiceTokens("operator", base64.b64decode(platform.stack.keys.service_keys["operator"]))
    registered = httpx.put(
        f"{platform.stack.ports.url('identity')}/internal/clients/{CLIENT_ID}",
        headers={"Authorization": f"Bearer {operator.token_for('identity', now=int(time.time()))}"},
        json={
            "name": "Twenty lines",
            "tool_id": "cadastrefinder",
            "secret": secret,
            "redirect_uris": [f"{url}/callback"],
            "post_logout_redirect_uris": [],
            "acr": "eid",
            "scopes": ["openid", "profile"],
        },
    )
    assert registered.is_success, registered.text
    (tmp_path / "tool.py").write_text(code_of_the_guide())
    settings = {"PLATFORM": platform.origin, "OWN_URL": url, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": secret}
    command = [sys.executable, "-m", "uvicorn", "tool:app", "--port", str(port), "--log-level", "warning"]
    environment = {**os.environ, **settings, "SESSION_SECRET": secrets.token_urlsafe(32)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment) as process:
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


def test_the_guide_is_as_long_as_it_says() -> None:
    lines = [line for line in code_of_the_guide().splitlines() if line.strip()]
    assert len(lines) <= 21


def test_the_guides_tool_signs_somebody_in(platform: Platform, twenty_lines: str) -> None:
    story = Story(platform.origin, platform.tool, platform.world)
    for scene in story.scenes()[:7]:
        scene.play()
    browser = story.ada.browser
    browser.open(twenty_lines)
    assert browser.path == "/select"
    deadline = time.monotonic() + 20
    while (button := browser.page.select_one('form[action*="/select/start"] button[name]')) is None:
        assert time.monotonic() < deadline, browser.text
        browser.open(browser.url)
    answer = browser.call("POST", "/select/start")
    assert answer.status_code in (403, 422), "a start without the form's token"
    browser.submit("/select/start", button=str(button["value"]))
    assert browser.url.startswith(twenty_lines)
    said = browser.answer.json()
    assert said["name"] == "Ada Lindeman"
    assert said["org"]["id"] == story.organisation_id
    assert (said["usage_mode"], said["role"], said["recognitions"]) == ("agent", "user", ["ipi"])
