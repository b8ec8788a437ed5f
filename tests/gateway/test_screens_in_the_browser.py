"""Each screen in Chromium: nothing that axe knows is wrong with it, on a phone by day or on a desktop by night, and it fits 320 pixels."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.gateway.screens import SCREENS
from tests.gateway.shown import show

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NARROWEST = 320  # also what is left of 1280 pixels at a zoom of 400%
LOOKS = (("light", 390), ("dark", 1280))


@pytest.mark.parametrize(("screen", "look"), [(name, LOOKS[at % 2]) for at, name in enumerate(SCREENS)])
async def test_the_screen_is_open_to_everyone(page: Page, screen: str, look: tuple[str, int]) -> None:
    """In German, whose words are the longest. Neighbours are alike, so each kind of screen is seen in both looks."""
    scheme, width = look
    await page.set_viewport_size({"width": NARROWEST, "height": 800})
    await show(page, screen, "de")
    too_wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert too_wide <= 0, f"{too_wide} pixels too wide"
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = (await Axe().run(page)).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found] == []
