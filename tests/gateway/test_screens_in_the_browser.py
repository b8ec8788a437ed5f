"""Each screen in Chromium: nothing that axe knows is wrong with it, on a phone by day and on a desktop by night, and it fits 320 pixels."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.gateway.screens import SCREENS
from tests.gateway.shown import show

pytestmark = pytest.mark.browser

NARROWEST = 320  # also what is left of 1280 pixels at a zoom of 400%
LOOKS = (("light", 390), ("dark", 1280))


@pytest.mark.parametrize("screen", SCREENS)
async def test_the_screen_is_open_to_everyone(page: Page, screen: str) -> None:
    """In German, whose words are the longest."""
    await show(page, screen, "de")
    faults: list[str] = []
    await page.set_viewport_size({"width": NARROWEST, "height": 800})
    too_wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if too_wide > 0:
        faults.append(f"at {NARROWEST}: {too_wide} pixels too wide")
    for scheme, width in LOOKS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        found = (await Axe().run(page)).response["violations"]
        faults += [f"{scheme} {width}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
    assert faults == []
