"""Nothing moves under one's eyes while a page arrives, also when its fonts are late; and nothing moves for those who asked for calm."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route

from tests.gateway.shown import ORIGIN, show, shown_in

pytestmark = pytest.mark.browser

MAX_SHIFT = 0.02
FONTS_ARE_LATE_S = 0.4
PAGES = (
    "landing", "sign-in", "sign-up", "select-some", "organisations", "organisation-tools", "employees", "notifications", "profile", "help",
)  # fmt: skip
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts.push(one.value);
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest_asyncio.fixture(params=(390, 1280))
async def slow(page: Page, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A browser that never was here, whose fonts take their time."""
    browser = page.context.browser
    assert browser is not None

    async def late(route: Route) -> None:
        await asyncio.sleep(FONTS_ARE_LATE_S)
        await route.fallback()

    async with shown_in(browser, viewport={"width": request.param, "height": 844}) as slow:
        await slow.add_init_script(WATCH)
        await slow.context.route("**/*.woff2", late)
        yield slow


async def test_a_page_stands_still_while_it_arrives(slow: Page) -> None:
    shifts: dict[str, float] = {}
    for name in PAGES:
        await show(slow, name, "fr")
        shifts[name] = await slow.evaluate("window.shifts.reduce((sum, one) => sum + one, 0)")
    assert {name: shift for name, shift in shifts.items() if shift >= MAX_SHIFT} == {}


async def test_who_asked_for_calm_sees_nothing_move(page: Page) -> None:
    await show(page, "recognitions", "fr")
    assert page.url.startswith(ORIGIN)
    moving = "document.getAnimations().filter(one => one.effect.getComputedTiming().duration > 1).length"
    assert await page.evaluate(moving) == 0
