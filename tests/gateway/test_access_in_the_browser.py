"""The access page as a browser does it: it counts, it asks before anything is lost, it searches while one types."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Dialog, expect

from tests.gateway.browsing import Desk, on_a_phone
from tests.gateway.conftest import GatewayOf
from tests.gateway.test_access_pages import ANNA, API, BART, CELINE, HERE, PEOPLE, answer_of, furnish
from tests.gateway.test_second_factors_in_the_browser import SERIOUS

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def desk(gateway_of: GatewayOf) -> AsyncIterator[Desk]:
    gateway = await gateway_of()
    furnish(gateway)
    async with on_a_phone(gateway) as desk:
        yield desk


async def test_changes_are_counted_guarded_and_saved(desk: Desk) -> None:
    page, asked = desk.page, list[str]()

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.goto(f"{desk.origin}{HERE}/access")
    count = page.locator("[data-access-count]")
    await expect(count).to_have_text("Nothing changes until you save.")
    found = (await Axe().run(page)).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in SERIOUS] == []
    await page.select_option(f'[name="role.{BART}"]', "admin")
    await page.check(f'[name="manages.{ANNA}"]')
    await expect(count).to_have_text("2 changes that are not saved")
    await page.locator(".tabs a").first.click()
    await expect(count).to_have_text("2 changes that are not saved")
    assert asked == ["beforeunload"]
    await page.locator('.chip[value="filter=with"]').click()
    await expect(page.locator("[data-access-bar]")).to_contain_text("What you changed here is not saved yet.")
    await expect(count).to_have_text("2 changes that are not saved")
    desk.gateway.peers["organisation"].answers[f"PUT {API}/access"] = (200, {"access": 1, "tool_managers": 1})
    await page.locator('[data-access-bar] [value="save"]').click()
    await page.wait_for_url(f"{desk.origin}{HERE}/access?filter=with")
    await expect(page.locator(".toast")).to_contain_text("Saved: 1 person given access, 1 tool manager appointed.")
    assert asked == ["beforeunload"]


async def test_the_search_follows_what_is_typed_while_nothing_is_changed(desk: Desk) -> None:
    page = desk.page
    await page.goto(f"{desk.origin}{HERE}/access")
    desk.gateway.peers["organisation"].answers[f"GET {API}/access"] = answer_of(PEOPLE[1])
    await page.fill("#typed", "bart")
    await expect(page.locator(f'[name="was.{CELINE}"]')).to_have_count(0)
    await expect(page.locator('input[name="q"]')).to_have_value("bart")
    await page.select_option(f'[name="role.{BART}"]', "user")
    await expect(page.locator("[data-access-count]")).to_have_text("1 change that is not saved")
