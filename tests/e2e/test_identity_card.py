"""The identity card in a real browser: linked once, then enough to sign in; what can go wrong; undone again."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.conftest import Platform
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = {"nl-desktop": ("nl", 1280, "light"), "de-phone": ("de", 390, "dark")}


@pytest_asyncio.fixture(params=LOOKS)
async def person(
    request: pytest.FixtureRequest, chromium: Browser, platform: Platform, tmp_path: Path
) -> AsyncIterator[Visitor]:
    """IMMO_SCREENSHOTS names a folder that keeps the pictures."""
    language, width, scheme = LOOKS[request.param]
    pictures = Path(os.environ.get("IMMO_SCREENSHOTS", tmp_path)) / f"card-{request.param}"
    pictures.mkdir(parents=True, exist_ok=True)
    context = await chromium.new_context(
        viewport={"width": width, "height": 900},
        locale=f"{language}-BE",
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    yield Visitor(await context.new_page(), platform, "Lotte", "Claes", "ipi", pictures)
    await context.close()


async def test_a_card_is_linked_signs_in_and_is_unlinked(person: Visitor) -> None:
    page, origin = person.page, person.platform.origin
    await page.goto(f"{origin}/sign-in")
    await person.sign_up()
    await person.link_eid()
    await _sign_out(person)
    await _sign_in_with_card(person)
    await page.goto(f"{origin}/identity-card")
    await person.look("identity-card")
    await _unlink(person)
    await _sign_out(person)
    await _an_unknown_card_is_offered_an_account(person)


@pytest.mark.parametrize("person", ["de-phone"], indirect=True)
async def test_what_goes_wrong_has_a_screen_of_its_own_and_the_keyboard_gets_there(
    person: Visitor, chromium: Browser
) -> None:
    page, address = person.page, f"{person.platform.origin}/sign-in/card"
    await page.goto(address)
    start = page.locator("[data-eid-start]")
    await start.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").wait_for()
    await page.keyboard.press("Escape")
    await _sees_case(person, "ERR_WEBEID_USER_CANCELLED")
    await expect(start).to_be_enabled()
    await page.route("**/demo/virtual-card.js", lambda route: route.abort())
    await page.goto(address)
    await start.click()
    await _sees_case(person, "ERR_WEBEID_EXTENSION_UNAVAILABLE")
    context = await chromium.new_context(java_script_enabled=False, locale="nl-BE")
    page = await context.new_page()
    await page.goto(address)
    await expect(page.locator("noscript .banner")).to_be_visible()
    await expect(page.locator("[data-eid-start]")).to_be_hidden()
    await context.close()


async def _sees_case(person: Visitor, code: str) -> None:
    """It is the one that is shown, and what is read first."""
    await expect(person.page.locator("[data-eid-case]:visible")).to_have_attribute(
        "data-eid-case", code, timeout=10_000
    )
    assert await person.page.evaluate("document.activeElement.closest('[data-eid-case]')?.dataset.eidCase") == code
    await person.look(code.lower())


async def _sign_out(person: Visitor) -> None:
    await person.page.goto(f"{person.platform.origin}/sign-out")
    await person.page.context.clear_cookies()


async def _sign_in_with_card(person: Visitor) -> None:
    page = person.page
    await page.goto(f"{person.platform.origin}/sign-in?next=/identity-card")
    await person.look("sign-in")
    await page.locator('main a[href*="/sign-in/card"]').click()
    await person.look("card-sign-in")
    await _present_last_card(person)
    await person.at(r"[0-9]/identity-card$")


async def _present_last_card(person: Visitor) -> None:
    await person.page.locator("[data-eid-start]").click()
    dialog = person.page.get_by_role("dialog")
    await dialog.locator("button[type=submit]").click()
    await dialog.locator('[name="pin"]').fill("1234")
    await dialog.locator("button[type=submit]").click()


async def _unlink(person: Visitor) -> None:
    await person.page.locator('main a[href="/identity-card/unlink"]').click()
    await person.look("unlink")
    await person.press("/identity-card/unlink")
    await person.at(r"[0-9]/identity-card$")
    await expect(person.page.locator('main a[href*="/eid"]')).to_be_visible()
    await person.look("identity-card-none")


async def _an_unknown_card_is_offered_an_account(person: Visitor) -> None:
    """The card of someone who is not linked, any more or yet: their names stand in the form, and nothing has happened."""
    page = person.page
    await page.goto(f"{person.platform.origin}/sign-in/card")
    await _present_last_card(person)
    offer = page.locator("[data-eid-stranger]")
    await expect(offer).to_be_visible()
    await expect(offer.locator("[data-eid-name]")).to_have_text(re.compile("Lotte Claes"))
    await person.look("card-unknown")
    await offer.locator("form button").click()
    await expect(page.locator('main [name="last_name"]')).to_have_value("Claes")
    await expect(page.locator('main [name="username"]')).not_to_have_value("")
