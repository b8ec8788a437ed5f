"""Somebody who is signed in, at a real gateway with a real browser."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Page, async_playwright

from tests.gateway.conftest import HOST, Gateway
from tests.gateway.test_second_factors_in_the_browser import WAIT_MS, listening
from tests.tools.conftest import CHROMIUM_ARGS


@dataclass
class Desk:
    gateway: Gateway
    origin: str
    page: Page


@asynccontextmanager
async def on_a_phone(gateway: Gateway, *, runs_scripts: bool = True) -> AsyncIterator[Desk]:
    bound = socket.create_server((HOST, 0))
    origin = f"http://{HOST}:{bound.getsockname()[1]}"
    at = gateway.app.at
    at.settings = at.settings.model_copy(update={"public_origin": origin})
    async with listening(gateway.app.fastapi, bound), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS)
        context = await browser.new_context(
            locale="en-BE",
            viewport={"width": 390, "height": 844},
            reduced_motion="reduce",
            java_script_enabled=runs_scripts,
        )
        await context.add_cookies(
            [{"name": one.name, "value": one.value or "", "url": origin} for one in gateway.http.cookies.jar]
        )
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        yield Desk(gateway, origin, page)
        await browser.close()
