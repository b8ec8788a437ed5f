"""A person in a real browser: fills in forms, uses the virtual card, and has every page looked at by axe."""

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.e2e.platform import Platform
from tests.support.events import until

SERIOUS = ("serious", "critical")


@dataclass
class Visitor:
    """pictures: where screenshots go."""

    page: Page
    platform: Platform
    first_name: str
    last_name: str
    recognition: str
    pictures: Path
    tag: str = field(default_factory=lambda: secrets.token_hex(3))
    password: str = field(default_factory=lambda: f"velvet otter {secrets.token_hex(5)}")
    seen: list[str] = field(default_factory=list[str])

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.tag}@example.com".lower()

    async def look(self, name: str) -> None:
        """Take a picture; the page has no serious fault for those who cannot see it, and fits the width of the screen."""
        await self.page.wait_for_load_state("load")  # the network is never idle: the page follows its notifications
        await self.page.evaluate("document.fonts.ready.then(() => true)")
        picture = self.pictures / f"{len(self.seen) + 1:02d}-{name}.png"
        await self.page.screenshot(path=picture, full_page=True)
        self.seen.append(name)
        found = (await Axe().run(self.page)).response["violations"]
        faults = [f"{fault['id']}: {fault['nodes'][0]['html'][:160]}" for fault in found if fault["impact"] in SERIOUS]
        assert faults == [], f"{name}: {faults}"
        overflow = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{name} is {overflow} pixels too wide"

    async def fill(self, **values: str) -> None:
        for name, value in values.items():
            await self.page.locator(f'main [name="{name}"]').fill(value)

    async def press(self, action: str, *, value: str = "") -> None:
        """Press the button of the form whose action contains `action`."""
        form = self.page.locator(f'main form[action*="{action}"]').first
        button = form.locator(f'button[value="{value}"]' if value else "button.button:not([name])")
        await button.first.click()

    async def at(self, pattern: str) -> None:
        await self.page.wait_for_url(re.compile(pattern), timeout=20_000)

    async def come_from_tool(self) -> None:
        await self.page.goto(f"{self.platform.tool}/")
        await self.page.locator('main a[href="/sign-in"]').click()
        await self.at(r"/(sign-in|select)\?")

    async def sign_up(self) -> None:
        await self.page.locator('main a[href*="/sign-up"]').first.click()
        await self.at(r"/sign-up")
        await self.fill(first_name=self.first_name, last_name=self.last_name)
        username = self.page.locator('main [name="username"]')
        await expect(username).not_to_have_value("")
        await self.look("sign-up")
        await username.fill(f"{self.first_name}.{self.tag}".lower())
        await self.fill(email=self.email, password=self.password, password_again=self.password)
        await self.press("/sign-up")
        await self.at(r"/activate")
        await self.look("activate")
        await self.fill(code=await self.code())
        await self.press("/activate")
        await self.at(r"/eid")

    async def code(self) -> str:
        found: list[str] = []

        async def arrived() -> bool:
            async with httpx.AsyncClient() as http:
                mails = (await http.get(f"{self.platform.world}/mail/api/messages", params={"to": self.email})).json()
            for mail in mails:
                found.extend(re.findall(r"^\s*([A-Z0-9]{3} [A-Z0-9]{3})\s*$", mail["text"], re.MULTILINE))
            return bool(found)

        await until(arrived, what="a code by mail")
        return found[0]

    async def link_eid(self) -> None:
        """The page's own script talks to the virtual card, which makes itself a card of this person."""
        await self.look("eid")
        await self.page.locator("[data-eid-start]").click()
        dialog = self.page.get_by_role("dialog")
        await dialog.locator("form").wait_for()
        if not await dialog.locator('[name="first_name"]').count():
            await dialog.locator("button.virtual-card-new").click()
        await dialog.locator('[name="first_name"]').fill(self.first_name)
        await dialog.locator('[name="last_name"]').fill(self.last_name)
        await dialog.locator(f'[name="recognitions"][value="{self.recognition}"]').check()
        await self.look("virtual-card")
        await dialog.locator("button[type=submit]").click()
        await dialog.locator('[name="pin"]').fill("1234")
        await dialog.locator("button[type=submit]").click()
        await self.page.wait_for_url(lambda url: "/eid" not in url, timeout=20_000)
