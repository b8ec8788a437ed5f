"""The main story in a browser with JavaScript switched off, on a phone: only the card is played by hand, for it needs a program."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from deploy.local.demo.browser import Browser as PlainBrowser
from deploy.local.demo.people import Character, enterprise_number
from deploy.local.demo.story import Story
from tests.e2e.platform import Platform
from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTH = 390
Come = Callable[[str, str, str], Awaitable["Plain"]]


class Plain(Visitor):
    """A visitor whose browser runs no scripts."""

    async def look(self, name: str) -> None:
        """axe is a script too: only the width is looked at."""
        path = self.pictures / f"{len(self.seen) + 1:02d}-{name}.png"
        await self.page.screenshot(path=path, full_page=True)
        self.seen.append(name)
        width = (await self.page.locator("html").bounding_box() or {"width": 0})["width"]
        assert width <= WIDTH, f"{name} is {width} pixels wide"

    async def sign_up(self) -> None:
        """The username is proposed by a button here, and typed over."""
        await self.page.locator('main a[href*="/sign-up"]').first.click()
        await self.fill(first_name=self.first_name, last_name=self.last_name)
        await self.page.locator('button[name="propose"]').click()
        username = self.page.locator('main [name="username"]')
        await expect(username).to_have_value(re.compile(self.last_name.lower()))
        await expect(self.page.locator('main [name="first_name"]')).to_have_value(self.first_name)
        await self.fill(username=f"{self.first_name}.{self.tag}".lower(), email=self.email, password=self.password)
        await self.fill(password_again="something else")
        await self.press("/sign-up")
        await expect(self.page.locator(".error-summary a")).to_have_attribute("href", "#f-password_again")
        await expect(self.page.locator('main [name="email"]')).to_have_value(self.email)
        await self.look("sign-up-refused")
        await self.fill(password=self.password, password_again=self.password)
        await self.press("/sign-up")
        await self.at(r"/activate")
        await self.fill(code=await self.code())
        await self.press("/activate")
        await self.at(r"/eid")
        await self.look("eid")

    async def link_eid(self) -> None:
        person = Character(self.first_name, self.last_name, PlainBrowser(self.platform.origin), (self.recognition,))
        session = person.browser.session
        for cookie in await self.page.context.cookies():
            session.cookies.set(str(cookie.get("name")), cookie.get("value"))
        person.browser.open("/eid")
        Story(self.platform.origin, self.platform.tool, self.platform.world).link_eid(person)
        await self.page.context.add_cookies(
            [{"name": one.name, "value": one.value or "", "url": self.platform.origin} for one in session.cookies]
        )

    async def follow(self, href: str) -> None:
        await self.page.locator(f'main a[href*="{href}"]').first.click()

    async def until_shown(self, selector: str) -> None:
        """Without a script a page is looked at again by hand."""
        found = self.page.locator(selector).first
        for _ in range(80):
            if await found.count():
                return
            await self.page.wait_for_timeout(250)
            await self.page.reload()
        await expect(found).to_be_attached()


@pytest_asyncio.fixture
async def come(chromium: Browser, platform: Platform, tmp_path: Path) -> AsyncIterator[Come]:
    contexts = []

    async def make(first_name: str, last_name: str, recognition: str) -> Plain:
        context = await chromium.new_context(
            java_script_enabled=False, viewport={"width": WIDTH, "height": 844}, locale="nl-BE"
        )
        contexts.append(context)
        return Plain(await context.new_page(), platform, first_name, last_name, recognition, tmp_path)

    yield make
    for context in contexts:
        await context.close()


async def test_the_main_story_needs_no_javascript(come: Come) -> None:
    ada = await come("Ada", "Lindeman", "ipi")
    organisation_id, number = await _opens_an_agency(ada)
    await _starts(ada)
    await _tops_up(ada, organisation_id)
    bram = await come("Bram", "Wouters", "fs323")
    await _asks_to_join(bram, number)
    await _confirms(ada, organisation_id)
    await _starts(bram)


async def _opens_an_agency(ada: Plain) -> tuple[str, str]:
    await ada.come_from_tool()
    await ada.sign_up()
    await ada.link_eid()
    await ada.page.goto(f"{ada.platform.origin}/recognitions")
    await ada.until_shown("main :text('BIV')")
    await ada.come_from_tool()
    await ada.look("selection-empty")
    await ada.follow("/organisations/find")
    number = enterprise_number()
    await ada.fill(number=number)
    await ada.page.locator('main form[action*="/organisations/find"] button').click()
    if "/organisations/new" not in ada.page.url:
        await ada.follow("/organisations/new")
    await ada.fill(email=f"info.{ada.tag}@example.com", **{"employee.email": ada.email})
    await ada.press("/organisations/new")
    await ada.at(r"/tools/cadastrefinder/register")
    organisation_id = re.findall(r"/organisations/([0-9a-f-]{36})", ada.page.url)[0]
    await ada.until_shown('[name="usage_mode"][value="agent"]:not([disabled])')
    await ada.page.locator('[name="usage_mode"][value="agent"]').check()
    await ada.page.locator('main form[action*="/register/terms"] button').click()
    await ada.page.locator('[name="accept"]').check()
    await ada.press("/tools/cadastrefinder/register")
    await ada.at(r"/registered/")
    return organisation_id, number


async def _starts(person: Plain) -> None:
    await person.come_from_tool()
    await person.at(r"/select\?")
    await person.until_shown('form[action*="/select/start"] button[name]')
    await person.look("selection")
    await person.page.locator('form[action*="/select/start"] button[name]').first.click()
    await person.page.wait_for_url(f"{person.platform.tool}/**")
    await expect(person.page.locator("body")).to_contain_text(person.first_name)


async def _tops_up(ada: Plain, organisation_id: str) -> None:
    wallet = f"{ada.platform.origin}/organisations/{organisation_id}/wallet"
    await ada.page.goto(f"{wallet}/top-up")
    await ada.page.locator('[name="amount"][value="5000"]').check()
    await ada.press("/wallet/top-ups")
    await ada.page.locator('button[value="paid"]').click()
    await ada.at(r"/organisations/.*/wallet")
    await ada.page.goto(f"{wallet}/transactions")
    await ada.until_shown("main :text('50,00')")
    await ada.look("transactions")


async def _asks_to_join(bram: Plain, number: str) -> None:
    await bram.come_from_tool()
    await bram.sign_up()
    await bram.link_eid()
    await bram.page.goto(f"{bram.platform.origin}/organisations/find?number={number}")
    if not bram.page.url.split("?")[0].endswith("/join"):
        await bram.follow("/join")
    await bram.fill(email=bram.email)
    await bram.press("/join")
    await expect(bram.page.locator("main")).to_contain_text("Ada Lindeman")
    await bram.look("asked-to-join")


async def _confirms(ada: Plain, organisation_id: str) -> None:
    await ada.page.goto(f"{ada.platform.origin}/organisations/{organisation_id}/employees?filter=awaiting")
    await ada.until_shown('main a[href$="/confirm"]')
    await ada.follow("/confirm")
    await ada.press("/confirm", value="access")
    await ada.page.locator('[name^="access."][value="user"]').check()
    await ada.look("confirm-access")
    await ada.press("/confirm", value="confirm")
    await ada.at(r"/employees")
