"""Every page of the tools, looked at by axe: light on a phone, dark on a desktop."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.tools.conftest import WorldProcess
from tests.tools.eid_page import Site
from tests.tools.platform_double import PlatformDouble
from tests.tools.test_virtual_cards import NONCE, issue

pytestmark = pytest.mark.browser

LOOKS = [("light", 360), ("dark", 1280)]


@pytest_asyncio.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
async def page(chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    scheme, width = request.param
    context = await chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="fr-BE")
    yield await context.new_page()
    await context.close()


async def check(page: Page, name: str) -> None:
    found = (await Axe().run(page)).response["violations"]
    assert [f"{name}: {fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found] == []
    overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, f"{name} is {overflow} pixels too wide"


def open_payment(http: httpx.Client) -> str:
    """The address of its checkout page."""
    payment: dict[str, Any] = {
        "amount": {"currency": "EUR", "value": "50.00"},
        "description": "Immo-Connect",
        "redirectUrl": "http://127.0.0.1:8080/",
    }
    return http.post("/payments/v1/payments", json=payment).json()["_links"]["checkout"]["href"]


def fail_payment(http: httpx.Client, checkout: str) -> None:
    assert http.post(checkout, data={"outcome": "failed"}).is_redirect


async def test_the_pages_of_the_outside_world(page: Page, world: WorldProcess, http: httpx.Client) -> None:
    world.send_mail("axe@example.org", "A subject", "Some text", "<p>Some text</p>")
    checkout = open_payment(http)
    for path in ("/", "/mail", "/mail?view=text&to=axe@example.org", "/mail?to=nobody@example.org"):
        await page.goto(world.url + path)
        await check(page, path)
    await page.goto(checkout)
    await check(page, "checkout")
    fail_payment(http, checkout)
    await page.goto(checkout)
    await check(page, "checkout of a failed payment")


async def test_the_pages_of_the_demo_tool(page: Page, platform: PlatformDouble, tool_url: str) -> None:
    platform.person["locale"] = "nl"
    buy = "form[action='/extracts'] button"
    for name, path in (
        ("signed out", "/"),
        ("home", "/sign-in"),
        ("search", "/?q=Dorpsstraat"),
        ("sign-in refused", "/oidc/callback?error=access_denied"),
        ("what was heard", "/heard"),
        ("parcel", "/parcels/21815A0001-00A000"),
    ):
        await page.goto(tool_url + path)
        await check(page, name)
    for name, balance_cents in (("refused", 0), ("extract", 5_000)):
        platform.balance_cents = balance_cents
        await page.click(buy)
        await check(page, name)
    await page.goto(tool_url + "/parcels/21815B0002-00A001")
    await page.click("form[action='/reservations'] button")
    await check(page, "set aside")
    await page.get_by_role("button", name="Anna Peeters").click()
    await check(page, "menu")
    await page.get_by_role("menuitem", name="Afmelden").click()
    await check(page, "signed out again")


async def test_the_virtual_card(page: Page, world: WorldProcess, http: httpx.Client) -> None:
    issue(http)
    site = Site(world)
    await page.goto(f"{site.url}/de")
    await page.wait_for_selector("html[data-page=ready]", state="attached")
    await page.evaluate("nonce => window.ask({nonce})", NONCE)
    await page.get_by_role("button", name="Weitere Karte erstellen").click()
    await check(page, "making a card")
    await page.get_by_role("button", name="Zurück").click()
    await page.get_by_role("button", name="Weiter", exact=True).click()
    await page.get_by_label("PIN-Code von").fill("9999")
    await page.get_by_role("button", name="Bestätigen").click()
    await check(page, "wrong PIN")
    await page.get_by_role("button", name="Zurück").click()
    await check(page, "choosing a card")
    site.server.shutdown()
    site.server.server_close()
