"""One whole platform for all end-to-end tests, started as a newcomer starts it, and a Chromium to look at it with."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from deploy.local.data_folder import DataFolder
from deploy.local.stack import Stack, find_stack, own_stack
from tests.tools.conftest import CHROMIUM_ARGS


@dataclass(frozen=True)
class Platform:
    """traces: the file to which every service writes its spans."""

    stack: Stack
    traces: Path

    @property
    def origin(self) -> str:
        return self.stack.url

    @property
    def tool(self) -> str:
        return self.stack.ports.url("demo-tool")

    @property
    def world(self) -> str:
        return self.stack.ports.url("world")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """IMMO_TEST_PLATFORM names the data folder of a running stack to use instead; it must have been started with IMMO_TRACE_FILE."""
    with ExitStack() as stack:
        if given := os.environ.get("IMMO_TEST_PLATFORM"):
            yield Platform(find_stack(DataFolder(Path(given))), Path(os.environ["IMMO_TRACE_FILE"]))
            return
        traces = tmp_path_factory.mktemp("traces") / "spans.jsonl"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("IMMO_TRACE_FILE", str(traces))
            started = stack.enter_context(own_stack())
        yield Platform(started, traces)


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        yield browser
        await browser.close()
