"""The platform's menu in the demo tool, in a real browser: by keyboard, by touch, in each language, and without the platform."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.tools.platform_double import PlatformDouble

pytestmark = pytest.mark.browser

ITEMS = ["Switch quality", "My profile", "My organisations", "Tools", "Wallet", "Sign out"]


@pytest_asyncio.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    page = await context.new_page()
    page.on("console", lambda said: _refuse(said.text) if said.type == "error" else None)
    yield page
    await context.close()


def _refuse(text: str) -> None:
    assert "Content Security Policy" not in text, text


async def test_it_leads_to_the_platform_and_to_the_tools_own_addresses(
    page: Page, platform: PlatformDouble, tool_url: str
) -> None:
    await page.goto(f"{tool_url}/sign-in")
    button = page.get_by_role("button", name="Anna Peeters Agence du Parc SRL · Real-estate agent")
    await button.click()
    items = page.get_by_role("menuitem")
    await expect(items).to_have_text(ITEMS)
    found = [await item.get_attribute("href") for item in await items.all()]
    home, organisation = platform.origin, platform.person["org"]["id"]
    wallet = f"{home}/organisations/{organisation}/wallet"
    assert found == ["/switch", f"{home}/profile", f"{home}/organisations", f"{home}/tools", wallet, "/sign-out"]
    assert await page.context.cookies(home) == await page.context.cookies(tool_url), "the platform sets no cookie"
    await items.first.click()
    await expect(page.get_by_role("heading", name="Find a parcel")).to_be_visible()
    assert platform.asked["prompt"] == "select_account"


async def test_the_keyboard_opens_walks_and_closes_it(page: Page, platform: PlatformDouble, tool_url: str) -> None:
    await page.goto(f"{tool_url}/sign-in")
    button, menu = page.get_by_role("button", name="Anna Peeters"), page.get_by_role("menu")
    items = page.get_by_role("menuitem")
    await button.focus()
    await page.keyboard.press("ArrowDown")
    await expect(items.first).to_be_focused()
    for key, name in (("ArrowUp", "Sign out"), ("ArrowDown", "Switch quality"), ("m", "My profile"), ("m", "My organisations"),
                      ("End", "Sign out"), ("Home", "Switch quality"), ("w", "Wallet")):  # fmt: skip
        await page.keyboard.press(key)
        await expect(page.get_by_role("menuitem", name=name)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    await expect(items.first).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(menu).to_be_hidden()
    await button.click()
    await page.mouse.click(5, 700)
    await expect(menu).to_be_hidden()
    await button.focus()
    await page.keyboard.press("ArrowUp")
    await expect(items.last).to_be_focused()
    await page.keyboard.press(" ")
    await expect(page.get_by_text("You are signed out.")).to_be_visible()


async def test_a_phone_shows_all_of_it_and_axe_finds_nothing(
    page: Page, platform: PlatformDouble, tool_url: str
) -> None:
    platform.person["org"]["name"] = "Agence immobilière du Parc du Cinquantenaire et de la Woluwe SRL"
    await page.set_viewport_size({"width": 360, "height": 740})
    for language, word in (("fr", "Portefeuille"), ("nl", "Afmelden"), ("de", "Guthabenkonto"), ("en", "Wallet")):
        platform.person["locale"] = language
        await page.goto(f"{tool_url}/sign-in")
        await page.get_by_role("button", name="Anna Peeters").click()
        await expect(page.get_by_role("menuitem", name=word)).to_be_in_viewport(ratio=1)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, language
    found = (await Axe().run(page)).response["violations"]
    assert [fault["id"] for fault in found] == []


async def test_without_the_platform_its_own_links_are_shown(
    page: Page, platform: PlatformDouble, tool_url: str
) -> None:
    platform.has_menu = False
    await page.goto(f"{tool_url}/sign-in")
    await page.locator("immo-menu summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("You are signed out.")).to_be_visible()
