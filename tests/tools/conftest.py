"""The outside world and the demo tool as running processes, one of each for all tests of this folder, and a browser."""

import os
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.tools.platform_double import CLIENT_ID, CLIENT_SECRET, PlatformDouble

ROOT = Path(__file__).parents[2]
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class WorldProcess:
    url: str
    smtp_port: int
    data: Path

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": "Bearer any"}, trust_env=False)

    def send_mail(self, to: str, subject: str, text: str = "Hello", html: str | None = None) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "platform@example.org", to, subject
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as server:
            server.send_message(message)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(module: str, environment: dict[str, str], port: int) -> Iterator[str]:
    """Run `python -m module` until the block ends; give its address once it says that it is ready."""
    url = f"http://127.0.0.1:{port}"
    settings = {"IMMO_HOST": "127.0.0.1", "IMMO_PORT": str(port), **environment}
    process = subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, env={**os.environ, **settings})
    try:
        wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        assert process.wait(timeout=20) in (0, -15)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        assert process.poll() is None, "the process ended before it was ready"
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the process did not get ready")


@contextmanager
def running_world(data: Path) -> Iterator[WorldProcess]:
    smtp_port = free_port()
    environment = {"IMMO_WORLD_DATA": str(data), "IMMO_WORLD_SMTP_PORT": str(smtp_port)}
    with running("tools.world", environment, free_port()) as url:
        yield WorldProcess(url, smtp_port, data)


@contextmanager
def running_tool(platform_port: int, **environment: str) -> Iterator[str]:
    """Run the demo tool for a platform at that port of this machine."""
    settings = {
        "IMMO_DEMO_TOOL_ISSUER": f"http://127.0.0.1:{platform_port}",
        "IMMO_DEMO_TOOL_CLIENT_ID": CLIENT_ID,
        "IMMO_DEMO_TOOL_CLIENT_SECRET": CLIENT_SECRET,
        "IMMO_KAFKA": "",
        **environment,
    }
    with running("tools.demo_tool", settings, free_port()) as url:
        yield url


@pytest.fixture(scope="session")
def platform_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def tool_url(platform_port: int) -> Iterator[str]:
    with running_tool(platform_port) as url:
        yield url


@pytest.fixture(scope="session")
def platform_process(tool_url: str, platform_port: int) -> Iterator[PlatformDouble]:
    with PlatformDouble(platform_port).running() as double:
        yield double


@pytest.fixture
def platform(platform_process: PlatformDouble) -> PlatformDouble:
    """The platform that the demo tool at `tool_url` knows, as new."""
    platform_process.forget()
    return platform_process


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorldProcess]:
    with running_world(tmp_path_factory.mktemp("world")) as process:
        yield process


@pytest.fixture
def http(world: WorldProcess) -> Iterator[httpx.Client]:
    with world.http() as client:
        yield client
        for simulator in ("registry", "register", "payments"):
            client.post(f"/{simulator}/control/behaviour", json={"mode": "ok"})
