"""What happens while a page is open: the count rises, the list grows, a screen reader hears of it; nothing is asked again and again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.conftest import ClientOf
from tests.gateway.browsing import Desk, on_a_phone
from tests.gateway.conftest import Gateway, GatewayOf
from tests.gateway.test_second_factors_in_the_browser import SERIOUS
from tests.notify.scenes import Elsewhere, Someone, requested

pytestmark = pytest.mark.browser


@dataclass
class Office:
    """Ada at her page, in front of a real notify service."""

    desk: Desk
    elsewhere: Elsewhere
    organisation_id: UUID

    async def asks_to_join(self, first_name: str) -> Someone:
        someone = await self.elsewhere.someone(first_name, "Wouters")
        await self.elsewhere.happens(requested(self.organisation_id, someone))
        return someone


@pytest_asyncio.fixture
async def office(gateway_of: GatewayOf, client_of: ClientOf) -> AsyncIterator[Office]:
    gateway: Gateway = await gateway_of()
    notify = await client_of("notify", public_origin=gateway.app.at.settings.public_origin)
    at = gateway.app.at
    at.clients["notify"] = type(at.clients["notify"])(
        "notify",
        notify.http,
        at.clients["identity"]._tokens,  # pyright: ignore[reportPrivateUsage]
    )
    at.settings.urls["notify"] = "http://notify.internal"
    elsewhere = Elsewhere(notify)
    ada = await elsewhere.someone("Ada")
    organisation_id = await elsewhere.organisation([ada])
    gateway.sign_in(ada.id)
    async with on_a_phone(gateway) as desk:
        yield Office(desk, elsewhere, organisation_id)


async def test_news_arrives_at_an_open_page_and_is_read_there(office: Office) -> None:
    page, origin = office.desk.page, office.desk.origin
    await page.goto(f"{origin}/notifications")
    entries, count = page.locator("[data-notifications] > li"), page.locator("[data-count]")
    await expect(page.locator("[data-nothing]")).to_contain_text("Nothing to report")
    await office.asks_to_join("Bram")
    await expect(entries).to_have_count(1)
    await expect(page.locator("[data-nothing]")).to_have_count(0)
    await expect(count).to_have_text("1")
    await office.asks_to_join("Chloé")
    await expect(entries).to_have_count(2)
    await expect(count).to_have_text("2")
    await expect(entries.first).to_contain_text("Chloé Wouters asks to join")
    await expect(page.locator("[data-news]")).to_have_text("New: Chloé Wouters asks to join Lindeman Vastgoed")
    found = (await Axe().run(page)).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in SERIOUS] == []
    await entries.first.get_by_role("button", name="Mark as read").click()
    await expect(count).to_have_text("1")
    await entries.nth(1).get_by_role("link").click()
    await page.wait_for_url(f"{origin}/organisations/**")


async def test_another_page_counts_too_and_a_hidden_one_comes_back_with_all_of_it(office: Office) -> None:
    page = office.desk.page
    await page.goto(f"{office.desk.origin}/help")
    bell = page.locator("[data-bell]")
    await expect(bell).to_be_hidden()
    await office.asks_to_join("Bram")
    await expect(bell).to_be_visible()
    await page.evaluate(HIDE, True)
    hub = office.desk.gateway.app.at.own.hub
    await page.wait_for_function("() => document.hidden")
    await office.asks_to_join("Chloé")
    await page.evaluate(HIDE, False)
    await expect(page.locator("[data-count]")).to_have_text("2")
    await expect(page.locator("[data-news]")).to_have_text("New: Chloé Wouters asks to join Lindeman Vastgoed")
    assert len(hub._streams) <= 2, "what is hidden was closed"  # pyright: ignore[reportPrivateUsage]


HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
