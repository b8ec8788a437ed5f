"""Passkeys and the authenticator app as a browser does them: the gateway with a real identity service behind it, and a virtual device."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, CDPSession, Page, async_playwright, expect
from pyotp.totp import TOTP

from services.gateway.help.terms import TERMS_VERSION
from tests.conftest import ClientOf
from tests.identity.world import PASSWORD, Someone, World
from tests.support.mint import Mint
from tests.tools.conftest import CHROMIUM_ARGS

pytestmark = pytest.mark.browser
WAIT_MS = 20_000
SERIOUS = ("serious", "critical")


@dataclass
class Desk:
    """A person with an account at a browser of their own, where a device that holds passkeys is plugged in."""

    origin: str
    someone: Someone
    context: BrowserContext
    page: Page
    devices: CDPSession

    async def plug_in(self, *, verifies: bool) -> str:
        """verifies: it asks for a PIN, finger or face, and gets it; else it is only touched, and remembers nobody."""
        options = {
            "protocol": "ctap2",
            "transport": "internal" if verifies else "usb",
            "hasResidentKey": verifies,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        answer: Any = await self.devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return str(answer["authenticatorId"])

    async def touch(self, device: str, *, works: bool) -> None:
        """While it does not work the browser waits, instead of signing in at once through its proposals."""
        parameters = {"authenticatorId": device, "enabled": works}
        await self.devices.send("WebAuthn.setAutomaticPresenceSimulation", parameters)

    async def give_password(self) -> None:
        await self.page.goto(f"{self.origin}/sign-in?next=/security")
        await self.page.fill("#f-identifier", self.someone.form["username"])
        await self.page.fill("#f-password", PASSWORD)
        await self.page.locator('main form[action^="/sign-in"] .button').first.click()

    async def press(self, selector: str) -> None:
        await self.page.locator(selector).first.click()

    async def at(self, path: str) -> None:
        await self.page.wait_for_url(f"{self.origin}{path}", timeout=WAIT_MS)

    async def forget_session(self) -> None:
        await self.context.clear_cookies()

    async def is_accessible(self) -> None:
        found = (await Axe().run(self.page)).response["violations"]
        assert [fault["id"] for fault in found if fault["impact"] in SERIOUS] == [], self.page.url
        assert await self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, self.page.url


@asynccontextmanager
async def listening(app: Any, bound: socket.socket) -> AsyncIterator[None]:
    """The application is running already; only its door is opened."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@pytest_asyncio.fixture
async def desk(client_of: ClientOf, mint: Mint) -> AsyncIterator[Desk]:
    bound = socket.create_server(("127.0.0.1", 0))
    origin = f"http://localhost:{bound.getsockname()[1]}"
    identity = await client_of("identity", public_origin=origin)
    gateway = await client_of("gateway", public_origin=origin, peers={"identity": identity})
    gateway.at.tokens = identity.at.tokens
    someone = await World(identity, mint).someone(terms_version=TERMS_VERSION)
    async with listening(gateway.fastapi, bound), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        context = await browser.new_context(
            locale="en-BE", viewport={"width": 390, "height": 844}, reduced_motion="reduce"
        )
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        devices = await context.new_cdp_session(page)
        await devices.send("WebAuthn.enable")
        yield Desk(origin, someone, context, page, devices)
        await browser.close()


async def test_a_passkey_alone_and_after_the_password_and_an_app(desk: Desk) -> None:
    phone = await desk.plug_in(verifies=True)
    await desk.give_password()
    await desk.at("/security")
    await desk.is_accessible()
    await _add_passkey(desk)
    await desk.at("/security/recovery-codes")
    await desk.press("main .form-end .button")
    await expect(desk.page.locator(".recovery-codes li")).to_have_count(10)
    await desk.is_accessible()

    await desk.forget_session()
    await desk.touch(phone, works=False)
    await desk.page.goto(f"{desk.origin}/sign-in?next=/security")
    await expect(desk.page.locator("[data-passkey-start]")).to_be_visible()
    await desk.is_accessible()
    await desk.touch(phone, works=True)
    await desk.press("[data-passkey-start]")
    await desk.at("/security")

    await desk.page.goto(f"{desk.origin}/security/authenticator")
    await desk.is_accessible()
    app = TOTP((await desk.page.inner_text("figcaption code")).replace(" ", ""))
    await desk.page.fill("#f-code", app.now())
    await desk.press("main .form-end .button")
    await desk.at("/security")

    await desk.forget_session()
    await desk.touch(phone, works=False)
    await desk.give_password()
    await desk.at("/sign-in/second-factor")
    await desk.is_accessible()
    await desk.page.goto(f"{desk.origin}/devices")
    assert "/sign-in?next=" in desk.page.url
    await desk.page.goto(f"{desk.origin}/sign-in/second-factor")
    await desk.page.fill("#f-code", app.at(int(time.time()) + 30))
    await desk.press("main .form-end .button")
    await desk.at("/security")


async def test_a_key_that_is_only_touched_follows_the_password(desk: Desk) -> None:
    await desk.plug_in(verifies=False)
    await desk.give_password()
    await desk.at("/security")
    await _add_passkey(desk)
    await desk.at("/security/recovery-codes")
    await desk.forget_session()
    await desk.give_password()
    await desk.at("/sign-in/second-factor")
    await desk.press("[data-passkey-start]")
    await desk.at("/security")
    await desk.page.goto(f"{desk.origin}/devices")
    await expect(desk.page.locator("main .list li")).to_have_count(2)
    await desk.is_accessible()


async def _add_passkey(desk: Desk) -> None:
    await desk.page.goto(f"{desk.origin}/security/passkeys/add")
    await desk.is_accessible()
    await desk.press("[data-passkey-start]")
