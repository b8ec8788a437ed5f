"""One whole platform for all end-to-end tests, started as a newcomer starts it, and a Chromium to look at it with."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from deploy.local.data_folder import DataFolder
from deploy.local.demo.story import Story
from deploy.local.stack import find_stack, own_stack
from tests.e2e.platform import Platform
from tests.e2e.visitor import Visitor
from tests.tools.conftest import CHROMIUM_ARGS

LOOKS = {"en-desktop": ("en", 1280, "light"), "fr-phone": ("fr", 390, "dark")}
Arrive = Callable[[str, str, str], Awaitable[Visitor]]


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
            patch.setenv("IMMO_IDENTITY_ERASURE_WAIT_S", "1")
            patch.setenv("IMMO_IDENTITY_ERASURE_LOOK_S", "1")
            started = stack.enter_context(own_stack())
        yield Platform(started, traces)


@pytest.fixture(scope="module")
def story(platform: Platform) -> Story:
    """Played until there is an organisation with a registered tool."""
    played = Story(platform.origin, platform.tool, platform.world)
    for scene in played.scenes()[:8]:
        scene.play()
    return played


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(params=LOOKS)
async def arrive(
    request: pytest.FixtureRequest, chromium: Browser, platform: Platform, tmp_path: Path
) -> AsyncIterator[Arrive]:
    """A person with a browser of their own. IMMO_SCREENSHOTS names a folder that keeps the pictures."""
    language, width, scheme = LOOKS[request.param]
    contexts = []

    async def make(first_name: str, last_name: str, recognition: str) -> Visitor:
        pictures = Path(os.environ.get("IMMO_SCREENSHOTS", tmp_path)) / request.param / first_name.lower()
        pictures.mkdir(parents=True, exist_ok=True)
        context = await chromium.new_context(
            viewport={"width": width, "height": 900},
            locale=f"{language}-BE",
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        return Visitor(await context.new_page(), platform, first_name, last_name, recognition, pictures)

    yield make
    for context in contexts:
        await context.close()
